"""Small tables as text for a terminal and as Markdown."""


def text_table(rows):
    """Lay out rows of cells in columns, the first to the left and the others to the right; str.

    Examples
    --------
    >>> from skmer._utils._tables import text_table
    >>> print(text_table([("", "UF1"), ("LDA", "0.7"), ("RBF-SVM", "0.72")]))
              UF1
    LDA       0.7
    RBF-SVM  0.72
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join([label.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])
        for label, *cells in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(rows):
    """Write rows of cells as a Markdown table; the first row is the header, numbers stand to the right; str.

    Examples
    --------
    >>> from skmer._utils._tables import markdown_table
    >>> print(markdown_table([("", "UF1"), ("LDA", "0.7")]))
    |  | UF1 |
    | --- | ---: |
    | LDA | 0.7 |
    """
    header, *body = rows
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *body))
