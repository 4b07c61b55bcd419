"""The training step of `DeReGRL` with `DeReGRLLoss` in loops that numba compiles: forward, backward, Adam.

This package is entered through the two functions below and nothing else. `_trainer.CompiledTrainer` checks
what it is given and owns every array that the loops see; `_layout` makes those arrays and the tables of their
addresses; `_epoch` is the loop over batches. A batch goes through `_weights` (parameters into padded arrays),
`_block` (eqs. 1 and 4), `_pooling` (eqs. 2 and 3), `_head` (eqs. 5 to 10) and back. `_gemm` and `_simd` are
the arithmetic: register-tiled matrix products, softmax and sigmoid on whole vectors.

The loops work on addresses, since numba's arrays cost more than a product of this size. What keeps that safe:
addresses come only from arrays that the trainer owns, shapes are checked when it is called, and the tests run
the same loops uncompiled, with every access checked against the arrays it may touch
(``tests/nn/_compiled/test_bounds.py``).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from skmer._utils._messages import warn_user
from skmer.nn._compiled._support import LAMBDAS, AdamStep, has_numba, is_supported

__all__ = ["is_compiled", "compiled_trainer", "AdamStep", "LAMBDAS"]


@cache
def _trainer_class() -> Any:
    """Return `CompiledTrainer`, or None where numba is missing or finds no place for what it compiles."""
    if not has_numba():
        return None
    try:
        from skmer.nn._compiled._trainer import CompiledTrainer
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        warn_user(
            "numba finds no folder to keep the compiled training step in, so that autograd takes its place, "
            "at two to four times the time; name one in the environment variable NUMBA_CACHE_DIR."
        )
        return None
    return CompiledTrainer


def is_compiled(parameters: Mapping[str, Any]) -> bool:
    """Return whether a `DeReGRL` with these parameters can be trained in compiled loops here."""
    return is_supported(parameters) and _trainer_class() is not None


def compiled_trainer(module: Any, criterion: Any) -> Any:
    """Return the `CompiledTrainer` of a network and its loss, for which `is_compiled` holds."""
    return _trainer_class()(module, criterion)
