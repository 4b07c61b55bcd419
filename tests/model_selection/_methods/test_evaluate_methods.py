import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skmer._utils._messages import warn_user
from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import concatenate_clips, make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import evaluate_loso, evaluate_methods
from skmer.model_selection._methods import _named_methods
from skmer.model_selection._methods._named_methods import Method
from skmer.pipelines import BASELINES, COMPARISON_DATASETS, baseline

NET = Pipeline(
    [("graph", LandmarkGraphTransformer()), ("clf", DeReGRLClassifier(max_epochs=3, random_state=0))]
)


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(5, 40, random_state=0)


def test_each_result_is_evaluate_loso_s(clips):
    found = evaluate_methods({"net": NET}, clips, verbose=0)
    assert list(found.results) == ["net", *BASELINES]
    expected = {"net": NET, "lda": baseline("lda", input="frames")}
    for name, estimator in expected.items():
        alone = evaluate_loso(estimator, clips, verbose=0, engine="batched")
        pd.testing.assert_frame_equal(found.results[name].predictions, alone.predictions)
        assert found.results[name].run_card["fingerprint"] == clips.fingerprint
    row = found.table.loc["lda"]
    assert (row["N"], row["folds"], row["UF1"]) == (40, 5, found.results["lda"].uf1)


@pytest.mark.parametrize(
    ("options", "folds"),
    [({"protocol": "group-k-fold", "n_folds": 2}, 2), ({"seeds": 2}, 5)],
    ids=["folds", "seeds"],
)
def test_all_methods_have_the_same_folds_and_seeds(clips, options, folds):
    found = evaluate_methods(["majority", "lda"], clips, baselines=False, verbose=0, **options)
    assert set(found.table["folds"]) == {folds}
    first, second = found.results.values()
    np.testing.assert_array_equal(first.folds, second.folds)
    assert first.seeds == second.seeds == ([0, 1] if "seeds" in options else [None])


def test_published_figures_stand_beside_ours(clips, monkeypatch):
    monkeypatch.setattr(_named_methods, "_own_pipeline", lambda *_: NET)
    found = evaluate_methods(NET, clips, dataset="casme2", verbose=0)
    assert found.table["published F1"].isna().all()
    own = evaluate_methods(["dere-grl", ("mine", DummyClassifier())], clips, verbose=0)
    row = own.table.loc["dere-grl"]
    assert (row["published accuracy"], row["published F1"], row["published N"]) == (0.8016, 0.796, 247)
    # The clips are made up, and every form of the table says so.
    assert row["published verdict"] == "other data: not comparable; unknown"
    assert "80.16% / 0.796 (N 247; other data: not comparable; unknown)" in repr(own)
    real = (clips.frames, clips.target, np.char.replace(clips.groups.astype(str), "synthetic-", ""))
    own = evaluate_methods(["dere-grl", ("mine", DummyClassifier())], *real, verbose=0)
    assert own.table.loc["dere-grl", "published verdict"] == "unknown"
    other = evaluate_methods("dere-grl", clips, dataset="samm", verbose=0)
    assert other.table.loc["dere-grl", "published N"] == 136
    # Three classes of the composite are no five classes of the set.
    three = clips.select(np.isin(clips.target, clips.class_names[:3]))
    assert evaluate_methods("dere-grl", three, verbose=0).published.loc["dere-grl"].isna().all()


@pytest.fixture
def guesses(monkeypatch):
    monkeypatch.setattr(_named_methods, "_named", lambda name, *_: Method(name, DummyClassifier(), "clips"))


def test_the_data_set_is_that_of_the_groups(guesses):
    samm = make_landmark_clips(3, 12, dataset="samm", random_state=0)
    found = evaluate_methods("dere-grl", samm, baselines=False, verbose=0)
    assert found.table.loc["dere-grl", "published N"] == 136
    names = np.where(np.isin(samm.target, ["happiness"]), "positive", "negative")
    both = (samm.frames, names, np.char.add(["casme2/", "samm/", "smic/"] * 4, samm.groups.astype(str)))
    found = evaluate_methods("ststnet", *both, baselines=False, verbose=0)
    assert found.published.loc["ststnet"].isna().all()  # two classes are not the composite's three


