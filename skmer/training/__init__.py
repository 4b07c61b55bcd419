"""Training of torch modules: rows and batches, seeded streams, callbacks, compiled epochs, stacks of nets.

No estimator of scikit-learn is here. A net is a skorch net of `skmer.classifiers`, initialized.
"""

from skmer.training._callbacks import (
    LOSS_TERMS,
    EarlyStop,
    EpochMeans,
    EpochPredictions,
    OneCycle,
    QuietPrintLog,
    asks_for_end,
    default_callbacks,
    hears_batches,
    hears_gradients,
)
from skmer.training._dataset import BatchIterator, ClipDataset, split_clips
from skmer.training._epochs import CompiledEpochs, augment_batches, runs_in_threads
from skmer.training._repeatable import N_STREAMS, Streams, one_thread
from skmer.training._stack import fit_stacked, stack_size_of, stacking_reason

__all__ = [
    "ClipDataset",
    "BatchIterator",
    "split_clips",
    "Streams",
    "N_STREAMS",
    "one_thread",
    "OneCycle",
    "EpochMeans",
    "EpochPredictions",
    "LOSS_TERMS",
    "default_callbacks",
    "QuietPrintLog",
    "EarlyStop",
    "asks_for_end",
    "hears_batches",
    "hears_gradients",
    "CompiledEpochs",
    "augment_batches",
    "fit_stacked",
    "stacking_reason",
    "stack_size_of",
    "runs_in_threads",
]
