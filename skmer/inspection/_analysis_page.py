"""Page of an analysed video: a timeline to click, and the frames of each movement."""

from html import escape
from pathlib import Path
from string import Template

import cv2
import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, TEXT, Items, Numbers, check_argument, check_same_length, checked
from skmer._utils._files import write_atomically
from skmer.inspection._report_pictures import data_uri
from skmer.inspection._style import content_policy, page_resource
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

_COLUMNS = (
    *("onset", "apex", "offset", "onset_s", "apex_s", "offset_s"),
    *("type", "regions", "peak_px", "resembles", "displacement"),
)
_ALPHA = 6.0
_LONGEST_ARROW = 0.22  # of the distance of the outer eye corners, whatever the movement's size
_SHORTEST_ARROW = 0.04
_ARROW, _EDGE = (255, 210, 0), (20, 20, 20)
_QUALITY = 82


@checked(
    path=PATH,
    track=[FaceTrack],
    movements=[pd.DataFrame],
    frames=[Items(dict)],
    title=[*TEXT, None],
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
        Size of the motion in each frame, for the timeline; movements reach 1 at least.
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
    check_argument("curve", curve, [Numbers(len(track), finite=False)])
    lacking = [name for name in _COLUMNS if len(movements) and name not in movements]
    if lacking:
        raise ValueError(f"movements must have the columns {list(_COLUMNS)}, {lacking[0]} is absent.")
    check_same_length(movements=movements, frames=frames)
    style, script = (page_resource("_timeline", f"timeline.{kind}") for kind in ("css", "js"))
    rows = movements.to_dict("records")
    page = Template(page_resource("_timeline", "timeline.html")).substitute(
        title=escape(title or track.name),
        policy=content_policy(style, script),
        style=style,
        script=script,
        notes="".join(f"<p>{escape(note)}</p>" for note in (_heading(track, rows), *notes)),
        caveats="".join(f"<li>{escape(text)}</li>" for text in CAVEATS),
        timeline=_timeline(track, rows, curve),
        seconds=_seconds(track),
        cards="".join(_card(k, row, own) for k, (row, own) in enumerate(zip(rows, frames, strict=True))),
        none="" if rows else "<p>In this video no movement was found.</p>",
    )
    write_atomically(path, page)
    return Path(path)


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
    # The line at 1 stands clear of the upper edge, even where nothing reaches it.
    top = max(float(np.quantile(heights, 0.995)) if len(heights) else 0.0, 1.25)
    xs = np.linspace(0, 1000, len(heights))
    line = " ".join(f"{x:.1f},{96 - 92 * min(y / top, 1):.1f}" for x, y in zip(xs, heights, strict=True))
    length = max(track.times[-1] - track.times[0], 1e-9)
    least = 96 - 92 / top
    marks = "".join(
        f'<button type="button" class="mark {escape(row["type"])}" data-movement="{k}" '
        f'data-left="{(row["onset_s"] - track.times[0]) / length:.5f}" '
        f'data-width="{(row["offset_s"] - row["onset_s"]) / length:.5f}" '
        f'aria-label="{escape(row["type"])} at {row["onset_s"]:.2f} s"></button>'
        for k, row in enumerate(rows)
    )
    return (
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Motion over time">'
        f'<line x1="0" x2="1000" y1="{least:.1f}" y2="{least:.1f}"/><polyline points="{line}"/></svg>'
        f'<div class="marks">{marks}</div>'
    )


def _seconds(track):
    """Seconds below the timeline, and what the colours are."""
    ticks = np.linspace(track.times[0], track.times[-1], 5)
    digits = 1 if ticks[-1] - ticks[0] < 30 else 0
    return "".join(f"<span>{tick:.{digits}f} s</span>" for tick in ticks)


def _card(k, row, frames):
    """One movement: its numbers, and its frames."""
    lines = [
        f"{row['onset_s']:.2f} s to {row['offset_s']:.2f} s, apex {row['apex_s']:.2f} s "
        f"({row['offset_s'] - row['onset_s']:.2f} s)",
        f"moved most, in px (and shares of the distance of the outer eye corners): "
        f"{row['regions'] or 'the face was lost'}",
        f"resembles, with the share of the movement that it explains: {row['resembles'] or 'no action unit'}",
    ]
    if row.get("emotion"):
        share = row.get("probability")
        known = "" if share is None or share != share else f", probability {share:.2f}"
        lines.append(f"class by the given model: {row['emotion']}{known}")
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<article class="card" id="movement-{k}" data-card="{k}">'
        f"<h2>{k + 1}. {escape(row['type'])}-movement</h2>{body}{_pictures(row, frames)}</article>"
    )


def _pictures(row, frames):
    if not frames:
        return "<p>The frames of this movement could not be read.</p>"
    onset, apex = frames["onset"][0], frames["apex"][0]
    drawn, factor = _with_arrows(*frames["apex"], row["displacement"])
    arrows = f", arrows {factor:.0f} times as long as the movement" if factor else ""
    plain = "".join(
        f'<figure><img src="{_jpeg(image)}" alt="{name}"><figcaption>{name}{more}</figcaption></figure>'
        for name, image, more in (
            ("onset", onset, ""),
            ("apex", drawn, arrows),
            ("offset", frames["offset"][0], ""),
        )
    )
    enlarged = _jpeg(magnify_lagrangian(onset, apex, _ALPHA))
    return (
        f'<div class="frames">{plain}<figure class="magnified">'
        f'<img src="{_jpeg(onset)}" data-other="{enlarged}" alt="before">'
        f'<figcaption data-other="apex, the movement {_ALPHA:g} times enlarged">onset</figcaption>'
        '<button type="button" data-flip>before / after</button></figure></div>'
    )


def _with_arrows(image, points, scale, displacement):
    """The apex with arrows along the movement of each landmark, and how much longer they are."""
    drawn = image.copy()
    if displacement is None:
        return drawn, 0.0
    start, moved = np.asarray(points, dtype=float), scale * np.asarray(displacement, dtype=float)
    width, sizes = np.linalg.norm(start[45] - start[36]), np.linalg.norm(moved, axis=1)
    if not sizes.max() > 0:
        return drawn, 0.0
    factor = _LONGEST_ARROW * width / sizes.max()
    starts, stops = (np.rint(8 * place).astype(int).tolist() for place in (start, start + factor * moved))
    shown = factor * sizes >= _SHORTEST_ARROW * width
    for color, thickness in ((_EDGE, 3), (_ARROW, 1)):
        for k in np.flatnonzero(shown):
            cv2.arrowedLine(drawn, starts[k], stops[k], color, thickness, cv2.LINE_AA, 3, 0.3)
    return drawn, factor


def _jpeg(image):
    stored = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data_uri(content.tobytes(), "image/jpeg")
