"""Displays of the motion of a clip: of its landmarks, and its flow maps."""

import numpy as np

from skmer._utils._arguments import (
    FLAG,
    TEXT,
    Items,
    Numbers,
    Pixels,
    check_same_shape,
    checked,
    option,
    real,
)
from skmer.feature_extraction import FlowMaps
from skmer.frames import KEYFRAMES, read_image
from skmer.inspection._style import BLUE, CAPTION, ORANGE, SEQUENTIAL, axes_or_new, divided, show_face
from skmer.landmarks import FaceLandmarker, align_landmarks

_LONGEST_ARROW = 0.125  # share of the face's width


class LandmarkMotionDisplay:
    """A face, its landmarks, and where they move, enlarged.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, 3), uint8, or None
        The onset; None draws the points alone.
    points : array-like of shape (n_points, 2)
        Landmarks on the onset, px.
    motion : array-like of shape (n_points, 2)
        Their displacement, px.
    caption : str, default=""
        Line above the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.inspection import LandmarkMotionDisplay
    >>> LandmarkMotionDisplay(None, np.zeros((68, 2)), np.full((68, 2), [0.3, 0.4])).longest
    0.5
    """

    @checked(image=[Pixels(), None], points=[Numbers(None, 2)], motion=[Numbers(None, 2)], caption=TEXT)
    def __init__(self, image, points, motion, caption=""):
        self.image = image
        self.points = np.asarray(points, dtype=float)
        self.motion = np.asarray(motion, dtype=float)
        self.caption = caption
        check_same_shape(points=self.points, motion=self.motion)

    @classmethod
    @checked(image=[Pixels(), None], landmarks=[Numbers(3, 68, 2)], frame=TEXT, align=FLAG)
    def from_landmarks(cls, image, landmarks, *, frame="apex", align=True):
        """Take the motion from the onset to another frame.

        Parameters
        ----------
        image : ndarray of shape (H, W) or (H, W, 3), uint8, or None
            The onset.
        landmarks : array-like of shape (3, 68, 2)
            Onset, apex and offset, px.
        frame : {"apex", "offset"}, default="apex"
            Frame that the motion leads to.
        align : bool, default=True
            Remove the head's own motion.

        Returns
        -------
        LandmarkMotionDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If `landmarks` has another shape or `frame` another value.
        """
        landmarks = np.asarray(landmarks, dtype=float)
        if landmarks.shape != (3, 68, 2):
            raise ValueError(f"landmarks must have shape (3, 68, 2), got {landmarks.shape}.")
        if frame not in KEYFRAMES[1:]:
            raise ValueError(f"frame must be 'apex' or 'offset', got {frame!r}.")
        landmarks = align_landmarks(landmarks) if align else landmarks
        motion = landmarks[KEYFRAMES.index(frame)] - landmarks[0]
        return cls(image, landmarks[0], motion, f"onset to {frame}")

    @classmethod
    @checked(landmarker=[FaceLandmarker, None], clip=[Items(object, n=3)], frame=TEXT, align=FLAG)
    def from_estimator(cls, landmarker, clip, *, frame="apex", align=True):
        """Find the landmarks of one clip and take their motion.

        Parameters
        ----------
        landmarker : FaceLandmarker or None
            Finder of the landmarks; None takes the default one.
        clip : sequence of three paths or images
            Onset, apex and offset.
        frame : {"apex", "offset"}, default="apex"
            Frame that the motion leads to.
        align : bool, default=True
            Remove the head's own motion.

        Returns
        -------
        LandmarkMotionDisplay
            Not drawn yet.
        """
        landmarker = FaceLandmarker() if landmarker is None else landmarker
        landmarks = landmarker.fit_transform([list(clip)])[0]
        return cls.from_landmarks(read_image(clip[0], mode="RGB"), landmarks, frame=frame, align=align)

    def _factor(self):
        longest = self.longest
        wanted = _LONGEST_ARROW * np.ptp(self.points[:, 0]) / longest if longest > 0 else 1.0
        return float(np.clip(float(f"{wanted:.0e}"), 1e-6, 1e6)) if wanted > 0 else 1.0

    @property
    def longest(self):
        """Longest displacement, px; float."""
        return float(np.linalg.norm(self.motion, axis=1).max())

    @checked(factor=[real(1e-6, 1e6), option("auto")])
    def plot(self, ax=None, *, factor="auto"):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        factor : float or "auto", default="auto"
            Length of the arrows, as a multiple of the motion. "auto": one digit and zeros, so that the
            longest takes about an eighth of the face's width.

        Returns
        -------
        LandmarkMotionDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 5.0, 5.4)
        self.figure_ = ax.figure
        factor = self._factor() if isinstance(factor, str) else factor
        show_face(ax, self.image, self.points)
        ax.plot(*self.points.T, "o", color=BLUE, markersize=3.5, markeredgecolor="white", markeredgewidth=0.6)
        ax.quiver(
            *self.points.T,
            *self.motion.T,
            angles="xy",
            scale_units="xy",
            scale=1 / factor,
            color=ORANGE,
            width=0.006,
            headwidth=3.5,
            edgecolor="white",
            linewidth=0.4,
        )
        lines = [self.caption, f"arrows {factor:g} times the motion; the longest is {self.longest:.2f} px"]
        ax.set_title("\n".join(filter(None, lines)), **CAPTION)
        return self


