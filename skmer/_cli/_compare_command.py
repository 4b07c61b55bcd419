"""Command ``compare``: two saved results on the same clips."""

from skmer.model_selection import LOSOResult


def run_compare(first, second, *, latex=False):
    """Print the differences of two results, with intervals by subject and McNemar's test.

    Parameters
    ----------
    first, second : path
        Files that ``evaluate`` or `LOSOResult.to_json` wrote, or the folders that hold a ``result.json``.
    latex : bool, default=False
        Print the table of a paper instead.
    """
    paths = [path / "result.json" if path.is_dir() else path for path in (first, second)]
    results = [LOSOResult.from_json(path) for path in paths]
    comparison = results[0].compare(results[1])
    if latex:
        print(comparison.to_latex())
        return
    for path, result in zip(paths, results, strict=True):
        print(f"{path}: accuracy {result.accuracy:.3f}, UF1 {result.uf1:.3f}, UAR {result.uar:.3f}")
    print(f"\n{comparison!r}")
