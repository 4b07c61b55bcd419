from skmer._utils._tables import markdown_table, text_table

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
