"""The page as text: whole in itself, escaped, with the result's numbers and every clip."""

import base64
import io
import re
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.datasets import MicroExpressionClips, make_landmark_clips
from skmer.inspection import write_report
from skmer.model_selection import LOSOResult, evaluate_loso


class Page(HTMLParser):
    """Elements by tag with their attributes, and the text of the page."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag, **attributes):
        wanted = attributes.items()
        return [have for name, have in self.elements if name == tag and wanted <= have.items()]

    def cards(self):
        return [have for have in self.all("li") if have.get("class", "").startswith("clip ")]

    @property
    def text(self):
        return "".join(self.words)


@pytest.fixture
def page(tmp_path):
    def write(result, *args, **options):
        return Page(result.to_html(tmp_path / "report.html", *args, **options))

    return write


@pytest.fixture(scope="module")
def landmark_clips():
    return make_landmark_clips(n_subjects=4, n_clips=24, random_state=0)


@pytest.fixture(scope="module")
def evaluated(landmark_clips):
    return evaluate_loso(DummyClassifier(strategy="stratified", random_state=0), landmark_clips, seeds=3)


def image_clips(result, shape=(90, 120), seed=0):
    """Images for a result's clips, a bright square in each at its own place."""
    rng = np.random.default_rng(seed)
    frames = np.empty((result.n_clips, 3), object)
    for cell in np.ndindex(frames.shape):
        image = rng.integers(60, 80, (*shape, 3), dtype=np.uint8)
        image[30:60, 40:70] = 230
        frames[cell] = image
    table = pd.DataFrame({"clip": result.clips["clip"].astype(str)})
    return MicroExpressionClips(frames, result.truth, result.groups, table=table)


def pictures(page, alt):
    return [
        Image.open(io.BytesIO(base64.b64decode(image["src"].partition("base64,")[2])))
        for image in page.all("img", alt=alt)
    ]


def test_the_page_loads_nothing(page, evaluated, landmark_clips):
    written = page(evaluated, landmark_clips)
    addresses = [
        value for _, have in written.elements for name, value in have.items() if name in ("src", "srcset")
    ]
    assert addresses
    assert all(address.startswith("data:image/") for address in addresses)
    assert not written.all("link")
    assert all(link["href"].startswith("#") for link in written.all("a"))
    (policy,) = (meta["content"] for meta in written.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


def test_names_are_text_and_never_code(page, make_result):
    result = make_result(n_clips=12, n_subjects=2)
    evil = "\"><script>alert(1)</script>&'"
    table = result.predictions.replace({"lab/s0": f"lab/{evil}", "disgust": f"disgust{evil}"})
    table["clip"] = [f"{evil}{k}" for k in range(12)]
    card = {"estimator": evil, "parameters": {evil: evil}}
    written = page(
        LOSOResult(table, [f"disgust{evil}", *result.class_names[1:]], card), title=f"On {evil} $heading"
    )
    assert len(written.all("script")) == 1
    assert f"On {evil} $heading" in written.text
    assert f"lab/{evil}, {evil}0" in written.text
    assert not [have for _, have in written.elements if any(name.startswith("on") for name in have)]


def test_scores_stand_with_interval_and_baseline(page, evaluated):
    text = page(evaluated).text
    low, high = evaluated.intervals()["uf1"]
    for value in (evaluated.uf1, evaluated.accuracy, evaluated.uar, evaluated.baseline.uf1, low, high):
        assert f"{value:.3f}" in text
    assert "mean of folds (not comparable)" in text
    assert "24 clips, 4 folds, 5 classes, 3 seeds" in text
    for name, row in evaluated.per_class.iterrows():
        assert re.search(rf"{name}{row.n:.0f}.*{row.f1:.3f}", text)
    for name, row in evaluated.per_subject.iterrows():
        assert f"{name}{row.n_clips:.0f}{row.n_classes:.0f}{row.accuracy:.3f}" in text


def test_the_run_card_is_whole(page, evaluated):
    text = page(evaluated).text
    for name, value in evaluated.run_card["versions"].items():
        assert f"{name}{value}" in text
    assert "strategystratified" in text
    assert "seeds0, 1, 2" in text


def test_what_was_noted_fold_by_fold_is_a_table(page, make_result):
    result = make_result(n_clips=12)
    noted = {"best_params": {"C": 10}, "n_candidates": 3, "best_score_optimistic": 0.5}
    card = {"searches": [{"fold": f"lab/s{k}", **noted} for k in range(2)]}
    written = page(LOSOResult(result.predictions, result.class_names, card))
    assert "foldbest_paramsn_candidatesbest_score_optimistic" in written.text
    assert "lab/s1C 1030.5" in written.text


def test_a_log_of_others_without_run_card_and_numbers_as_classes(page, make_result):
    result = make_result()
    codes = {name: k for k, name in enumerate(result.class_names)}
    table = result.predictions.assign(
        truth=result.predictions["truth"].map(codes), prediction=result.predictions["prediction"].map(codes)
    )
    written = page(LOSOResult(table, [0, 1, 2]))
    assert "The result has no run card." in written.text
    assert len(written.cards()) == 60


def test_every_clip_has_a_card_with_what_the_filters_go_by(page, evaluated):
    cards = page(evaluated).cards()
    right = evaluated.runs == evaluated.truth
    subjects = sorted(set(evaluated.groups))
    for k, card in enumerate(cards):
        assert subjects[int(card["data-subject"])] == evaluated.groups[k]
        assert evaluated.class_names[int(card["data-truth"])] == evaluated.truth[k]
        predicted = {evaluated.class_names[int(i)] for i in card["data-predicted"].split()}
        assert predicted == set(evaluated.runs[:, k])
        share = right[:, k].mean()
        assert card["data-outcome"] == ("right" if share == 1 else "wrong" if share == 0 else "mixed")
    assert len(cards) == 24


def test_seeds_that_differ_are_counted(page, evaluated):
    text = page(evaluated).text
    right = (evaluated.runs == evaluated.truth).sum(axis=0)
    assert text.count("right with 1 of 3 seeds:") == (right == 1).sum()
    assert text.count("right with 2 of 3 seeds:") == (right == 2).sum()


def test_probabilities_are_those_of_the_predicted_class(page, landmark_clips):
    result = evaluate_loso(DummyClassifier(strategy="prior"), landmark_clips)
    columns = [name for name in result.predictions if name.startswith("probability_")]
    top = result.predictions[columns].max(axis=1)
    assert re.findall(r"probability (\d\.\d\d)", page(result).text) == [f"{value:.2f}" for value in top]


def test_images_become_small_pictures(page, make_result):
    result = make_result(n_clips=12)
    written = page(result, image_clips(result), frame_size=60)
    for alt in ("onset", "apex", "offset"):
        found = pictures(written, alt)
        assert len(found) == 12
        assert {(image.format, image.size) for image in found} == {("JPEG", (60, 45))}


def test_landmarks_crop_the_face(page, make_result):
    result = make_result(n_clips=12)
    landmarks = np.full((12, 3, 68, 2), (40.0, 30.0))
    landmarks[:, :, 1] = (70.0, 60.0)
    landmarks[0] = np.nan
    uncropped, face, *_ = pictures(page(result, image_clips(result), landmarks=landmarks), "apex")
    assert uncropped.size == (120, 90)
    assert face.size[0] == face.size[1] == 46  # 30 px and a quarter of it on either side
    assert np.asarray(face.convert("L"))[15:30, 15:30].mean() > 200


def test_landmarks_become_drawings_with_enlarged_motion(page, evaluated, landmark_clips):
    written = page(evaluated, landmark_clips)
    drawings = [
        base64.b64decode(written.all("img", alt=alt)[0]["src"].partition("base64,")[2]).decode()
        for alt in ("onset", "apex")
    ]
    assert all(drawing.count("<poly") == 9 for drawing in drawings)
    assert drawings[0] != drawings[1]
    assert "8 times enlarged" in written.text


def test_paths_are_read_and_what_cannot_be_read_is_named(page, make_result, tmp_path):
    result = make_result(n_clips=12)
    clips = image_clips(result)
    Image.fromarray(clips.frames[0, 0]).save(tmp_path / "a b.png")
    clips.frames[0] = [str(tmp_path / "a b.png"), "", str(tmp_path / "absent.png")]
    written = page(result, clips)
    assert (len(pictures(written, "onset")), len(pictures(written, "apex"))) == (12, 11)
    assert "no apex" in written.text
    assert "no offset" in written.text


def test_clips_are_found_by_name_in_any_order(page, make_result):
    result = make_result(n_clips=12)
    clips = image_clips(result)
    clips.frames[3, 1][:] = 250
    shuffled = clips.select(np.random.default_rng(0).permutation(12))
    bright = [np.asarray(image).mean() for image in pictures(page(result, shuffled), "apex")]
    assert np.argmax(bright) == 3


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda clips: clips.select(slice(1, None)), "every clip of the result, got none named"),
        (lambda clips: clips.select([0, 0, *range(1, 12)]), "each .* once"),
        (
            lambda clips: MicroExpressionClips(
                clips.frames, np.roll(clips.target, 1), clips.groups, table=clips.table
            ),
            "true classes",
        ),
    ],
    ids=["missing", "repeated", "other classes"],
)
def test_other_clips_are_refused(page, make_result, spoil, message):
    result = make_result(n_clips=12)
    with pytest.raises(ValueError, match=f"clips must .*{message}"):
        page(result, spoil(image_clips(result)))


