"""Estimators: DeRe-GRL as a scikit-learn classifier."""

from skmer.classifiers._dere_grl import DeReGRLClassifier

__all__ = ["DeReGRLClassifier"]
