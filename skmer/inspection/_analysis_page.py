"""Page of an analysed video: a timeline to click, and the frames of each movement."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import cv2
import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, Items, checked
from skmer._utils._files import write_atomically
from skmer.inspection._report_pictures import data_uri
from skmer.landmarks import FaceTrack
from skmer.magnification import magnify_lagrangian

CAVEATS = (
    "An expression is no lie detector: a movement of the face does not tell what a person feels, knows or "
    "hides.",
    "Movements are found by their motion alone; some are missed, and some that are listed are none "
    "(speech, a turn of the head).",
    "Action units are likenesses of displacement fields, not a coding by a certified coder.",
)
"""Sentences of the page and the text on the limits of an analysis."""

_ALPHA = 6.0
_ARROWS = 6.0  # arrows are that much longer than the movement
_QUALITY = 82


@checked(
    path=PATH,
    track=[FaceTrack],
    movements=[pd.DataFrame],
    frames=[Items(dict)],
    title=[str, None],
    notes=[Items(str)],
)
def write_analysis(path, track, movements, frames, curve, *, title=None, notes=()):
    """Write the page of one analysed video; it holds all it needs and loads nothing.

    Parameters
    ----------
    path : path-like
        File to write.
    track : FaceTrack
        The video's track.
    movements : DataFrame
        Movements with ``onset``, ``apex``, ``offset``, ``type``, the three in seconds, ``regions``,
        ``peak_px``, ``resembles``, ``displacement``, and ``emotion`` with ``probability`` where known.
    frames : list of dict of str to (ndarray, ndarray, float)
        For each movement the crops at "onset", "apex" and "offset", RGB, the landmarks in them, and their
        scale; empty where they could not be read.
    curve : ndarray of shape (n_frames,)
        Size of the motion in each frame, for the timeline.
    title : str, default=None
        Heading; the track's name by default.
    notes : sequence of str, default=()
        Lines below the heading.

    Returns
    -------
    pathlib.Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmer.inspection import write_analysis
    >>> from skmer.landmarks import FaceTrack
    >>> track, none = FaceTrack(np.zeros((30, 68, 2)), 30.0, name="a"), pd.DataFrame()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_analysis(Path(folder) / "a.html", track, none, [], np.zeros(30))
    ...     "no movement was found" in page.read_text(encoding="utf-8")
    True
    """
    style, script = _resource("timeline.css"), _resource("timeline.js")
    rows = movements.to_dict("records")
    page = Template(_resource("timeline.html")).substitute(
        title=escape(title or track.name),
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}",
        style=style,
        script=script,
        notes="".join(f"<p>{escape(note)}</p>" for note in (_heading(track, rows), *notes)),
        caveats="".join(f"<li>{escape(text)}</li>" for text in CAVEATS),
        timeline=_timeline(track, rows, curve),
        cards="".join(_card(k, row, own) for k, (row, own) in enumerate(zip(rows, frames, strict=True))),
        none="" if rows else "<p>In this video no movement was found.</p>",
    )
    write_atomically(path, page)
    return Path(path)


def _resource(name):
    return files("skmer.inspection").joinpath("_timeline", name).read_text(encoding="utf-8")


def _hash(text):
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _heading(track, rows):
    kinds = [sum(row["type"] == kind for row in rows) for kind in ("macro", "micro")]
    return (
        f"{track.duration:.1f} s at {track.fps:.3g} frames a second; {kinds[0]} macro- and {kinds[1]} "
        f"micro-movements; the face was found in {100 * track.found.mean():.1f} % of the frames, in "
        f"{100 * track.blinks.mean():.1f} % the eyes blink."
    )


def _timeline(track, rows, curve):
    """The curve as an SVG, and a button for each movement, at shares of the width."""
    n_points = min(len(curve), 1200)
    groups = np.array_split(np.nan_to_num(np.asarray(curve, dtype=float)), max(n_points, 1))
    heights = np.array([group.max(initial=0.0) for group in groups])
    top = max(float(np.quantile(heights, 0.995)) if len(heights) else 0.0, 1e-9)
    xs = np.linspace(0, 1000, len(heights))
    line = " ".join(f"{x:.1f},{96 - 92 * min(y / top, 1):.1f}" for x, y in zip(xs, heights, strict=True))
    length = max(track.times[-1] - track.times[0], 1e-9)
    marks = "".join(
        f'<button type="button" class="mark {escape(row["type"])}" data-movement="{k}" '
        f'data-left="{(row["onset_s"] - track.times[0]) / length:.5f}" '
        f'data-width="{(row["offset_s"] - row["onset_s"]) / length:.5f}" '
        f'aria-label="{escape(row["type"])} at {row["onset_s"]:.2f} s"></button>'
        for k, row in enumerate(rows)
    )
    return (
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Motion over time">'
        f'<polyline points="{line}"/></svg><div class="marks">{marks}</div>'
    )


def _card(k, row, frames):
    """One movement: its numbers, and its frames."""
    lines = [
        f"{row['onset_s']:.2f} s to {row['offset_s']:.2f} s, apex {row['apex_s']:.2f} s "
        f"({row['offset_s'] - row['onset_s']:.2f} s)",
        f"moved most: {row['regions'] or 'the face was lost'}",
        f"resembles: {row['resembles'] or 'no action unit'} (share explained)",
    ]
    if row.get("emotion"):
        share = row.get("probability")
        known = "" if share is None or share != share else f", probability {share:.2f}"
        lines.append(f"class by the given model: {row['emotion']}{known}")
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<article class="card" id="movement-{k}" data-card="{k}"><h2>{k + 1}. {escape(row["type"])}</h2>'
        f"{body}{_pictures(row, frames)}</article>"
    )


def _pictures(row, frames):
    if not frames:
        return "<p>The frames of this movement could not be read.</p>"
    shown = {name: part[0] for name, part in frames.items()}
    shown["apex"] = _with_arrows(*frames["apex"], row["displacement"])
    onset, apex = frames["onset"][0], frames["apex"][0]
    plain = "".join(
        f'<figure><img src="{_jpeg(shown[name])}" alt="{name}"><figcaption>{name}</figcaption></figure>'
        for name in ("onset", "apex", "offset")
    )
    magnified = magnify_lagrangian(onset, apex, _ALPHA)
    pair = (
        f'<figure class="magnified"><img src="{_jpeg(onset)}" data-other="{_jpeg(magnified)}" alt="before">'
        f'<button type="button" data-flip>onset, or the apex {_ALPHA:g} times enlarged</button></figure>'
    )
    return f'<div class="frames">{plain}</div>{pair}'


def _with_arrows(image, points, scale, displacement):
    """The apex with arrows from where each landmark was, enlarged."""
    drawn = image.copy()
    if displacement is None:
        return drawn
    width = np.linalg.norm(points[45] - points[36])
    start = np.asarray(points, dtype=float)
    ends = start + _ARROWS * scale * np.asarray(displacement)
    for a, b in zip(start, ends, strict=True):
        if np.linalg.norm(b - a) > 0.012 * width:
            first, last = (tuple(round(float(x) * 8) for x in end) for end in (a, b))
            cv2.arrowedLine(drawn, first, last, (255, 200, 0), 1, cv2.LINE_AA, 3, 0.25)
    return drawn


def _jpeg(image):
    stored = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data_uri(content.tobytes(), "image/jpeg")
