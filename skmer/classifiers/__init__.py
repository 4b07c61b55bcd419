"""Estimators: DeRe-GRL as a scikit-learn classifier, the paper's choices, and files that hold them."""

from skmer.classifiers._dere_grl import DeReGRLClassifier
from skmer.classifiers._paper import ablation_pipelines, paper_pipeline
from skmer.classifiers._persistence import load, save

__all__ = ["DeReGRLClassifier", "paper_pipeline", "ablation_pipelines", "save", "load"]
