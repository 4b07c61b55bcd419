"""Display of the motion of a clip's landmarks."""

import numpy as np

from skmer._utils._arguments import (
    FLAG,
    TEXT,
    Items,
    Numbers,
    Pixels,
    check_same_shape,
    checked,
    real,
)
from skmer.frames import KEYFRAMES, read_image
from skmer.inspection._style import BLUE, CAPTION, ORANGE, axes_or_new, show_face
from skmer.landmarks import FaceLandmarker, align_landmarks


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

    @property
    def longest(self):
        """Longest displacement, px; float."""
        return float(np.linalg.norm(self.motion, axis=1).max())

    @checked(factor=[real(1e-6, 1e6)])
    def plot(self, ax=None, *, factor=10.0):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        factor : float, default=10.0
            Length of the arrows, as a multiple of the motion.

        Returns
        -------
        LandmarkMotionDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 5.0, 5.4)
        self.figure_ = ax.figure
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
