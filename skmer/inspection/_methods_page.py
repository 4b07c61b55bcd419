"""One page about a comparison of methods: table, differences, mean ranks, run cards."""

from html import escape
from pathlib import Path
from string import Template

from skmer._utils._arguments import PATH, TEXT, checked
from skmer._utils._files import write_atomically
from skmer._utils._text import html_table
from skmer.inspection._rank_display import MeanRanksDisplay
from skmer.inspection._report_page import run_card_tables
from skmer.inspection._report_pictures import picture
from skmer.inspection._style import content_policy, page_resource
from skmer.model_selection import MethodsResult

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$heading.</p>
</header>
<main>
<section aria-labelledby="scores">
<h2 id="scores">Scores</h2>
$table
$notes
</section>
$comparison
<section aria-labelledby="cards">
<h2 id="cards">Run cards</h2>
$cards
</section>
</main>
</body>
</html>
""")


@checked(result=[MethodsResult], path=PATH, title=[*TEXT, None])
def write_methods_report(result, path, *, title=None):
    """Write one page about a comparison of methods; it holds all it needs and loads nothing.

    Parameters
    ----------
    result : MethodsResult
        Of `skmer.model_selection.evaluate_methods`.
    path : path-like
        File to write.
    title : str, default=None
        Heading of the page.

    Returns
    -------
    pathlib.Path
        The file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.inspection import write_methods_report
    >>> from skmer.model_selection import evaluate_methods
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> found = evaluate_methods("baselines", clips)
    >>> with TemporaryDirectory() as folder:
    ...     page = write_methods_report(found, Path(folder, "methods.html"))
    ...     "linear-svm" in page.read_text(encoding="utf-8")
    True
    """
    style = page_resource("_report", "page.css")
    page = _PAGE.substitute(
        title=escape(title or "Comparison of methods"),
        policy=content_policy(style),
        style=style,
        heading=escape(result.heading),
        table=html_table(result.rows, "Pooled over all folds", scroll=True),
        notes="".join(f"<p>{escape(note)}</p>" for note in result.notes),
        comparison=_comparison(result) if len(result.results) > 1 else "",
        cards="".join(_cards(result)),
    )
    write_atomically(path, page)
    return Path(path)


def _comparison(result):
    rows = [
        (f"{a} - {b}", f"{row.difference:+.3f}", f"{row.low:+.3f} to {row.high:+.3f}", *_p_values(row))
        for (a, b), row in result.uf1_differences.iterrows()
    ]
    header = ["", "UF1", "95% interval, paired, by subject", "p", "p after Holm's correction"]
    ranks = picture(
        MeanRanksDisplay.from_result(result),
        "Line: mean rank of each method over subjects",
        "Bars join methods that mean ranks do not tell apart.",
    )
    return (
        '<section aria-labelledby="differences"><h2 id="differences">Differences</h2>'
        f"{html_table([header, *rows], 'Every two methods on the same clips', scroll=True)}{ranks}</section>"
    )


def _p_values(row):
    return f"{row.p_value:.2g}", f"{row.p_holm:.2g}"


def _cards(result):
    for kind, results in (("", result.results), (" at the test epoch, not comparable", result.test_epoch)):
        for name, one in results.items():
            summary = f"<summary>{escape(name + kind)}: {escape(one.heading)}</summary>"
            yield f"<details>{summary}{run_card_tables(one.run_card)}</details>"
