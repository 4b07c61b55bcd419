"""Augmentation in training: flips, noise and head motion of node features, flips and shifts of maps."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from skmer._utils._arguments import checked, integer, real
from skmer.face import MEAN_SHAPE, FaceGraph


class Draw(NamedTuple):
    """Random numbers for one augmented batch.

    ``flip`` (B,) bool; ``noise`` (B, T, N, C) of unit variance; ``rigid`` (B, T, 4) of unit variance, without
    an entry where there is no head motion.
    """

    flip: Tensor
    noise: Tensor
    rigid: Tensor


class Augmentation:
    """Flip a share of the samples, and add noise and motions of the head in proportion to their motion.

    Parameters
    ----------
    graph : FaceGraph
        Its ``mirror`` says which node stands opposite which, its ``nodes`` where they are in the face.
    horizontal_flip : float
        Probability of exchanging left and right: nodes change places and horizontal channels (even ones)
        change sign.
    noise : float
        Standard deviation of Gaussian noise, as a multiple of the sample's rms displacement from its first
        frame. With one frame alone (``graph="generic"``), of the sample's rms value. Frames that do not move
        stay as they are.
    head_motion_noise : float
        The same of two shifts, a turn and a growth of the whole face, each as large as the others, which
        together have this rms over the nodes. Nothing on a graph of one frame.

    Shapes:
        - x: (..., B, T, N, C)
        - output: as x

    Examples
    --------
    >>> import torch
    >>> from skmer.face import FaceGraph
    >>> from skmer.nn import Augmentation
    >>> augment = Augmentation(FaceGraph.preset("brow-nose-lip31"), noise=0.4, head_motion_noise=0.5)
    >>> x = torch.ones(8, 3, 31, 2)
    >>> augment(x, augment.draw(x.shape, torch.Generator().manual_seed(0))).shape
    torch.Size([8, 3, 31, 2])
    """

    @checked(
        graph=[FaceGraph],
        horizontal_flip=[real(0, 1)],
        noise=[real(0, 1e6)],
        head_motion_noise=[real(0, 1e6)],
    )
    def __init__(
        self,
        graph: FaceGraph,
        horizontal_flip: float = 0.5,
        noise: float = 0.4,
        head_motion_noise: float = 0.0,
    ) -> None:
        self.horizontal_flip = 0.0 if graph.mirror is None else horizontal_flip
        self.noise = noise
        self.head_motion_noise = head_motion_noise if graph.n_frames > 1 else 0.0
        self.order = graph.mirror
        self.motions = _rigid_motions(graph) if self.head_motion_noise > 0 else None

    @property
    def active(self) -> bool:
        """True where a sample is changed at all."""
        return self.horizontal_flip > 0 or self.noise > 0 or self.head_motion_noise > 0

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Draw:
        """Draw for a batch of the given shape, (B, T, N, C)."""
        # Another precision draws other numbers: a seed means the same whatever torch's default is.
        kind: dict[str, Any] = {"generator": generator, "device": generator.device, "dtype": torch.float32}
        # Flips and noise are drawn in any case, so that one without the other sees the same numbers.
        flip = torch.rand(shape[0], **kind) < self.horizontal_flip
        noise = torch.randn(shape, **kind)
        n_motions = 4 if self.head_motion_noise > 0 else 0
        return Draw(flip, noise, torch.randn(*shape[:2], n_motions, **kind))

    def reflect(self, x: Tensor) -> Tensor:
        """Return the mirror image of every sample."""
        sign = torch.ones(x.shape[-1], dtype=x.dtype, device=x.device)
        sign[0::2] = -1.0
        return x.index_select(-2, torch.tensor(self.order, device=x.device)) * sign

    def __call__(self, x: Tensor, draw: Draw) -> Tensor:
        """Apply a draw."""
        if self.horizontal_flip > 0:
            x = torch.where(draw.flip[..., None, None, None], self.reflect(x), x)
        added = []
        if self.noise > 0:
            added.append(self.noise * draw.noise)
        if self.motions is not None:
            motion = torch.matmul(draw.rigid, self.motions.to(draw.rigid)).unflatten(-1, (-1, 2))
            added.append(self.head_motion_noise * torch.cat([motion] * (x.shape[-1] // 2), -1))
        return x + _motion(x) * sum(added) if added else x


def _motion(x: Tensor) -> Tensor:
    """Rms displacement of each sample, (..., B, T, 1, 1), zero for the frames that do not move."""
    displacement = x - x[..., :1, :, :] if x.shape[-3] > 1 else x
    energy = displacement.square().mean((-2, -1), keepdim=True)
    moving = energy > 0
    rms = (energy.sum(-3, keepdim=True) / moving.sum(-3, keepdim=True).clamp_min(1)).sqrt()
    return rms * moving


def _rigid_motions(graph: FaceGraph) -> Tensor:
    """Two shifts, a turn and a growth about the nodes' centre, each of rms 1/2: (4, 2 N)."""
    points = torch.as_tensor(MEAN_SHAPE[list(graph.nodes)])
    x, y = (points - points.mean(0)).T
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    pairs = [(one, zero), (zero, one), (-y, x), (x, y)]
    fields = torch.stack([torch.stack(pair, -1).flatten() for pair in pairs])
    return 0.5 * fields / fields.square().mean(-1, keepdim=True).sqrt()


