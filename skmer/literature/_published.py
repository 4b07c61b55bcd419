"""Published figures as a table, out of the two CSV files beside this module.

Each figure was read in its source or in a table that prints it. What nobody could read is left out.
"""

from functools import lru_cache
from importlib.resources import files

import pandas as pd

from skmer._utils._arguments import TEXT, checked

VERDICTS = ("last epoch", "best epoch on the test subject", "mean over folds", "unknown")


@checked(dataset=[*TEXT, None], name=[*TEXT, None])
def published_results(*, dataset=None, name=None):
    """Return the figures that papers and audits print, with how they were formed.

    Parameters
    ----------
    dataset : str, default=None
        Rows of one data set alone, such as "casme2", "samm", "smic", "megc2019" (the composite), "casme3" or
        "cd6me". None: all.
    name : str, default=None
        Rows of one method alone, by the name that :mod:`skmer.pipelines` has for it, such as "ststnet". None:
        all, also those that the package does not have.

    Returns
    -------
    results : pandas.DataFrame
        A row a figure, with the columns

        ``method``, ``name``
            As the source calls it, and the name in this package, "" where it has none.
        ``dataset``, ``protocol``, ``n_clips``, ``n_classes``
            What it was measured on. Missing where the source does not say.
        ``accuracy``, ``f1``, ``uar``
            Fractions, NaN where none is printed. ``f1`` is macro F1 unless ``note`` says otherwise.
        ``source``, ``identifier``
            Where it was read; DOI, arXiv number or repository.
        ``verdict``
            "last epoch", "best epoch on the test subject", "mean over folds" or "unknown". The second was
            chosen on the very clips that it is a score of; the third is another quantity than a score of
            pooled predictions.
        ``evidence``, ``note``
            File that the verdict rests on, with lines or cells where they are known, or section; what else a
            reader must know.

    Raises
    ------
    ValueError
        If there is no such data set or method.

    References
    ----------
    Varanka, Li, Peng and Zhao, "Data leakage and evaluation issues in micro-expression analysis", IEEE Trans.
    Affective Computing 15(1), 2024, doi:10.1109/TAFFC.2023.3265063.

    Examples
    --------
    >>> from skmer.literature import published_results
    >>> table = published_results(dataset="megc2019", name="ststnet")
    >>> print(table[["method", "f1", "verdict"]].to_string(index=False))
                            method     f1                        verdict
                           STSTNet 0.7353                     last epoch
    STSTNet, authors' PyTorch port 0.7209                     last epoch
                  STSTNet, audited 0.7127                     last epoch
                  STSTNet, audited 0.7740 best epoch on the test subject
    """
    table = _table()
    for column, value in (("dataset", dataset), ("name", name)):
        known = sorted(set(table[column]) - {""})
        if value is not None and value not in known:
            raise ValueError(f"{column} must be one of {known} or None, got {value!r}.")
        table = table if value is None else table[table[column] == value]
    return table.reset_index(drop=True).copy()


@lru_cache(maxsize=1)
def _table():
    texts = {"name": str, "evidence": str, "note": str}
    counts = {"n_clips": "Int64", "n_classes": "Int64"}
    results = _read("results.csv").astype(counts).fillna(dict.fromkeys(texts, ""))
    sources = _read("sources.csv").set_index("key")
    keys = results["source"]
    results["source"] = keys.map(sources["citation"])
    results.insert(results.columns.get_loc("source") + 1, "identifier", keys.map(sources["identifier"]))
    return results


def _read(name):
    with files("skmer.literature").joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)