def test_a_fitted_model_is_shown(page, evaluated, landmark_clips):
    classifier = DeReGRLClassifier(n_actions=2, max_epochs=2, batch_size=12, random_state=0)
    pipeline = Pipeline([("graph", LandmarkGraphTransformer()), ("clf", classifier)])
    pipeline.fit(landmark_clips.frames, landmark_clips.target)
    written = page(evaluated, landmark_clips, estimator=pipeline)
    assert "It made none of the predictions on this page." in written.text
    captions = ["Share of each landmark in each", "Weight of each action", "Loss terms by epoch"]
    assert all(caption in written.text for caption in captions)
    with pytest.raises(ValueError, match="clips must be given with estimator"):
        page(evaluated, estimator=pipeline)


def test_it_leaves_figures_and_style_alone(page, make_result):
    with mpl.rc_context({"text.color": "red", "font.size": 30}):
        first = page(make_result(), title="a").all("img")
        assert (mpl.rcParams["text.color"], mpl.rcParams["font.size"]) == ("red", 30)
    assert not plt.get_fignums()
    assert page(make_result(), title="a").all("img") == first


def test_250_clips_stay_a_small_page(make_result, tmp_path):
    result = make_result(n_clips=250, n_subjects=26)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (240, 320, 3), dtype=np.uint8)  # the worst that JPEG can meet
    frames = np.empty((250, 3), object)
    for cell in np.ndindex(frames.shape):
        frames[cell] = noise
    table = pd.DataFrame({"clip": result.clips["clip"].astype(str)})
    clips = MicroExpressionClips(frames, result.truth, result.groups, table=table)
    path = result.to_html(tmp_path / "report.html", clips)
    assert path.stat().st_size < 25e6


def test_the_method_of_a_result_is_the_function(tmp_path, make_result):
    result = make_result()
    pages = [result.to_html(tmp_path / "a.html"), write_report(result, tmp_path / "b.html")]
    assert pages[0].read_text() == pages[1].read_text()
