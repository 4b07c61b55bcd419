import re

import pandas as pd
import pytest
import yaml
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer, NodeDisplacements
from skmer.model_selection import LOSOResult, evaluate_loso

TITLES = ["Data", "Protocol", "Scores", "Limits", "Licence", "How to load it", "What to cite"]


@pytest.fixture(scope="module")
def result():
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    pipe = make_pipeline(
        LandmarkGraphTransformer(),
        NodeDisplacements(),
        DummyClassifier(strategy="stratified", random_state=0),
    )
    return evaluate_loso(pipe, clips, verbose=0, audit="warn")


def metadata(card):
    return yaml.safe_load(card.split("---\n")[1])


def test_metadata_is_what_a_hub_reads(result):
    found = metadata(result.model_card(licence="cc-by-nc-4.0"))
    assert found["library_name"] == "skmer" and found["license"] == "cc-by-nc-4.0"
    assert "synthetic-casme2" in found["tags"]
    (index,) = found["model-index"]
    (entry,) = index["results"]
    assert index["name"] == "DummyClassifier for micro-expressions"
    scores = {metric["name"]: metric["value"] for metric in entry["metrics"]}
    assert scores == {
        "accuracy, pooled": round(result.accuracy, 4),
        "UF1, pooled": round(result.uf1, 4),
        "UAR, pooled": round(result.uar, 4),
    }


def test_metadata_is_read_by_the_hubs_own_client(result):
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(result.model_card(name="Ours"))
    assert card.data.model_name == "Ours"
    assert {found.metric_name: found.metric_value for found in card.data.eval_results}[
        "UF1, pooled"
    ] == round(result.uf1, 4)


def test_sections_and_their_facts(result, tmp_path):
    card = result.model_card()
    assert result.model_card(tmp_path / "README.md") is None
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == card
    assert re.findall(r"^## (.+)$", card, re.M) == TITLES
    low, high = result.intervals()["uf1"]
    assert f"The interval of UF1 is {low:.3f} to {high:.3f}" in card
    assert f"| clips | {result.n_clips} |" in card
    assert f"{result.n_folds} folds" in card
    assert "300-W, whose terms exclude commercial use" in card
    assert "The clips are synthetic" in card
    assert "The audit for leaks found" in card
    assert "@inproceedings{kazemi2014" in card


def test_card_of_a_result_read_from_json_is_the_same(result, tmp_path):
    result.to_json(tmp_path / "result.json")
    assert LOSOResult.from_json(tmp_path / "result.json").model_card() == result.model_card()


def test_what_is_not_known_is_not_claimed():
    table = pd.DataFrame(
        {
            "clip": ["1", "2", "3"],
            "subject": ["lab/a", "lab/a", "lab/b"],
            "seed": 0,
            "truth": ["a", "b", "a"],
            "prediction": ["a", "b", "b"],
            "missing": False,
        }
    )
    card = LOSOResult(table, ["a", "b"]).model_card()
    assert "licence of the model is not stated" in card and "license" not in metadata(card)
    assert "audit for leaks was not run" in card
    assert "300-W" not in card and "synthetic" not in card
    assert "Fewer than ten clips stand behind a, b." in card
