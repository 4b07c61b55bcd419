"""Recipes of the methods without a network: binary patterns, gradients and optical flow."""

from sklearn.svm import SVC

from skmer.feature_extraction import BiWOOF
from skmer.pipelines._recipes import RECONSTRUCTED, Choice, Recipe, Step

_CODE = "Liong et al. 2018, authors' code"

BI_WOOF = Recipe(
    inputs=("frames",),
    steps={"flow": Step(BiWOOF), "clf": Step(SVC)},
    choices=(
        Choice("flow__n_bins", 8, _CODE),
        Choice("flow__blocks", (5, 5), _CODE),
        Choice(
            "flow__flow",
            "dis",
            "TV-L1 in the paper; as accurate here, in a hundredth of the time",
            RECONSTRUCTED,
        ),
        Choice("clf__kernel", "linear", "Liong et al. 2018"),
        Choice("clf__C", 10.0, "not in the code", RECONSTRUCTED),
    ),
    grid={"clf__C": [0.1, 1.0, 10.0, 100.0]},
)
RECIPES: dict[str, Recipe] = {"bi-woof": BI_WOOF}
