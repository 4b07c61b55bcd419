"""Sequences and times of a container of clips: checks, digest, and the files between two keyframes."""

from pathlib import Path

import numpy as np
import pandas as pd

from skmer.frames import (
    KEYFRAMES,
    FrameSequence,
    check_sequences,
    holds_landmarks,
    is_path,
    numbered_images,
    sequence_digest,
    trailing_number,
)


def check_clip_sequences(sequences, frames):
    """Validate the sequences of a container: an entry for each clip, of the kind of its keyframes.

    Parameters
    ----------
    sequences : array-like of shape (n_clips,) or None
        Sequences in any form that `check_sequences` accepts, None where a clip has none.
    frames : ndarray
        Keyframes, checked.

    Returns
    -------
    ndarray of shape (n_clips,), object
    """
    if sequences is None or not len(frames):
        return np.full(len(frames), None, dtype=object)
    checked = check_sequences(sequences, allow_missing=True)
    if len(checked) != len(frames):
        raise ValueError(
            f"sequences must have one entry for each of the {len(frames)} clips, got {len(checked)}; mark a "
            "clip without one by None."
        )
    if any(entry is not None for entry in checked) and holds_landmarks(checked) != holds_landmarks(frames):
        kinds = ["images or paths", "landmarks"]
        raise ValueError(
            f"sequences must hold {kinds[holds_landmarks(frames)]} as frames do, got "
            f"{kinds[holds_landmarks(checked)]}."
        )
    return checked


def check_times(times, sequences):
    """Validate the times of a container: for each clip one time a frame of its sequence, in s, ascending.

    Parameters
    ----------
    times : array-like of shape (n_clips,) or None
        An array of times for each clip, or None.
    sequences : ndarray of shape (n_clips,), object
        Sequences, checked.

    Returns
    -------
    ndarray of shape (n_clips,), object
    """
    checked = np.full(len(sequences), None, dtype=object)
    if times is None:
        return checked
    if len(times) != len(sequences):
        raise ValueError(
            f"times must have one entry for each of the {len(sequences)} clips, got {len(times)}."
        )
    for clip, (entry, sequence) in enumerate(zip(times, sequences, strict=True)):
        if entry is None:
            continue
        seconds = np.asarray(entry, dtype=np.float64)
        n_frames = 0 if sequence is None else len(sequence)
        if seconds.shape != (n_frames,) or not np.isfinite(seconds).all() or (np.diff(seconds) <= 0).any():
            raise ValueError(
                f"times of clip {clip} must be {n_frames} ascending numbers of seconds, one for each frame "
                f"of its sequence, got {seconds.size} of shape {seconds.shape}."
            )
        checked[clip] = seconds
    return checked


def sequences_identity(sequences):
    """Text that differs between other sequences: paths by their names, images by their content."""
    return repr([_identity(sequence) for sequence in sequences])


def _identity(sequence):
    if sequence is None or isinstance(sequence, FrameSequence):
        return sequence and sequence_digest(sequence)
    return [str(frame) if is_path(frame) else sequence_digest([frame]) for frame in sequence]


def describe_sequences(sequences):
    """One line on the sequences that there are; str, empty without any."""
    lengths = [len(sequence) for sequence in sequences if sequence is not None]
    if not lengths:
        return ""
    few = "" if len(lengths) == len(sequences) else f", {len(lengths)} of {len(sequences)} clips"
    if max(lengths) <= len(KEYFRAMES):
        return f"none beyond the keyframes{few}"
    return f"{min(lengths)} to {max(lengths)} frames{few}"


def folder_sequence(onset, offset):
    """Paths of the numbered images from onset to offset, in the folder that holds both; None without numbers.

    Parameters
    ----------
    onset, offset : str or path-like
        Files of the keyframes.

    Returns
    -------
    list of str or None
    """
    first, last, folder = trailing_number(onset), trailing_number(offset), Path(onset).parent
    if None in (first, last) or folder != Path(offset).parent or not folder.is_dir():
        return None
    paths = {number: str(path) for number, path in numbered_images(sorted(folder.iterdir()))}
    return between(paths, first, last)


def between(numbered, first, last):
    """Frames with numbers from first to last, both included, in their order; None if there are none."""
    if not numbered or first is None or last is None:
        return None
    return [str(numbered[number]) for number in sorted(numbered) if first <= number <= last] or None


def keyframe_positions(frames, sequences, table):
    """Find the keyframes of each clip in its sequence: by path, by the numbers in the table, or by content.

    Parameters
    ----------
    frames : ndarray of shape (n_clips, 3) or (n_clips, 3, 68, 2)
        Keyframes, checked.
    sequences : ndarray of shape (n_clips,), object
        Sequences, checked.
    table : DataFrame
        A row a clip, where there are some with the numbers of its keyframes.

    Returns
    -------
    ndarray of shape (n_clips, 3), int
        -1 where a clip has no sequence, or not this frame in it.
    """
    found = np.full((len(frames), 3), -1)
    numbered = set(KEYFRAMES) <= set(table)
    for clip, sequence in enumerate(sequences):
        if sequence is None:
            continue
        numbers = table.iloc[clip][list(KEYFRAMES)] if numbered else (None,) * 3
        found[clip] = _positions(frames[clip], sequence, pd.to_numeric(pd.Series(list(numbers))).to_numpy())
    return found


def _positions(frames, sequence, numbers):
    if is_path(sequence[0]):
        places = {str(path): k for k, path in reversed(list(enumerate(sequence)))}
        return [places.get(str(frame), -1) for frame in frames]
    if np.isfinite(numbers.astype(float)).all() and numbers[2] - numbers[0] + 1 == len(sequence):
        return [int(number - numbers[0]) for number in numbers]
    ends = (0, None, len(sequence) - 1)
    return [_place(frame, sequence, end) for frame, end in zip(frames, ends, strict=True)]


def _place(frame, sequence, guess):
    # A sequence starts at the onset and ends at the offset: others are looked at where that does not hold.
    order = range(len(sequence)) if guess is None else [guess, *range(len(sequence))]
    return next((k for k in order if np.array_equal(frame, sequence[k])), -1)
