import inspect

import numpy as np
import pytest
import torch

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_face_clips
from skmer.pipelines import ablation_pipelines, paper_pipeline
from skmer.pipelines._paper import PAPER


@pytest.mark.parametrize(("dataset", "width"), [("casme2", 16), ("samm", 8)])
def test_every_choice_of_the_paper(dataset, width):
    with pytest.warns(UserWarning, match="Lagrangian magnification takes the place"):
        pipe = paper_pipeline(dataset)
    magnify, graph, clf = (pipe[name] for name in ("magnify", "graph", "clf"))
    assert (magnify.method, magnify.alpha) == ("lagrangian", 3.0)
    assert (graph.features, graph.align) == ("coordinates", False)
    assert (graph.landmarker.tracking, graph.landmarker.n_boxes) == ("detect", 1)
    assert graph.landmarker.n_views > 1
    assert (clf.n_actions, clf.n_channels, clf.n_layers) == (3, width, 2)
    assert (clf.lambda_center, clf.lambda_weight, clf.lambda_balance) == (1, 1, 0.1)
    assert (clf.loss_reduction, clf.horizontal_flip, clf.noise, clf.class_weight) == ("sum", False, 0, None)
    assert (clf.optimizer, clf.max_epochs, clf.train_split) == (torch.optim.Adam, 200, None)
    assert (clf.centers, clf.balance, clf.batch_size, clf.schedule) == ("learned", "absolute", 32, None)
    assert (clf.lr, clf.weight_decay) == (1e-3, 1e-4)
    moved = {name: None for name in inspect.signature(DeReGRLClassifier).parameters if name in PAPER}
    # No default can move the paper; units and maps follow from the rows and the three weights.
    assert set(clf._module_params()) - {"n_channels", "unit_actions", "with_maps"} <= set(moved)
    assert {name for name in vars(clf) if name.startswith("lambda_")} <= set(moved)


def test_weights_of_magnet_are_used(tmp_path):
    magnify = paper_pipeline("casme2", tmp_path / "magnet.safetensors")["magnify"]
    assert (magnify.method, magnify.alpha) == ("magnet", 3.0)
    assert magnify.weights == tmp_path / "magnet.safetensors"


def test_the_rows_are_cut_out_of_the_whole():
    rows = ablation_pipelines(landmarks=True, random_state=0)
    whole = rows["+ ADM + RRM"]["clf"].get_params(deep=False)
    changed = {
        name: {k: v for k, v in pipe["clf"].get_params(deep=False).items() if v != whole[k]}
        for name, pipe in rows.items()
    }
    assert changed == {
        "backbone": {"decomposition": False, "reconstruction": False},
        "+ ADM": {"reconstruction": False},
        "+ ADM + RRM": {},
        "lambda1 = 0": {"lambda_center": 0},
        "lambda2 = 0": {"lambda_weight": 0},
        "lambda3 = 0": {"lambda_balance": 0},
    }


def test_rows_under_the_default_recipe():
    whole = ablation_pipelines(recipe="default", random_state=3)["+ ADM + RRM"]["clf"]
    assert whole.get_params(deep=False) == DeReGRLClassifier(random_state=3).get_params(deep=False)


def test_the_default_recipe_heeds_the_data_set():
    rows = ablation_pipelines("samm", recipe="default", n_views=3)
    assert (rows["backbone"]["clf"].n_channels, rows["backbone"]["graph"].landmarker.n_views) == (8, 3)
    with pytest.raises(ValueError, match="magnet_weights has no place in recipe='default'"):
        ablation_pipelines("samm", "weights.safetensors", recipe="default")
    with pytest.raises(ValueError, match="dataset must be one of"):
        ablation_pipelines("smic", recipe="default")


def test_every_row_trains_on_its_own_losses(clips):
    terms = {}
    for name, pipe in ablation_pipelines(landmarks=True, random_state=0).items():
        pipe.set_params(clf__max_epochs=2).fit(clips.frames, clips.target)
        last = pipe["clf"].history[-1]
        terms[name] = [last[f"train_{term}"] > 0 for term in ("cross_entropy", "center", "weight", "balance")]
        assert np.isfinite(pipe.predict_proba(clips.frames)).all()
    assert terms["backbone"] == [True, False, False, False]
    assert terms["+ ADM"] == [True, True, False, False]
    assert terms["+ ADM + RRM"] == [True, True, True, True]


def test_frames_go_through_magnification_detection_and_views():
    clips = make_face_clips(n_subjects=2, n_clips=10, random_state=0)
    with pytest.warns(UserWarning, match="Lagrangian"):
        pipe = paper_pipeline("samm", n_views=2).set_params(clf__max_epochs=1)
    pipe.fit(clips.frames, clips.target)
    assert pipe[:-1].transform(clips.frames).shape == (10, 2, 3, 31, 2)
    assert pipe.predict_proba(clips.frames).shape == (10, len(pipe.classes_))


def test_unknown_choices_are_refused():
    with pytest.raises(ValueError, match=r"dataset must be one of .* got 'smic'"):
        paper_pipeline("smic")
    with pytest.raises(ValueError, match=r"recipe must be one of .* got 'best'"):
        ablation_pipelines(recipe="best")
