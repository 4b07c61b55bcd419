"""The methods of others by the command line, on images written in the layout of CASME II."""

import pytest

from skmer._cli._evaluate_command import searched
from skmer._cli._options import PUBLISHED
from skmer._cli._parser import main
from skmer.datasets import load_casme2, make_face_clips
from skmer.model_selection import BatchedGridSearchCV, LOSOResult, named_method
from skmer.pipelines import COMPARISON_METHODS, comparison_grid


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Folder of 15 short clips of 3 subjects."""
    made = make_face_clips(3, 15, color=False, face_size=110, sequence=True, fps=60, random_state=0)
    folder = tmp_path_factory.mktemp("casme2")
    made.save(folder, layout="casme2")
    return folder


def words(corpus, method, output):
    start = ["evaluate", "--dataset", "casme2", "--root", str(corpus), "--classes", "all"]
    return [*start, "--method", method, "--audit", "off", "--n-jobs", "1", "--output", str(output)]


@pytest.mark.parametrize("method", ["lbp-top", "bi-woof"])
def test_a_method_is_evaluated_and_its_choices_are_on_the_run_card(corpus, tmp_path, method):
    assert main(words(corpus, method, tmp_path / "out")) == 0
    result = LOSOResult.from_json(tmp_path / "out" / "result.json")
    assert (result.n_clips, result.n_folds) == (15, 3)
    assert result.groups[0].startswith("casme2/")
    choices = result.run_card["choices"]
    assert {row["name"] for row in choices} == {method}
    assert {row["status"] for row in choices} == {"published", "reconstructed"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "reconstructed" in page and "crop__size" in page


def test_a_run_goes_on_and_gives_the_same(corpus, tmp_path):
    assert main(words(corpus, "bi-woof", tmp_path)) == 0
    before = (tmp_path / "predictions.csv").read_bytes()
    parts = sorted((tmp_path / "folds").rglob("*.json"))
    lost = next(part for part in parts if part.name != "run.json")
    lost.unlink()
    assert main([*words(corpus, "bi-woof", tmp_path), "--resume"]) == 0
    assert lost.exists()
    assert (tmp_path / "predictions.csv").read_bytes() == before


def test_keyframes_stand_for_sequences_that_are_not_there(corpus, alone):
    clips = load_casme2(corpus, classes="all")
    pipeline, data, given = named_method("lbp-top", clips)
    assert data is clips and given == "sequences"
    assert "interpolate" in pipeline.named_steps
    pipeline, data, given = named_method("lbp-top", alone)
    assert given == "frames"
    assert pipeline["patterns"].radius_t == 1
    assert data.sequences is alone.frames
    assert data.target is alone.target
    pipeline, data, _ = named_method("bi-woof", alone)
    assert data.frames is alone.frames


@pytest.fixture(scope="module")
def alone():
    """Keyframes without sequences."""
    return make_face_clips(2, 8, face_size=110, random_state=0)


def test_every_published_method_has_its_name():
    assert set(PUBLISHED) == set(COMPARISON_METHODS)


@pytest.mark.parametrize("method", PUBLISHED)
def test_each_name_is_a_method_with_a_grid(method, alone):
    pipeline, _, given = named_method(method, alone, max_epochs=7)
    assert getattr(pipeline["clf"], "max_epochs", 7) == 7 or not hasattr(pipeline["clf"], "module")
    search = searched(method, pipeline, inner_folds=2, given=given)
    assert isinstance(search, BatchedGridSearchCV)
    assert search.param_grid == comparison_grid(method, input="frames")
    assert set(search.param_grid) <= set(pipeline.get_params())


def test_landmarks_are_no_images(tmp_path, capsys):
    line = ["evaluate", "--dataset", "synthetic", "--method", "lbp-top", "--output", str(tmp_path / "out")]
    assert main([*line, "--n-subjects", "4", "--n-clips", "24"]) == 1
    assert "lbp-top takes sequences or frames, and the clips hold landmarks" in capsys.readouterr().err
