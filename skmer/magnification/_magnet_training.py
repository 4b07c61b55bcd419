"""Training of MagNet on synthetic patterns that move by known fractions of a pixel."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from skmer._utils._torch import drawing_weights, usual_torch
from skmer.magnification._magnet import MagNet


@dataclass(frozen=True)
class MagNetTraining:
    """A trained network and the losses of its training.

    Attributes
    ----------
    net : MagNet
        In evaluation mode.
    losses : list of float
        Mean absolute error of each step, images in [-1, 1].

    Examples
    --------
    >>> from skmer.magnification import MagNetTraining, MagNet
    >>> MagNetTraining(MagNet()).losses
    []
    """

    net: MagNet
    losses: list[float] = field(default_factory=list)


@usual_torch()
def train_magnet(
    n_steps: int = 10_000,
    *,
    batch_size: int = 4,
    size: int = 64,
    alpha: tuple[float, float] = (2.0, 10.0),
    shift: float = 1.0,
    lr: float = 1e-4,
    random_state: int | None = None,
) -> MagNetTraining:
    """Train MagNet on patterns that move by known shifts.

    Each sample is a random texture with a textured blob upon it. Between the two frames both are shifted,
    each by its own amount; in the target, by `alpha` times that. The published network was trained on
    100,000 pairs of photographs with segmented objects: a network trained here shows that the architecture
    learns, and is no substitute for it.

    Parameters
    ----------
    n_steps : int, default=10_000
        Number of steps of the optimiser.
    batch_size : int, default=4
        Number of samples in a step.
    size : int, default=64
        Side of the images in px, a multiple of 4.
    alpha : (float, float), default=(2.0, 10.0)
        Range of the factor, drawn uniformly.
    shift : float, default=1.0
        Largest shift in px between the frames; smaller where `alpha` would carry it beyond an eighth of the
        image.
    lr : float, default=1e-4
        Learning rate of Adam.
    random_state : int, default=None
        Seed of weights and samples.

    Returns
    -------
    MagNetTraining
        The network and its losses.

    References
    ----------
    Oh et al., "Learning-based Video Motion Magnification", ECCV 2018, sections 3.2 and 3.3: their loss
    without the terms of perturbed colour.

    Examples
    --------
    >>> from skmer.magnification import train_magnet
    >>> len(train_magnet(2, batch_size=1, size=16, random_state=0).losses)
    2
    """
    rng = np.random.default_rng(random_state)
    with drawing_weights(rng.integers(2**31)):
        net = MagNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        before, after, target, factor = draw_batch(rng, batch_size, size, alpha, shift)
        loss = nn.functional.l1_loss(net(before, after, factor), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return MagNetTraining(net.eval(), losses)


def draw_batch(
    rng: np.random.Generator, batch_size: int, size: int, alpha: tuple[float, float], shift: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw pairs of frames, their magnified targets (B, 3, size, size) and the factors (B,).

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all random numbers.
    batch_size, size, alpha, shift
        As in `train_magnet`.

    Returns
    -------
    before, after, target, factor : Tensor
        Images in [-1, 1].
    """
    images, factors = [], rng.uniform(*alpha, batch_size).astype(np.float32)
    for factor in factors:
        reach = min(shift, size / 8 / factor)
        ground, blob = _texture(rng, size), _texture(rng, size)
        mask = _blob(rng, size)
        moves = rng.uniform(-reach, reach, (2, 2)) * [[0.5], [1.0]]
        images.append([_scene(ground, blob, mask, times * moves) for times in (0.0, 1.0, factor)])
    stacked = torch.from_numpy(np.asarray(images, dtype=np.float32)).permute(1, 0, 4, 2, 3)
    return stacked[0], stacked[1], stacked[2], torch.from_numpy(factors)


def _texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """Smooth random colours in [-1, 1] with detail of a drawn scale, twice as large as the image."""
    noise = rng.standard_normal((2 * size, 2 * size, 3)).astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (rng.uniform(1, 2.5), rng.uniform(3, 8))
    )
    mixed = fine / fine.std() + coarse / coarse.std()
    return np.tanh(rng.uniform(0.3, 0.6) * mixed + rng.uniform(-0.4, 0.4, 3).astype(np.float32))


def _blob(rng: np.random.Generator, size: int) -> np.ndarray:
    """A soft-edged ellipse, one inside."""
    mask = np.zeros((2 * size, 2 * size), dtype=np.float32)
    centre = rng.uniform(0.8 * size, 1.2 * size, 2)
    axes = rng.uniform(0.12 * size, 0.3 * size, 2)
    cv2.ellipse(
        mask, (tuple(map(float, centre)), tuple(map(float, 2 * axes)), float(rng.uniform(0, 180))), 1.0, -1
    )
    return cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None]


def _scene(ground: np.ndarray, blob: np.ndarray, mask: np.ndarray, moves: np.ndarray) -> np.ndarray:
    layers = np.concatenate([blob, mask], axis=2)
    moved = _shifted(layers, moves[1])
    whole = _shifted(ground, moves[0]) * (1 - moved[..., 3:]) + moved[..., :3] * moved[..., 3:]
    quarter = ground.shape[0] // 4
    return whole[quarter : 3 * quarter, quarter : 3 * quarter]


def _shifted(image: np.ndarray, move: np.ndarray) -> np.ndarray:
    matrix = np.array([[1.0, 0.0, move[0]], [0.0, 1.0, move[1]]])
    return cv2.warpAffine(
        image, matrix, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
