"""Searches over parameters that score pooled out-of-fold predictions.

Reading one ``BatchedGridSearchCV.fit`` from call to result takes five files of the package:

1. ``_search/_grid.py``: which candidates there are.
2. ``_search/_base.py``: ``fit``, and a `SearchRun`, the fits of a round and their predictions.
3. ``_samples.py``: the rows, their groups, and the features that all fits share.
4. ``_fits.py``: `run_fits` turns each `FitTask` into `Predictions`.
5. ``_search/_candidate_table.py``: pooled scores, and ``cv_results_``.

A checkpoint adds ``_run``, successive halving ``_search/_halving.py``.
"""
