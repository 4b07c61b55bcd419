"""Named pipelines: the recommended one, the paper's, its ablations, comparison methods, baselines."""

from skmer.pipelines._baselines import BASELINES, baseline, recommended
from skmer.pipelines._comparison import (
    COMPARISON_DATASETS,
    COMPARISON_METHODS,
    comparison_choices,
    comparison_grid,
    comparison_pipeline,
    comparison_table,
)
from skmer.pipelines._gated import NO_MOVEMENT, GatedPipeline
from skmer.pipelines._paper import ablation_pipelines, paper_pipeline

__all__ = [
    "recommended",
    "GatedPipeline",
    "NO_MOVEMENT",
    "paper_pipeline",
    "ablation_pipelines",
    "comparison_pipeline",
    "comparison_table",
    "comparison_grid",
    "comparison_choices",
    "COMPARISON_METHODS",
    "COMPARISON_DATASETS",
    "baseline",
    "BASELINES",
]
