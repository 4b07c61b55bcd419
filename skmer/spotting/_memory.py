"""Memory of what was computed of a track, for as long as the track lives."""

from weakref import WeakKeyDictionary

_KEPT: WeakKeyDictionary = WeakKeyDictionary()


def remembered(track, key, compute):
    """Return a function of a track, computed once for each key.

    Folds of an evaluation fit on the same tracks again and again; a track is not changed once it is made.

    Parameters
    ----------
    track : FaceTrack
        The track.
    key : tuple
        Name and parameters of the computation.
    compute : callable
        Called without arguments.

    Returns
    -------
    object
    """
    known = _KEPT.setdefault(track, {})
    if key not in known:
        known[key] = compute()
    return known[key]


def forget(tracks):
    """Forget what is known of some tracks."""
    for track in tracks:
        _KEPT.pop(track, None)
