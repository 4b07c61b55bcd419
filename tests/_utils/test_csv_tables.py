import pytest

from skmer._utils._text import naming, read_csv_table

ROWS = "name,number\nJosé,1\nAnna,2\n"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "gbk"])
def test_separators_and_encodings(tmp_path, mark, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(
        ROWS.replace(",", mark).replace("José", "Jose" if encoding == "gbk" else "José").encode(encoding)
    )
    table, name = read_csv_table(path, "table", "name")
    assert name == "rows.csv" and table.columns.tolist() == ["name", "number"]
    assert table["number"].tolist() == [1, 2]


@pytest.mark.parametrize("content", [b"", b"\0\1", b"a,b\n1,2\n1,2,3,4\n", b"x," * 10**6, b'"a'])
def test_every_error_names_the_file(tmp_path, content):
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"table must .*rows\.csv"):
        read_csv_table(tmp_path / "rows.csv", "table", "name")


def test_an_error_without_the_name_gets_it():
    with pytest.raises(ValueError, match=r"^rows\.csv: no number$"), naming("rows.csv"):
        raise ValueError("no number")
    with pytest.raises(ValueError, match=r"^rows\.csv is bad$"), naming("rows.csv"):
        raise ValueError("rows.csv is bad")