def test_the_composite_is_known_by_its_classes(guesses):
    clips = make_landmark_clips(3, 18, dataset="megc2019", random_state=0)
    groups = np.char.add(np.resize(["casme2/", "samm/"], 18), clips.groups.astype(str))
    data = clips.frames, clips.target, groups
    found = evaluate_methods("ststnet", *data, baselines=False, verbose=0)
    row = found.published.loc["ststnet"]
    assert (row["n_clips"], row["f1"], row["verdict"]) == (442, 0.7353, "last epoch")


def test_the_test_epoch_stands_beside_the_honest_figure_and_only_for_nets(clips):
    found = evaluate_methods([("net", NET), "lda"], clips, select="test-epoch", baselines=False, verbose=0)
    honest = evaluate_methods([("net", NET), "lda"], clips, baselines=False, verbose=0)
    pd.testing.assert_frame_equal(found.results["net"].predictions, honest.results["net"].predictions)
    assert list(found.test_epoch) == ["net"]
    table = found.table
    assert table.loc["net", "inflation (not comparable)"] == pytest.approx(
        found.test_epoch["net"].uf1 - honest.results["net"].uf1
    )
    assert table.loc["net", "UF1"] == honest.table.loc["net", "UF1"]
    assert np.isnan(table.loc["lda", "UF1 at the test epoch (not comparable)"])
    assert not [name for name in honest.table if "not comparable" in name]


def test_finished_folds_are_kept_by_method(clips, tmp_path):
    methods = [("a net", NET), "lda"]
    found = evaluate_methods(methods, clips, checkpoint=tmp_path, baselines=False, verbose=0)
    parts = sorted(tmp_path.rglob("*.json"))
    assert len(parts) == 2 * (5 + 1)
    stamps = {path: path.stat().st_mtime_ns for path in parts}
    more = evaluate_methods([*methods, "majority"], clips, checkpoint=tmp_path, baselines=False, verbose=0)
    assert {path: path.stat().st_mtime_ns for path in parts} == stamps
    pd.testing.assert_frame_equal(more.results["a net"].predictions, found.results["a net"].predictions)
    assert more.table.loc["a net", "seconds"] == found.table.loc["a net", "seconds"]
    with pytest.raises(ValueError, match="a run with other data"):
        evaluate_methods("lda", clips.select(clips.target != "disgust"), checkpoint=tmp_path, verbose=0)


PROGRAM = """
from skmer.datasets import make_landmark_clips
from skmer.model_selection import evaluate_methods
clips = make_landmark_clips(5, 40, random_state=0)
evaluate_methods(["lda", "dere-grl-single"], clips, checkpoint={place!r}, verbose=0)
"""


def test_kill_9_loses_nothing_that_is_finished(clips, tmp_path):
    run = subprocess.Popen([sys.executable, "-c", PROGRAM.format(place=str(tmp_path))])
    deadline = time.monotonic() + 120
    while run.poll() is None and time.monotonic() < deadline:
        if len(list(tmp_path.glob("dere-grl-single/*.json"))) >= 2:
            break
        time.sleep(0.005)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    done = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    assert len(list((tmp_path / "lda").glob("*.json"))) == 6
    found = evaluate_methods(["lda", "dere-grl-single"], clips, checkpoint=tmp_path, verbose=0)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    whole = evaluate_methods(["dere-grl-single"], clips, baselines=False, verbose=0)
    pd.testing.assert_frame_equal(
        found.results["dere-grl-single"].predictions, whole.results["dere-grl-single"].predictions
    )


def test_arrays_of_ones_own(make_data):
    X, y, groups = make_data()
    found = evaluate_methods({"svm": SVC()}, X, y, groups, verbose=0)
    assert list(found.results) == ["svm"]
    assert found.results["svm"].uf1 == evaluate_loso(SVC(), X, y, groups, verbose=0).uf1


@pytest.mark.parametrize("take", [iter, dict.keys, dict.items], ids=["iterator", "keys", "items"])
def test_methods_in_turn(clips, take):
    names = ["a", "b"] if take is dict.items else ["majority", "lda"]
    methods = dict.fromkeys(names, DummyClassifier())
    found = evaluate_methods(take(methods), clips, baselines=False, verbose=0)
    assert list(found.results) == list(methods)
    with pytest.raises(ValueError, match=r"methods must be .* a sequence of at least 1 items or an iterator"):
        evaluate_methods({"majority", "lda"}, clips)


