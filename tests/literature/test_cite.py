import re
import subprocess
import sys

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

import skmer
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import MicroExpressionClips, make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.literature import _cite, cite, published_results
from skmer.magnification import MotionMagnifier
from skmer.model_selection import LOSOResult, evaluate_loso
from skmer.pipelines import COMPARISON_DATASETS, COMPARISON_METHODS, comparison_pipeline

ENTRY = re.compile(r"^@(\w+)\{([\w-]+),\n((?:  \w+ = \{.+\},\n)+)\}$", re.M)


def keys(text):
    return [key for _, key, _ in ENTRY.findall(text)]


def test_every_entry_is_whole():
    for key, text in _cite._entries().items():
        ((_, found, fields),) = ENTRY.findall(text)
        assert found == key
        assert {"author", "title", "year"} <= set(re.findall(r"^  (\w+) =", fields, re.M))
        assert all(line.count("{") == line.count("}") for line in fields.splitlines())


def test_every_key_that_is_named_is_there():
    tables = [_cite._DATASETS, _cite._METHODS, *_cite._OF_PARAMETER.values()]
    named = {key for table in tables for key in table.values()}
    named |= {key for of_class in _cite._CLASSES.values() for key in of_class}
    assert named == set(_cite._entries())


def test_every_class_that_is_named_is_public():
    packages = ("classifiers", "feature_extraction", "landmarks", "spotting")
    public = {name for package in packages for name in getattr(skmer, package).__all__}
    assert set(_cite._CLASSES) <= public


@pytest.mark.parametrize("name", [*COMPARISON_DATASETS, *COMPARISON_METHODS, "casme_sq", "samm_lv"])
def test_every_data_set_and_method_by_name(name):
    assert keys(cite(name))[-1] == "skmer"
    assert len(keys(cite(name))) == 2


@pytest.mark.parametrize("name", COMPARISON_METHODS)
def test_a_pipeline_has_what_its_name_has(name):
    assert keys(cite(name))[0] in keys(cite(comparison_pipeline(name)))


def test_dois_are_those_of_the_published_figures():
    """Two tables hold the sources of methods; a slip in one shows in the other."""
    sources = published_results().drop_duplicates("source")
    known = set(re.findall(r"10\.\d+/[\w.-]+", " ".join(sources["identifier"])))
    ours = set(re.findall(r"doi = \{(.+?)\}", "".join(_cite._entries().values())))
    assert len(known & ours) >= 6


def test_package_alone():
    assert keys(cite()) == ["skmer"]
    assert f"version = {{{skmer.__version__}}}" in cite()


def test_pipeline_with_ensemble_and_landmarks():
    pipe = make_pipeline(LandmarkGraphTransformer(), SeedEnsemble(DeReGRLClassifier()))
    assert set(keys(cite(pipe))) == {"wei2023", "lakshminarayanan2017", "kazemi2014", "kroeger2016", "skmer"}


@pytest.mark.parametrize(
    ("method", "key"), [("eulerian", "wu2012"), ("phase", "wadhwa2013"), ("magnet", "oh2018")]
)
def test_a_parameter_says_which_method(method, key):
    assert keys(cite(MotionMagnifier(method=method))) == [key, "skmer"]


def test_clips_of_two_sets():
    landmarks = make_landmark_clips(n_subjects=2, n_clips=8, random_state=0)
    names = {name: number for number, name in enumerate(np.unique(landmarks.groups))}
    groups = [("samm/006", "casme2/sub01")[names[group]] for group in landmarks.groups]
    clips = MicroExpressionClips(landmarks.frames, landmarks.target, groups)
    assert keys(cite(clips)) == ["yan2014", "davison2018", "skmer"]


def test_synthetic_clips_rest_on_the_package_alone():
    assert keys(cite(make_landmark_clips(n_subjects=2, n_clips=8, random_state=0))) == ["skmer"]


def test_a_result_names_its_method(tmp_path):
    clips = make_landmark_clips(n_subjects=3, n_clips=30, random_state=0)
    pipe = make_pipeline(LandmarkGraphTransformer(), DummyClassifier())
    result = evaluate_loso(pipe, clips, verbose=0)
    path = tmp_path / "result.json"
    result.to_json(path)
    assert keys(cite(LOSOResult.from_json(path))) == keys(cite(pipe))


def test_unknown_name_and_object():
    with pytest.raises(ValueError, match=r"what must be one of .*'casme2'"):
        cite("casme4")
    with pytest.raises(TypeError, match="what must be"):
        cite(3)


def test_citing_a_data_set_loads_no_torch():
    code = "import sys, skmer; skmer.cite('casme2'); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
