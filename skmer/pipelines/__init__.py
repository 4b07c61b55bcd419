"""Named pipelines: the choices of the paper, its ablations, and plain baselines."""

from skmer.pipelines._baselines import BASELINES, baseline
from skmer.pipelines._paper import ablation_pipelines, paper_pipeline

__all__ = ["paper_pipeline", "ablation_pipelines", "baseline", "BASELINES"]
