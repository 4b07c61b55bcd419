"""Time of one epoch: DeReGRLClassifier against the textbook network in a bare skorch net.

Run ``python benchmarks/fit.py``. Both nets start from the same weights and see the same data on the same
number of threads. The first figure shows that they follow the same losses, the table how long an epoch takes.
Times are medians over rounds that take turns, so that a busy machine slows both; read the ratio.
"""

import time

import numpy as np
import torch
from skorch import NeuralNetClassifier
from textbook import TextbookDeReGRL, TextbookLoss, copy_weights

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer

N_THREADS, N_ROUNDS, N_EPOCHS = 1, 9, 4
PLAIN = {
    "horizontal_flip": False,
    "noise": 0.0,
    "head_motion_noise": 0.0,
    "normalize_motion": False,
    "linear_skip": False,
    "channels": (),
    "label_smoothing": 0.0,
}
PLAIN |= {"class_weight": None, "schedule": None, "random_state": 0}


def load_data():
    """247 clips of 26 subjects, five classes, scaled as the classifier scales them."""
    clips = make_landmark_clips(random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    return X / np.sqrt(np.mean(np.square(X, dtype=float))).astype(np.float32), clips.target


def build_ours(X, y, **params):
    """Our classifier without augmentation, its weights as they are drawn."""
    return DeReGRLClassifier(**PLAIN, **params, max_epochs=1).fit(X, y).build(0)


def build_textbook(ours, batch_size):
    """The textbook network with our classifier's weights in a skorch net as its documentation has it."""
    net = NeuralNetClassifier(
        TextbookDeReGRL,
        module__skeleton=ours.graph_.normalized_adjacency(),
        module__component_sizes=ours.graph_.component_sizes,
        module__in_channels=2,
        module__n_classes=len(ours.classes_),
        criterion=TextbookLoss,
        criterion__n_classes=len(ours.classes_),
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=ours.weight_decay,
        lr=3e-3,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        iterator_train__drop_last=batch_size > 0,
        train_split=None,
        verbose=0,
    ).initialize()
    copy_weights(net.module_, ours.module_)
    return net


def compare_losses(X, y, n_epochs):
    """Difference of the losses by epoch, each epoch one batch of all clips."""
    ours = build_ours(X, y, batch_size=-1)
    textbook = build_textbook(ours, batch_size=-1)
    ours.set_params(max_epochs=n_epochs).partial_fit(X, y)
    textbook.set_params(max_epochs=n_epochs).partial_fit(X, np.unique(y, return_inverse=True)[1])
    losses = [np.array(net.history[-n_epochs:, "train_loss"]) for net in (ours, textbook)]
    return np.abs(losses[0] - losses[1])


def time_epochs(net, X, y):
    """Seconds of one epoch."""
    start = time.perf_counter()
    net.set_params(max_epochs=N_EPOCHS).partial_fit(X, y)
    return (time.perf_counter() - start) / N_EPOCHS


def compare_times(X, y, batch_size):
    """Median seconds of an epoch of ours and of the textbook's, in turns."""
    ours = build_ours(X, y, batch_size=batch_size)
    textbook = build_textbook(ours, batch_size)
    codes = np.unique(y, return_inverse=True)[1]
    rounds = [(time_epochs(ours, X, y), time_epochs(textbook, X, codes)) for _ in range(N_ROUNDS + 1)]
    return np.median(rounds[1:], axis=0)


def main():
    """Print both tables."""
    torch.set_num_threads(N_THREADS)
    X, y = load_data()
    difference = compare_losses(X, y, n_epochs=20)
    print(f"largest difference of the losses in 20 epochs of one batch: {difference.max():.1e}")
    print(f"{N_THREADS} thread, {len(X)} clips\n")
    print("| batch | ours, ms an epoch | textbook in skorch, ms | ratio |")
    print("|---|---|---|---|")
    for batch_size in (32, 64, -1):
        ours, textbook = 1e3 * compare_times(X, y, batch_size)
        print(f"| {batch_size} | {ours:.1f} | {textbook:.1f} | {textbook / ours:.2f} |")


if __name__ == "__main__":
    main()
