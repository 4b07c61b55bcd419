import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from skmer import pipelines
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.model_selection._methods._named_methods import TABLE_3, corpus_of, resolve_methods
from skmer.pipelines import BASELINES, COMPARISON_METHODS

LANDMARKS = make_landmark_clips(3, 12, random_state=0)
MAPS = np.zeros((12, 3, 28, 28), np.float32)
NODES = np.zeros((12, 3, 31, 2), np.float32)


def arrays(X):
    return corpus_of(X, LANDMARKS.target, LANDMARKS.groups)


def resolved(methods, corpus, **options):
    return resolve_methods(methods, corpus, "casme2", **{"baselines": False, **options})


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (LANDMARKS.frames, "landmarks"),
        (NODES, "nodes"),
        (NODES[:, None], "nodes"),
        (MAPS, "maps"),
        (np.zeros((12, 4)), "table"),
        (np.full((12, 3), "a.png", dtype=object), "pictures"),
    ],
    ids=["landmarks", "nodes", "views", "maps", "table", "paths"],
)
def test_what_frames_hold_is_seen(X, kind):
    assert arrays(X).kind == kind
    assert corpus_of((X, LANDMARKS.target, LANDMARKS.groups), None, None).kind == kind


@pytest.mark.parametrize(
    ("corpus", "first", "given"),
    [
        (corpus_of(LANDMARKS, None, None), "graph", "faces"),
        (arrays(NODES), "clf", "nodes"),
        (arrays(MAPS), "clf", "nodes"),
    ],
    ids=["landmarks", "nodes", "maps"],
)
def test_own_recipes_take_what_there_is(corpus, first, given):
    ensemble, single, paper = resolved(["dere-grl", "dere-grl-single", "paper"], corpus)
    assert [method.input for method in (ensemble, single, paper)] == [given] * 3
    assert isinstance(ensemble.estimator["clf"], SeedEnsemble)
    assert isinstance(single.estimator["clf"], DeReGRLClassifier)
    assert paper.estimator["clf"].loss_reduction == "sum"
    assert ensemble.estimator.steps[0][0] == first


def test_maps_are_given_to_baselines_as_maps_and_to_nodes_sampled():
    corpus = arrays(np.random.default_rng(0).normal(size=MAPS.shape).astype(np.float32))
    for method in resolved("baselines", corpus):
        assert method.input == ("clips" if method.name == "majority" else "maps")
    assert corpus.given("nodes").frames.shape == (12, 3, 31, 2)
    assert corpus.given("maps").frames.shape == MAPS.shape


def test_baselines_follow_unless_they_are_not_wanted_or_there_already():
    corpus = arrays(NODES)
    assert [m.name for m in resolved("dere-grl", corpus, baselines=True)] == ["dere-grl", *BASELINES]
    assert [m.name for m in resolved(["lda", "lda"], corpus, baselines=True)][:2] == ["lda", "majority"]
    assert [m.name for m in resolved(["lda"], corpus)] == ["lda"]


def test_estimators_stand_under_their_names():
    corpus = arrays(np.zeros((12, 4)))
    assert [m.name for m in resolved(SVC(), corpus, baselines=True)] == ["SVC"]
    assert [m.name for m in resolved({"a": SVC(), "b": SVC()}, corpus)] == ["a", "b"]
    assert [m.name for m in resolved([("a", SVC()), DummyClassifier()], corpus)] == ["a", "DummyClassifier"]
    with pytest.raises(ValueError, match="methods must have different names, got 'SVC' twice"):
        resolved([SVC(), SVC(C=2)], corpus)
    with pytest.raises(TypeError, match="methods must hold names, estimators and pairs"):
        resolved([3], corpus)


@pytest.mark.parametrize(
    "methods",
    [{"lda": SVC()}, [("lda", SVC()), ("lda", SVC(C=2))], ["lda", ("lda", SVC())], [("table3", SVC())]],
    ids=["alone", "twice", "beside the name", "a list's"],
)
def test_a_name_of_the_package_is_its_own_method(methods):
    with pytest.raises(ValueError, match=r"is a method of this package.* another name"):
        resolved(methods, arrays(NODES))


def test_published_methods_take_the_first_input_that_there_is(monkeypatch):
    made = []

    def comparison_pipeline(name, dataset, **options):
        made.append((name, dataset, options["input"]))
        return SVC()

    monkeypatch.setattr(pipelines, "COMPARISON_METHODS", {"a": ("sequences", "frames"), "b": ("maps",)})
    monkeypatch.setattr(pipelines, "comparison_pipeline", comparison_pipeline)
    faces = make_face_clips(2, 5, random_state=0, face_size=100)
    resolved(["a"], corpus_of(faces, None, None))
    resolved(["b"], arrays(MAPS))
    assert made == [("a", "casme2", "frames"), ("b", "casme2", "maps")]
    with pytest.raises(ValueError, match="a takes sequences or frames, and the clips hold maps"):
        resolved(["a"], arrays(MAPS))


def test_lists_leave_out_what_cannot_be_given_and_say_so():
    with pytest.warns(UserWarning, match="left out: the clips hold landmarks"):
        found = resolved("table3", corpus_of(LANDMARKS, None, None))
    assert [method.name for method in found] == ["lfm", "dere-grl"]
    assert TABLE_3[-1] == "dere-grl"
    with pytest.warns(UserWarning, match="left out"):
        names = {method.name for method in resolved("all", arrays(NODES))}
    assert {"dere-grl", "dere-grl-single", "recommended", "paper", *BASELINES} == names


def test_sequences_of_landmarks_are_no_pictures():
    clips = make_landmark_clips(n_subjects=2, n_clips=12, sequence=True, random_state=0)
    with pytest.warns(UserWarning, match="left out: the clips hold landmarks"):
        found = resolved("table3", corpus_of(clips, None, None))
    assert [method.name for method in found] == ["lfm", "dere-grl"]


def test_every_published_method_that_takes_pictures_is_there_by_name():
    faces = corpus_of(make_face_clips(2, 5, random_state=0, face_size=100), None, None)
    names = [name for name, inputs in COMPARISON_METHODS.items() if "frames" in inputs]
    assert [method.name for method in resolved(names, faces)] == names


def test_unknown_names_are_refused():
    with pytest.raises(
        ValueError, match=r"methods must be names of \['table3', .*\], or estimators, got 'lbp'"
    ):
        resolved("lbp", arrays(NODES))
    with pytest.raises(ValueError, match="dere-grl takes frames or nodes or maps, and the clips hold table"):
        resolved("dere-grl", arrays(np.zeros((12, 4))))
    with pytest.raises(TypeError, match="X must be clips where y and groups are not given, got ndarray"):
        corpus_of(NODES, None, None)
