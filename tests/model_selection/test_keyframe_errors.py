import matplotlib.pyplot as plt
import numpy as np
import pytest

from skmer.datasets import MicroExpressionClips, make_landmark_clips
from skmer.inspection import KeyframeErrorsDisplay
from skmer.model_selection import evaluate_loso, keyframe_errors
from skmer.pipelines import baseline

APEX, LAST = 6, 12


@pytest.fixture(scope="module")
def clips():
    """Landmarks that move straight to the apex and back, so that each frame of error costs a sixth of it."""
    made = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    rise = np.concatenate([np.linspace(0, 1, APEX + 1), np.linspace(1, 0, LAST - APEX + 1)[1:]])
    sequences = [onset + rise[:, None, None] * (apex - onset) for onset, apex, _ in made.frames]
    sequences[5] = None
    frames = [made.frames[k] if s is None else s[[0, APEX, LAST]] for k, s in enumerate(sequences)]
    return MicroExpressionClips(frames, made.target, made.groups, sequences=sequences)


@pytest.fixture(scope="module")
def pipe():
    return baseline("lda", input="frames")


@pytest.fixture(scope="module")
def table(clips, pipe):
    return keyframe_errors(pipe, clips, shifts=[1, 5], find=True, verbose=0)


@pytest.mark.filterwarnings("ignore:The class")
def test_first_row_is_leave_one_subject_out(table, clips, pipe):
    result = evaluate_loso(pipe, clips, verbose=0)
    first = table.iloc[0]
    assert first["keyframe"] == "as annotated"
    assert [first["accuracy"], first["uf1"], first["uar"]] == [result.accuracy, result.uf1, result.uar]
    assert (first["n_moved"], first["uf1_change"], first["low"], first["high"]) == (0, 0, 0, 0)


def test_rows(table):
    moved = table.iloc[1:-1]
    assert moved[["keyframe", "shift"]].to_numpy().tolist() == [
        *[["onset", 1], ["onset", 5]],
        *[["apex", -5], ["apex", -1], ["apex", 1], ["apex", 5]],
        *[["offset", -5], ["offset", -1]],
    ]
    assert (moved["n_moved"] == 59).all()
    assert np.allclose(table["uf1_change"], table["uf1"] - table["uf1"][0])
    assert ((table["low"] <= table["uf1_change"]) & (table["uf1_change"] <= table["high"]))[1:].mean() > 0.8


def test_a_late_onset_costs_what_it_hides(table):
    rows = table.set_index(["keyframe", "shift"])["uf1"]
    assert rows["onset", 5] < rows["as annotated", 0]


def test_the_apex_of_clean_sequences_is_found(table, clips):
    last = table.iloc[-1]
    assert (last["keyframe"], last["shift"]) == ("apex, found", 0)
    assert last["uf1"] == table["uf1"][0]


def test_no_keyframe_passes_its_neighbour(clips, pipe):
    far = keyframe_errors(pipe, clips, shifts=[100], verbose=0)
    near = keyframe_errors(pipe, clips, shifts=[APEX - 1], verbose=0)
    same = ["keyframe", "n_moved", "uf1"]
    assert far[same][:3].to_numpy().tolist() == near[same][:3].to_numpy().tolist()


def test_jobs_change_nothing(table, clips, pipe):
    again = keyframe_errors(pipe, clips, shifts=[1, 5], find=True, n_jobs=2, verbose=0)
    assert again.equals(table)


def test_clips_without_sequences(pipe):
    with pytest.raises(ValueError, match="clips must have sequences"):
        keyframe_errors(pipe, make_landmark_clips(n_subjects=2, n_clips=8, random_state=0))


def test_positions(clips):
    positions = clips.keyframe_positions()
    assert positions[5].tolist() == [-1, -1, -1]
    # The ways up and down hold the same frames: the first of them is taken, but at the ends.
    assert set(map(tuple, np.delete(positions, 5, axis=0).tolist())) == {(0, APEX, LAST)}


def test_display(table):
    display = KeyframeErrorsDisplay(table).plot()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["onset", "apex", "offset", "apex found by find_apex"]
    assert display.figure_ is display.ax_.figure
    plt.close(display.figure_)
    with pytest.raises(ValueError, match="without \\['high', 'low'"):
        KeyframeErrorsDisplay(table.drop(columns=["low", "high"]))
