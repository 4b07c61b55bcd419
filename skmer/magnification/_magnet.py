"""MagNet, the network for learned motion magnification that the reference paper uses, and its training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from skmer._utils._arguments import Numbers, checked, integer, real
from skmer._utils._torch import drawing_weights, usual_torch

_MULTIPLE = 4  # px: the texture has a quarter of the image's size


class _SameConv(nn.Conv2d):
    """Convolution that pads as TensorFlow's "SAME" does: zeros, an odd one below and right."""

    def forward(self, x: Tensor) -> Tensor:
        pads = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return functional.conv2d(functional.pad(x, pads), self.weight, self.bias, self.stride)


def _conv(n_in: int, n_out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    if stride > 1:  # the authors' network reflects the border in its other convolutions alone
        return _SameConv(n_in, n_out, kernel, stride, bias=False)
    return nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, padding_mode="reflect", bias=False)


class _Residual(nn.Module):
    """x + conv(relu(conv(x)))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width, 3)
        self.second = _conv(width, width, 3)
        nn.init.zeros_(
            self.second.weight
        )  # a block begins as the identity: the deep net learns from the start

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.relu(self.first(x)))


def _residuals(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(width) for _ in range(depth)))


class _Encoder(nn.Module):
    """Image (B, 3, H, W) -> texture (B, 32, H/4, W/4) and shape (B, 32, H/2, W/2)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _conv(3, 16, 7), nn.ReLU(), _conv(16, 32, 3, 2), nn.ReLU(), _residuals(32, 3)
        )
        self.texture = nn.Sequential(_conv(32, 32, 3, 2), nn.ReLU(), _residuals(32, 2))
        self.shape = _residuals(32, 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        common = self.stem(image)
        return self.texture(common), self.shape(common)


class _Manipulator(nn.Module):
    """Mb + h((alpha - 1) g(Mb - Ma))."""

    def __init__(self) -> None:
        super().__init__()
        self.g = nn.Sequential(_conv(32, 32, 7), nn.ReLU())
        self.h = nn.Sequential(_conv(32, 32, 3), _residuals(32, 1))

    def forward(self, before: Tensor, after: Tensor, alpha: Tensor) -> Tensor:
        return after + self.h((alpha - 1) * self.g(after - before))


class _Decoder(nn.Module):
    """Texture and shape -> image (B, 3, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.texture = nn.Sequential(_conv(32, 32, 3), nn.ReLU())
        self.body = _residuals(64, 9)
        self.head = nn.Sequential(_conv(64, 32, 3), nn.ReLU(), _conv(32, 3, 7))

    def forward(self, texture: Tensor, shape: Tensor) -> Tensor:
        # The texture is coded at half the resolution of the shape.
        wide = functional.interpolate(texture, scale_factor=2.0, mode="nearest")
        both = self.body(torch.cat([self.texture(wide), shape], dim=1))
        return self.head(functional.interpolate(both, scale_factor=2.0, mode="nearest"))


class MagNet(nn.Module):
    """Network for motion magnification: encode two frames, magnify the difference of their shapes, decode.

    918,928 parameters, no normalisation, no biases. As in the authors' network, convolutions of stride 1
    reflect the border, and those of stride 2 pad zeros as TensorFlow's "SAME" does.

    Attributes
    ----------
    encoder, manipulator, decoder : torch.nn.Module
        The three parts; the names in a file of weights start with theirs.

    References
    ----------
    Oh et al., "Learning-based Video Motion Magnification", ECCV 2018, doi:10.1007/978-3-030-01225-0_39, eq.
    4.

    Examples
    --------
    >>> import torch
    >>> from skmer.magnification import MagNet
    >>> net = MagNet()
    >>> sum(parameter.numel() for parameter in net.parameters())
    918928
    >>> frames = torch.zeros(2, 3, 16, 16)
    >>> net(frames, frames, torch.tensor([3.0, 10.0])).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _Encoder()
        self.manipulator = _Manipulator()
        self.decoder = _Decoder()

    def forward(self, before: Tensor, after: Tensor, alpha: Tensor) -> Tensor:
        """Magnify the motion between two frames.

        Parameters
        ----------
        before, after : Tensor of shape (B, 3, H, W)
            RGB in [-1, 1], sides of at least 16 px and multiples of 4.
        alpha : Tensor of shape (B,)
            Total factor of the displacement: 1 changes nothing.

        Returns
        -------
        Tensor of shape (B, 3, H, W)
            `after` with the motion magnified.
        """
        _, still = self.encoder(before)
        texture, moved = self.encoder(after)
        return self.decoder(texture, self.manipulator(still, moved, alpha.reshape(-1, 1, 1, 1)))

    @classmethod
    def load(cls, path: str | Path) -> "MagNet":
        """Load the network with weights from a file; no code in the file is run.

        Parameters
        ----------
        path : str or path-like
            A safetensors file (by its suffix), or a state dict saved by torch, with the names of this class.

        Returns
        -------
        MagNet
            In evaluation mode.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds no state dict, or other names or shapes.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"weights: there is no file {str(path)!r}.")
        try:
            state = (
                load_file(path)
                if path.suffix == ".safetensors"
                else torch.load(path, "cpu", weights_only=True)
            )
        except Exception as error:
            raise ValueError(
                f"weights: {str(path)!r} is no safetensors file or state dict ({error})."
            ) from error
        if not isinstance(state, Mapping):
            raise ValueError(f"weights: expected a state dict in {str(path)!r}, got {type(state).__name__}.")
        with drawing_weights(0):
            net = cls()
        try:
            net.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(
                f"weights: {str(path)!r} does not fit; rename its tensors to those of MagNet().state_dict(). "
                f"{error}"
            ) from error
        return net.eval()

    @usual_torch()
    @torch.no_grad()
    def magnify(self, onset: np.ndarray, frame: np.ndarray, alpha: float) -> np.ndarray:
        """Magnify the motion of one frame since the onset.

        Parameters
        ----------
        onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
            The images.
        alpha : float
            Total factor of the displacement.

        Returns
        -------
        ndarray of the frame's shape, uint8
        """
        height, width = frame.shape[:2]
        weight = next(self.parameters())
        before, after = (_to_tensor(image).to(weight) for image in (onset, frame))
        factor = torch.tensor([float(alpha)]).to(weight)
        output = (self(before, after, factor)[0, :, :height, :width].clamp(-1, 1) + 1) * 127.5
        pixels = output.round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return pixels if frame.ndim == 3 else pixels.mean(axis=2).round().astype(np.uint8)


def _to_tensor(image: np.ndarray) -> Tensor:
    colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    tensor = torch.from_numpy(np.ascontiguousarray(colour)).permute(2, 0, 1)[None].float() / 127.5 - 1
    below, beside = (-side % _MULTIPLE for side in image.shape[:2])
    return functional.pad(tensor, (0, beside, 0, below), mode="reflect")


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


@checked(
    n_steps=[integer(1)],
    batch_size=[integer(1, 4096)],
    size=[integer(16, 4096)],
    alpha=[Numbers(2)],
    shift=[real(0, 4096)],
    lr=[real(0, 1e6)],
    random_state=[integer(0, 2**63 - 1), None],
)
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
    low, high = alpha
    if not 0 < low <= high:
        raise ValueError(f"alpha must be a pair 0 < low <= high, got {alpha!r}.")
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
        # The magnified shift, too, has to stay below an eighth of the image.
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
    # The mask moves with the blob, so that its rim hides and uncovers the ground.
    whole = _shifted(ground, moves[0]) * (1 - moved[..., 3:]) + moved[..., :3] * moved[..., 3:]
    # Drawn at twice the size and cut: no border of the texture ever moves into the picture.
    quarter = ground.shape[0] // 4
    return whole[quarter : 3 * quarter, quarter : 3 * quarter]


def _shifted(image: np.ndarray, move: np.ndarray) -> np.ndarray:
    matrix = np.array([[1.0, 0.0, move[0]], [0.0, 1.0, move[1]]])
    return cv2.warpAffine(
        image, matrix, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