class MapDraw(NamedTuple):
    """Random numbers for one batch of maps: ``flip`` (B,) bool; ``offset`` (B, 2), rows and columns."""

    flip: Tensor
    offset: Tensor


class MapAugmentation:
    """Flip a share of flow maps left to right, and shift each by some px.

    Parameters
    ----------
    horizontal_flip : float
        Probability of reversing the columns; the first channel, the horizontal flow, changes its sign.
    shift : int
        Most px that a map is shifted by, either way, for rows and columns apart. The border is repeated.

    Shapes:
        - x: (B, ..., C, H, W)
        - output: as x

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import MapAugmentation
    >>> augment = MapAugmentation(horizontal_flip=0.5, shift=1)
    >>> x = torch.ones(8, 3, 28, 28)
    >>> augment(x, augment.draw(x.shape, torch.Generator().manual_seed(0))).shape
    torch.Size([8, 3, 28, 28])
    """

    @checked(horizontal_flip=[real(0, 1)], shift=[integer(0, 4096)])
    def __init__(self, horizontal_flip: float = 0.5, shift: int = 0) -> None:
        self.horizontal_flip = horizontal_flip
        self.shift = shift

    @property
    def active(self) -> bool:
        """True where a map is changed at all."""
        return self.horizontal_flip > 0 or self.shift > 0

    def draw(self, shape: torch.Size, generator: torch.Generator) -> MapDraw:
        """Draw for a batch of the given shape, (B, ..., C, H, W)."""
        kind: dict[str, Any] = {"generator": generator, "device": generator.device}
        # Both are drawn in any case, so that one without the other sees the same numbers.
        flip = torch.rand(shape[0], dtype=torch.float32, **kind) < self.horizontal_flip
        return MapDraw(flip, torch.randint(2 * self.shift + 1, (shape[0], 2), **kind))

    @staticmethod
    def reflect(x: Tensor) -> Tensor:
        """Return the mirror image of every map."""
        sign = torch.ones(x.shape[-3], dtype=x.dtype, device=x.device)
        sign[0] = -1.0
        return x.flip(-1) * sign[:, None, None]

    def __call__(self, x: Tensor, draw: MapDraw) -> Tensor:
        """Apply a draw."""
        if self.horizontal_flip > 0:
            flip = draw.flip.to(x.device).reshape(-1, *[1] * (x.ndim - 1))
            x = torch.where(flip, self.reflect(x), x)
        if self.shift == 0:
            return x
        height, width = x.shape[-2:]
        padded = functional.pad(x.flatten(1, -3), [self.shift] * 4, mode="replicate")
        rows, columns = (draw.offset.to(x.device)[:, k, None] for k in (0, 1))
        rows = rows + torch.arange(height, device=x.device)
        columns = columns + torch.arange(width, device=x.device)
        clips = torch.arange(len(x), device=x.device)[:, None, None]
        shifted = padded.movedim(1, -1)[clips, rows[:, :, None], columns[:, None, :]]
        return shifted.movedim(-1, 1).reshape(x.shape)
