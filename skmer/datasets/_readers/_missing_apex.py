"""An apex for clips whose sheet has none."""

import warnings

from skmer.datasets._readers._sheets import cell_text
from skmer.landmarks import find_apex


def found_apex(frames):
    """Search the files of a clip, onset to offset.

    Parameters
    ----------
    frames : list of path
        All frames in order.

    Returns
    -------
    position : int or None
        Of the apex among the frames; None if none was found.
    failure : str or None
        Why none was found. The want of dlib or its model, which concerns every clip, draws a warning too.
    """
    try:
        return find_apex(frames, memory="auto"), None
    except (OSError, ImportError) as error:
        warnings.warn(f"missing_apex='find' finds no apex: {error}", stacklevel=8)
        return None, str(error).rstrip(".")
    except ValueError as error:
        return None, str(error).rstrip(".")


def apex_reason(row, failure):
    """What the table of corrections says of an apex that is not the sheet's; str."""
    was = cell_text(row["cells"]["apex"])
    if row["apex_source"] == "found":
        return f"no apex frame ({was!r}): frame {row['apex']} found, which has moved most since the onset"
    instead = f"the middle frame {row['apex']} taken"
    if failure:
        return f"no apex frame ({was!r}), and none found ({failure}): {instead}"
    return f"no apex frame ({was!r}): {instead}"