_DIVERGING = "RdBu_r"
_UNSIGNED = ("magnitude", "strain")


class FlowMapDisplay:
    """Maps of one clip side by side, each channel under its name and with its own scale.

    Parameters
    ----------
    maps : array-like of shape (C, H, W) or (S, C, H, W)
        Channels, or streams of channels, which are drawn as rows.
    channels : sequence of str, default=("u", "v", "strain")
        Names of the channels; of streams, one sequence for each.
    caption : str, default=""
        Line above the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that the pictures share.
    axes_ : ndarray of matplotlib.axes.Axes
        Axes of each map, of shape (S, C).
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.inspection import FlowMapDisplay
    >>> FlowMapDisplay(np.zeros((3, 28, 28))).plot().axes_.shape
    (1, 3)
    """

    @checked(
        maps=[Numbers(None, None, None), Numbers(None, None, None, None)],
        channels=[Items(str, Items(str, least=1), least=1)],
        caption=TEXT,
    )
    def __init__(self, maps, channels=("u", "v", "strain"), caption=""):
        maps = np.asarray(maps, dtype=float)
        nested = [(row,) if isinstance(row, str) else tuple(row) for row in channels]
        names = [tuple(channels)] if maps.ndim == 3 else nested
        if maps.ndim not in (3, 4) or np.shape(maps)[-3] != len(names[0]):
            raise ValueError(
                f"maps must be (C, H, W) or (S, C, H, W) with the channels {tuple(channels)}, got "
                f"{maps.shape}; pass their channels=."
            )
        self.maps = maps
        self.channels = channels
        self.names = names
        self.caption = caption

    @classmethod
    def from_estimator(cls, maps, clip):
        """Compute the maps of one clip.

        Parameters
        ----------
        maps : FlowMaps or None
            Transformer; None takes one of 112 px.
        clip : sequence of three paths or images
            Onset, apex and offset.

        Returns
        -------
        FlowMapDisplay
            Not drawn yet.
        """
        maps = FlowMaps(size=112) if maps is None else maps
        return cls(maps.fit_transform([list(clip)])[0], maps.channels, f"onset to apex, {maps.flow} flow")

    def plot(self, ax=None):
        """Draw it; channels with a sign are white where nothing moves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw in the place of; None makes a figure.

        Returns
        -------
        FlowMapDisplay
            Itself.
        """
        rows = self.maps.reshape(-1, *self.maps.shape[-3:])
        self.ax_ = ax = axes_or_new(ax, 2.4 * rows.shape[1], 2.4 * rows.shape[0] + 0.3)
        self.figure_ = ax.figure
        self.axes_ = divided(ax, *rows.shape[:2])
        for place in np.ndindex(rows.shape[:2]):
            self._draw(self.axes_[place], rows[place], self.names[place[0]][place[1]])
        ax.set_title(self.caption, **CAPTION)
        return self

    @staticmethod
    def _draw(ax, picture, name):
        largest = float(np.abs(picture).max()) or 1.0
        unsigned = name in _UNSIGNED or picture.min() >= 0
        scale = {"cmap": SEQUENTIAL, "vmin": 0} if unsigned else {"cmap": _DIVERGING, "vmin": -largest}
        image = ax.imshow(picture, vmax=largest, **scale)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title(name, fontsize="small")
        ax.figure.colorbar(image, ax=ax, shrink=0.8)
