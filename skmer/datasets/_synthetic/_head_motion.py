"""Motion of the head through minutes: slow swaying, turns with parallax, and nods."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from skmer.face import MEAN_SHAPE

_GRID = 0.04  # s
_SLOW = 1.2  # s: standard deviation of the smoothing, so that swaying has periods of seconds
_NOD_SECONDS, _NODS = (0.5, 1.0), 1.5  # length, and how many a minute
_STEPS = {"x": 6.0, "y": 6.0, "roll": 1.5, "size": 0.012, "yaw": 2.0, "pitch": 1.5}
# Standard deviations: px of a 280 px face, degrees, share.


def _depth():
    """Depth of the 68 points towards the camera, in eye-corner distances: an ellipsoid with a nose; ours."""
    x, y = MEAN_SHAPE.T
    depth = 0.55 * np.sqrt(np.clip(1 - (x / 0.95) ** 2 - ((y + 0.1) / 1.25) ** 2, 0, None))
    nose = {27: 0.02, 28: 0.10, 29: 0.18, 30: 0.26, 31: 0.06, 32: 0.10, 33: 0.14, 34: 0.10, 35: 0.06}
    for point, more in nose.items():
        depth[point] += more
    return depth - depth[[36, 39, 42, 45]].mean()


DEPTH = _depth()
"""Depth of the 68 points, (68,), zero at the eye corners."""


def slow_noise(duration, n_curves, rng, smoothing=_SLOW):
    """Seconds of a grid, and smooth random curves of unit deviation on it: (n_grid,), (n_curves, n_grid)."""
    grid = np.arange(0.0, duration + 2 * _GRID, _GRID)
    curves = gaussian_filter1d(rng.standard_normal((n_curves, len(grid) + 200)), smoothing / _GRID, axis=1)[
        :, 100:-100
    ]
    expected = np.sqrt(_GRID / (2 * np.sqrt(np.pi) * smoothing))
    return grid, curves / expected


def draw_head(duration, factor, rng):
    """Curves of the head's motion over a grid of seconds; (n_grid,), dict of str to ndarray."""
    grid, curves = slow_noise(duration, len(_STEPS), rng)
    head = {name: factor * size * curve for (name, size), curve in zip(_STEPS.items(), curves, strict=True)}
    for _ in range(rng.poisson(_NODS * duration / 60)):
        start, length = rng.uniform(0, duration), rng.uniform(*_NOD_SECONDS)
        inside = (grid >= start) & (grid < start + length)
        name = "pitch" if rng.random() < 0.7 else "yaw"
        size = factor * rng.uniform(1.0, 3.0) * rng.choice([-1, 1])
        head[name][inside] += size * np.sin(np.pi * (grid[inside] - start) / length) ** 2
    return grid, head


def turned(head, times, unit):
    """Displacement by turns of the head out of the image plane, and similarities of the rest.

    Parameters
    ----------
    head : tuple of (ndarray, dict of str to ndarray)
        As `draw_head` returns it.
    times : ndarray of shape (n,)
        Seconds.
    unit : float
        Distance of the outer eye corners in px.

    Returns
    -------
    parallax : ndarray of shape (n, 68, 2)
        In px.
    motion : ndarray of shape (n, 2, 3)
        Similarities about the nose base.
    """
    grid, curves = head
    at = {name: np.interp(times, grid, curve) for name, curve in curves.items()}
    turns = np.deg2rad(np.stack([at["yaw"], at["pitch"]], axis=-1))[:, None]
    parallax = unit * (np.sin(turns) * DEPTH[None, :, None] - (1 - np.cos(turns)) * MEAN_SHAPE[None])
    size, angle = 1 + at["size"], np.deg2rad(at["roll"])
    cosine, sine = size * np.cos(angle), size * np.sin(angle)
    px = unit / 177.0  # a 280 px face has 177 px between the outer eye corners
    rows = [cosine, -sine, px * at["x"], sine, cosine, px * at["y"]]
    return parallax, np.stack(rows, axis=-1).reshape(-1, 2, 3)
