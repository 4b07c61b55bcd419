"""Named pipelines: the choices of the paper and its ablations."""

from skmer.pipelines._paper import ablation_pipelines, paper_pipeline

__all__ = ["paper_pipeline", "ablation_pipelines"]