def test_maps_end_to_end():
    clips = make_landmark_clips(4, 32, random_state=0)
    nodes = LandmarkGraphTransformer().fit_transform(clips.frames)
    maps = np.repeat(nodes[:, 1].transpose(0, 2, 1)[:, :, None], 31, axis=2)
    data = maps, clips.target, clips.groups
    found = evaluate_methods("baselines", *data, verbose=0)
    assert found.table.loc["lda", "UF1"] > found.table.loc["majority", "UF1"] + 0.1


def test_clips_that_are_guessed_are_told():
    rng = np.random.default_rng(0)
    maps, y, groups = rng.normal(size=(16, 3, 14, 14)), np.tile(["a", "b"], 8), np.repeat(list("stuv"), 4)
    maps[3, 0, 5, 5] = np.nan
    found = evaluate_methods("baselines", maps, y, groups, verbose=0)
    note = "no features in 1 clip, guessed as the commonest class by every method"
    assert note in repr(found) and note in found.to_markdown() and note in found._repr_html_()
    assert "no features in 1 clip, guessed as the commonest class" in repr(found.results["lda"])
    maps[3] = 0
    assert "no features" not in repr(evaluate_methods("lda", maps, y, groups, baselines=False, verbose=0))


def test_wrong_words_are_refused(clips):
    with pytest.raises(ValueError, match=r"select must be one of .*, got 'best'"):
        evaluate_methods("lda", clips, select="best")
    with pytest.raises(ValueError, match="n_folds is for protocol='group-k-fold', got 'loso'"):
        evaluate_methods("lda", clips, n_folds=3)


class Failing(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        warn_user("the light is poor")
        if self.constant is not None:
            raise self.constant
        return super().fit(X, y)


@pytest.mark.filterwarnings("always:the light is poor:UserWarning")
def test_a_warning_of_all_methods_comes_once(clips):
    methods = {"a": Failing(), "b": Failing()}
    with pytest.warns(UserWarning, match="the light is poor") as caught:
        evaluate_methods(methods, clips, baselines=False, verbose=0)
    assert [str(warning.message) for warning in caught] == ["the light is poor"]


@pytest.mark.filterwarnings("always:the light is poor:UserWarning")
def test_what_a_failing_method_warned_of_is_told(clips):
    failing = Failing(constant=ValueError("no hope"))
    with pytest.warns(UserWarning, match="the light is poor") as caught, pytest.raises(ValueError):
        evaluate_methods({"bad one": failing}, clips, baselines=False, verbose=0)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.filterwarnings("ignore:the light is poor:UserWarning")
def test_an_error_names_the_method(clips):
    methods = {"good": DummyClassifier(), "bad one": Failing(constant=ValueError("no hope"))}
    with pytest.raises(ValueError, match=r"^bad one: .*no hope"):
        evaluate_methods(methods, clips, baselines=False, verbose=0)
    methods["bad one"].constant = ZeroDivisionError("no hope")
    with pytest.raises(ZeroDivisionError) as caught:
        evaluate_methods(methods, clips, baselines=False, verbose=0)
    assert any("'bad one'" in note for note in caught.value.__notes__)


def test_the_majority_s_seconds_are_those_of_its_own_fits(clips):
    found = evaluate_methods(["majority"], clips, baselines=False, verbose=0)
    card = found.results["majority"].run_card
    assert found.table.loc["majority", "seconds"] == card["fit_seconds"] < 0.5


def test_a_set_of_ones_own_has_no_published_figure(clips):
    both = concatenate_clips([clips, make_landmark_clips(3, 12, dataset="samm", random_state=1)])
    found = evaluate_methods("majority", both, dataset="mine", baselines=False, verbose=0)
    assert found.published.loc["majority"].isna().all()


def test_a_set_of_one_s_own_has_no_published_figures():
    clips = make_landmark_clips(n_subjects=3, n_clips=24, random_state=0)
    own = clips.frames, clips.target, [name.replace("synthetic-casme2", "mine") for name in clips.groups]
    assert "mine" not in COMPARISON_DATASETS
    found = evaluate_methods("lda", own, baselines=False)
    assert found.results["lda"].n_clips == 24
    assert found.published.isna().to_numpy().all()
