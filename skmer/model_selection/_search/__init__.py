"""Searches over parameters that score pooled out-of-fold predictions.

To read one ``BatchedGridSearchCV.fit`` from call to result takes five files of `skmer.model_selection`:

1. ``_search/_grid.py``: which candidates there are.
2. ``_search/_base.py``: ``fit``, and a `SearchRun`, which makes the fits of a round and takes their predictions.
3. ``_samples.py``: the rows, their groups, and the features that all fits share.
4. ``_fits.py``: `run_fits` turns each `FitTask` into `Predictions`.
5. ``_search/_scores.py``: pooled scores, and ``cv_results_``.

A checkpoint adds ``_run``, successive halving ``_search/_halving.py``.
"""
