import io
import unicodedata

import pytest

from skmer._utils._text import decode_text, markdown_table, plain_text, read_csv_table, text_table

WESTERN = "Zuschauer;Größe;é,à;naïve"
CHINESE = "受试者,高兴,厌恶"


@pytest.mark.parametrize(
    "other",
    [
        *(
            unicodedata.normalize("NFD", "José 1"),
            "José\u200b 1",
            "\ufeffJosé 1",
            "José \uff11",
            " José\xa01 ",
        ),
        *("José 1\0", "Jos\x07é 1", "José 1\ufe0f", "José\u3164 1", "José\t1", "José  1"),
    ],
)
def test_what_looks_alike_is_one_name(other):
    assert plain_text(other) == plain_text("José 1") == "José 1"


def test_what_looks_different_stays_different():
    assert len({plain_text(name) for name in ("anna", "Anna", "ana", "änna", "an na")}) == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_western_text_is_decoded(encoding):
    assert decode_text(WESTERN.encode(encoding), "a.csv") == WESTERN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_chinese_text_is_decoded(encoding):
    assert decode_text(CHINESE.encode(encoding), "a.csv") == CHINESE


@pytest.mark.parametrize("content", [b"\xff\xff\x00\x01", b"a\x00b"])
def test_what_is_no_text_is_refused_with_its_name(content):
    with pytest.raises(ValueError, match=r"annotations must be a text file, a\.csv is none"):
        decode_text(content, "a.csv", "annotations")


ROWS = [("", "accuracy", "UF1"), ("LDA", "0.7", "0.65"), ("majority baseline", "0.4", "")]


def test_columns_stand_below_each_other():
    lines = text_table(ROWS).splitlines()
    assert lines[1].index("0.7") + 3 == lines[0].index("accuracy") + len("accuracy")
    assert lines[2] == "majority baseline       0.4"


def test_markdown_has_a_header_and_numbers_to_the_right():
    assert markdown_table(ROWS).splitlines()[:3] == [
        "|  | accuracy | UF1 |",
        "| --- | ---: | ---: |",
        "| LDA | 0.7 | 0.65 |",
    ]


def test_numbers_of_a_table_are_read_to_the_last_digit():
    """pandas below 3 reads this one otherwise unless it is asked."""
    table, _ = read_csv_table(io.StringIO("x,y\n0.17619047619047618,1\n"), "path", "x")
    assert table["x"][0] == 0.17619047619047618
