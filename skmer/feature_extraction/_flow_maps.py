"""Optical flow of onset and apex as maps: the input of the field's networks."""

from numbers import Integral

import cv2
import numpy as np

from skmer._utils._sklearn import Interval, StrOptions
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import FLOW_METHODS, flow_curl, flow_divergence, optical_flow, optical_strain

FLOW_CHANNELS = {
    "u": lambda flow: flow[..., 0],
    "v": lambda flow: flow[..., 1],
    "magnitude": lambda flow: np.linalg.norm(flow, axis=-1),
    "strain": optical_strain,
    "divergence": flow_divergence,
    "curl": flow_curl,
}
"""Channels of `FlowMaps` by name: functions of a flow (H, W, 2)."""


class FlowMaps(ClipFeatureTransformer):
    """Transform onset and apex to small maps of their optical flow.

    The flow is computed on the frames as they come, which `FaceCropper` has cropped; strain and the other
    derivatives are taken from it at full size, and all channels are then brought to one size. Nothing is
    learned, and every clip is computed once: results are kept on disk by content and parameters.

    Parameters
    ----------
    channels : sequence of str, or sequence of such of one length, default=("u", "v", "strain")
        Channels among u, v and magnitude (px of the frames), strain, divergence and curl (px per px). Several
        sequences make an axis of streams, such as ``(("u", "v", "magnitude"), ("u", "v", "strain"))`` for
        `DSSNClassifier`.
    flow : {"dis", "farneback", "tvl1"}, default="dis"
        Method, as of `skmer.frames.optical_flow`; "tvl1" is the papers', needs scikit-image (the extra
        ``flow``), and takes hundreds of times as long.
    size : int, default=28
        Height and width of the maps. Papers: 28 to 227.
    scaling : {"minmax"} or None, default=None
        None leaves px: size and direction of the motion stay, and classifiers divide by one factor of their
        training rows. "minmax" is published: each channel of each clip from 0 to 255 in whole numbers, which
        loses the motion's size and sign, and gives rest another grey in every clip. A flat channel is zero.
    memory : "auto", path or None, default="auto"
        Folder of computed maps; "auto" is the user's cache, None keeps nothing.
    n_jobs : int, default=None
        Clips at a time; the result does not depend on it.
    verbose : int, default=0
        0 shows no progress.

    See Also
    --------
    skmer.datasets.load_flow_maps : Maps that others have computed.
    skmer.inspection.FlowMapDisplay : Draws them.

    Notes
    -----
    ``strain = sqrt(ux^2 + vy^2 + (uy + vx)^2 / 2)``, of differences to the pixel before. Public code slips
    in several ways that are not followed: flow computed on frames of 28 px with the magnitude in place of
    strain; strain of a flow that was scaled to 0..255, with differences across the border.

    References
    ----------
    Liong et al., "Shallow Triple Stream Three-dimensional CNN (STSTNet) for Micro-expression Recognition", FG
    2019, doi:10.1109/FG.2019.8756567. Shreve et al., "Macro- and micro-expression spotting in long videos
    using spatio-temporal strain", FG 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import FlowMaps
    >>> x, y = np.meshgrid(np.arange(64.0), np.arange(64.0))
    >>> onset, apex = (
    ...     (128 + 60 * np.sin((x - shift) / 5) + 60 * np.cos(y / 4)).astype(np.uint8) for shift in (0, 0.6)
    ... )
    >>> maps = FlowMaps(memory=None).fit_transform([[onset, apex, onset]])
    >>> maps.shape, maps.dtype, bool(abs(np.median(maps[0, 0]) - 0.6) < 0.05)
    ((1, 3, 28, 28), dtype('float32'), True)
    """

    _input = "frames"
    _parameter_constraints: dict = {
        **CLIP_PARAMETERS,
        "channels": [tuple, list],
        "flow": [StrOptions(set(FLOW_METHODS))],
        "size": [Interval(Integral, 4, 1024, closed="both")],
        "scaling": [StrOptions({"minmax"}), None],
    }

    def __init__(
        self,
        channels=("u", "v", "strain"),
        *,
        flow="dis",
        size=28,
        scaling=None,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.channels = channels
        self.flow = flow
        self.size = size
        self.scaling = scaling
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_parameters(self):
        streams = self._streams()
        names = [name for stream in streams for name in stream]
        unknown = [name for name in names if not isinstance(name, str) or name not in FLOW_CHANNELS]
        if unknown or not names:
            raise ValueError(f"channels must be names among {list(FLOW_CHANNELS)}, got {self.channels!r}.")
        if len({len(stream) for stream in streams}) > 1:
            raise ValueError(
                f"channels must be streams of equally many channels, got {self.channels!r}; repeat one."
            )

    def _streams(self):
        """Return the channels of each stream; one stream where the parameter holds names alone."""
        if not self._nested():
            return [tuple(self.channels)]
        return [tuple(entry) if isinstance(entry, tuple | list) else (entry,) for entry in self.channels]

    def _nested(self):
        return any(isinstance(entry, tuple | list) for entry in self.channels)

    def _compute_clip(self, frames):
        onset, apex, _ = frames
        flow = optical_flow(onset, apex, method=self.flow)
        streams = self._streams()
        maps = {name: self._map(FLOW_CHANNELS[name](flow)) for stream in streams for name in stream}
        stacked = np.stack([np.stack([maps[name] for name in stream]) for stream in streams])
        return stacked if self._nested() else stacked[0]

    def _map(self, channel):
        way = cv2.INTER_AREA if min(channel.shape) >= self.size else cv2.INTER_LINEAR
        channel = np.ascontiguousarray(channel, np.float32)
        channel = cv2.resize(channel, (self.size, self.size), interpolation=way)
        return channel if self.scaling is None else minmax(channel)


def minmax(channel):
    """Return a map from 0 to 255 in whole numbers, float32; zeros where it is flat."""
    low, high = float(channel.min()), float(channel.max())
    if high == low:
        return np.zeros_like(channel)
    return np.rint((channel - low) * (255 / (high - low))).astype(np.float32)
