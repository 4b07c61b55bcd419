import pickle

import numpy as np
import pytest

from skmer._utils._store import ArrayCache
from skmer.frames import DerivedSequence, check_sequences, derive_sequences, read_sequence, sequence_digest

CLIPS = [np.full((length, 4, 5), 10 * length, dtype=np.uint8) for length in (4, 6, 5)]


class Doubled:
    """Twice the grey level; counts what it computes."""

    computed = 0

    def key(self, row, clip):
        return sequence_digest(row, clip)

    def compute(self, row, clip):
        Doubled.computed += 1
        return 2 * row


@pytest.fixture(autouse=True)
def count():
    Doubled.computed = 0


def test_images_stand_in_the_cache(tmp_path):
    derived = derive_sequences(Doubled(), CLIPS, memory=tmp_path)
    assert [len(sequence) for sequence in derived] == [4, 6, 5] and Doubled.computed == 3
    assert all(isinstance(sequence, DerivedSequence) for sequence in derived)
    assert int(derived[1][-1][0, 0]) == 120 and len(derived[1][2:4]) == 2
    assert [int(frame[0, 0]) for frame in derived[0]] == [80] * 4
    assert np.asarray(derived[2]).shape == (5, 4, 5) and np.asarray(derived[2], dtype=float).dtype == float
    derive_sequences(Doubled(), CLIPS, memory=tmp_path)
    assert Doubled.computed == 3


def test_they_pass_through_checks_digests_and_pickle(tmp_path):
    derived = derive_sequences(Doubled(), CLIPS, memory=tmp_path)
    checked = check_sequences(derived)
    assert all(a is b for a, b in zip(checked, derived, strict=True))
    sent = pickle.loads(pickle.dumps(derived[0]))
    assert sequence_digest(sent) == sequence_digest(derived[0]) != sequence_digest(derived[1])
    assert read_sequence(sent)[3][0, 0] == 80 and Doubled.computed == 3
    assert len(pickle.dumps(derived[0])) < CLIPS[0].nbytes + 1500


def test_what_left_the_cache_is_computed_anew(tmp_path):
    cache = ArrayCache(tmp_path, max_bytes=0)
    derived = derive_sequences(Doubled(), CLIPS, memory=cache)
    assert not list(tmp_path.rglob("*.npy"))
    assert np.array_equal(np.asarray(derived[1]), 2 * CLIPS[1]) and Doubled.computed == 4


def test_without_a_cache_they_are_arrays():
    derived = derive_sequences(Doubled(), CLIPS, memory=None)
    assert [type(images) for images in derived] == [np.ndarray] * 3
    assert np.array_equal(derived[1], 2 * CLIPS[1])
