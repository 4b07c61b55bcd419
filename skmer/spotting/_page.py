"""Page of a spotting result: scores, and a timeline of true and spotted movements for each video."""

import json
from html import escape

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0
auto;max-width:60rem;padding:1rem;color:#1d2228;background:#fff}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{padding:.2rem .6rem;text-align:right}
td:first-child,th:first-child{text-align:left}tr{border-bottom:1px solid #8884} figure{margin:.7rem
0}figcaption{font-size:.85rem}svg{width:100%;height:44px;background:#8881}
.true{fill:#2b7a4b}.hit{fill:#2f6db5}.false{fill:#c4532d}pre{overflow-x:auto}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#14171b}}
"""


def result_page(result, title, heading, rows):
    """The page; str.

    Parameters
    ----------
    result : SpottingResult
        What it shows.
    title, heading : str
        Its heading, and the sizes in a line.
    rows : list of tuple of str
        Header and rows of the table of scores.
    """
    header, *body = rows
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body)
    figures = "".join(_timeline(result, row) for row in result.videos.itertuples())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1><p>{escape(heading)}</p>"
        f"<table><tr>{head}</tr>{cells}</table>"
        "<p>Upper row: true movements (green). Lower row: spotted ones, right (blue) or wrong (orange).</p>"
        f"{figures}<details><summary>Run card</summary>"
        f"<pre>{escape(json.dumps(result.run_card, indent=1))}</pre></details></html>"
    )


def _timeline(result, video):
    true = result.intervals[result.intervals["video"] == video.video]
    spotted = result.movements[result.movements["video"] == video.video]
    hits = result.hits[spotted.index] if len(spotted) else []
    marks = [_mark(row, video.n_frames, 4, "true") for row in true.itertuples()]
    marks += [
        _mark(row, video.n_frames, 24, "hit" if hit else "false")
        for row, hit in zip(spotted.itertuples(), hits, strict=True)
    ]
    seconds = video.n_frames / video.fps
    return (
        f"<figure><figcaption>{escape(str(video.video))}, {seconds:.0f} s</figcaption>"
        f'<svg viewBox="0 0 1000 44" preserveAspectRatio="none" role="img" '
        f'aria-label="{len(true)} true, {len(spotted)} spotted movements">{"".join(marks)}</svg></figure>'
    )


def _mark(row, n_frames, y, kind):
    x, width = 1000 * row.onset / n_frames, 1000 * (row.offset - row.onset + 1) / n_frames
    tip = f"{row.type}, frames {row.onset} to {row.offset}" if hasattr(row, "type") else ""
    return (
        f'<rect class="{kind}" x="{x:.2f}" y="{y}" width="{max(width, 2):.2f}" height="16">'
        f"<title>{escape(tip)}</title></rect>"
    )
