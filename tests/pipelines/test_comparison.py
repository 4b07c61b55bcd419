import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skmer.pipelines import (
    COMPARISON_METHODS,
    comparison_choices,
    comparison_grid,
    comparison_pipeline,
    comparison_table,
)
from skmer.pipelines._comparison import RECIPES
from skmer.pipelines._recipes import Choice, Recipe, Step

PAIRS = [(name, given) for name, inputs in COMPARISON_METHODS.items() for given in inputs]
ON_EACH_INPUT = pytest.mark.parametrize(("name", "given"), PAIRS)


@ON_EACH_INPUT
@pytest.mark.parametrize("dataset", ["casme2", "samm", "smic", "megc2019"])
def test_the_table_says_what_the_pipeline_does(name, given, dataset):
    pipeline = comparison_pipeline(name, dataset, input=given)
    params = pipeline.get_params()
    facts = {fact.part for fact in RECIPES[name].facts}
    table = comparison_table(name, dataset, input=given)
    assert set(table["name"]) == {name}
    assert set(table["status"]) <= {"published", "reconstructed"}
    assert table["source"].str.len().min() > 3
    assert table["part"].is_unique
    for part, text in table[["part", "value"]].itertuples(index=False):
        if part == "clf__callbacks":
            assert text == "rate: LRScheduler(policy='StepLR', step_size=10, gamma=0.5)"
        elif part not in facts:
            value = params[part]
            whole = value if isinstance(value, str) else getattr(value, "__name__", repr(value))
            assert text == whole or (len(text) == 60 and whole.startswith(text.removesuffix(" ...")))


@ON_EACH_INPUT
def test_each_step_has_a_row(name, given):
    pipeline, table = comparison_pipeline(name, input=given), comparison_table(name, input=given)
    assert set(pipeline.named_steps) <= {part.partition("__")[0] for part in table["part"]}


@ON_EACH_INPUT
def test_the_grid_is_one_of_the_pipeline(name, given):
    pipeline = comparison_pipeline(name, input=given)
    for part, values in comparison_grid(name, input=given).items():
        assert len(values) > 1
        for value in values:
            assert clone(pipeline).set_params(**{part: value}).get_params()[part] == value


def test_the_published_input_is_the_default():
    for name, inputs in COMPARISON_METHODS.items():
        default, first = comparison_pipeline(name), comparison_pipeline(name, input=inputs[0])
        assert comparison_choices(default) == comparison_choices(first)
        assert list(default.named_steps) == list(first.named_steps)


def test_the_whole_table_has_every_method():
    table = comparison_table()
    assert table.columns.tolist() == ["name", "part", "value", "source", "status"]
    assert table["name"].unique().tolist() == list(COMPARISON_METHODS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lbp"], r"name must be one of \['.*\], got 'lbp'"),
        (["bi-woof", "imagenet"], r"dataset must be one of \['casme2', .*\], got 'imagenet'"),
    ],
)
def test_names_that_there_are_not(arguments, message):
    for function in (comparison_pipeline, comparison_table):
        with pytest.raises(ValueError, match=message):
            function(*arguments)


def test_an_input_that_a_method_cannot_take():
    with pytest.raises(ValueError, match=r"input of bi-woof must be one of \['frames'\], got 'sequences'"):
        comparison_pipeline("bi-woof", input="sequences")


def test_a_later_row_takes_the_place_of_an_earlier_one():
    recipe = Recipe(
        steps={"frames_only": Step(SVC, ("frames",)), "clf": Step(SVC)},
        choices=(
            Choice("clf__C", 1.0, "paper"),
            Choice("clf__C", 2.0, "paper, Table 3", only="samm"),
            Choice("clf__kernel", "linear", "paper"),
            Choice("clf__kernel", "rbf", "ours", "reconstructed", only="frames"),
            Choice("frames_only__C", 3.0, "ours", "reconstructed"),
        ),
    )
    first, other = recipe.pipeline("casme2", "sequences"), recipe.pipeline("samm", "frames")
    assert list(first.named_steps) == ["clf"]
    assert (first["clf"].C, first["clf"].kernel) == (1.0, "linear")
    assert (other["clf"].C, other["clf"].kernel, other["frames_only"].C) == (2.0, "rbf", 3.0)
    assert [c.part for c in recipe.chosen("casme2", "sequences")] == ["clf__C", "clf__kernel"]
    assert [c.source for c in recipe.chosen("samm", "frames")] == ["paper, Table 3", "ours", "ours"]


def test_a_pipeline_can_be_cloned_and_is_its_own():
    first, second = comparison_pipeline("bi-woof"), comparison_pipeline("bi-woof")
    first["clf"].C = 77.0
    assert second["clf"].C != 77.0
    assert repr(clone(second)) == repr(second)


@ON_EACH_INPUT
def test_a_pipeline_knows_its_choices(name, given):
    pipeline = comparison_pipeline(name, "smic", input=given)
    rows = comparison_choices(pipeline)
    assert rows == comparison_table(name, "smic", input=given).to_dict("records")
    part = next(part for part in pipeline.get_params() if part in {row["part"] for row in rows})
    changed = comparison_choices(GridSearchCV(pipeline.set_params(**{part: 123}), {}))
    assert [row["part"] for row in changed if row["status"] == "changed"] == [part]
    assert next(row["value"] for row in changed if row["part"] == part) == "123"


def test_other_estimators_have_no_choices():
    assert comparison_choices(SVC()) == []
    assert comparison_choices(Pipeline([("clf", SVC())])) == []


def test_directions_of_the_gradients_are_the_18_neighbours_in_other_frames():
    directions = comparison_grid("lbp-sdg")["features__gradients__direction"]
    assert len(set(directions)) == 18
    assert all(abs(y) <= 1 and abs(x) <= 1 and abs(t) == 1 for y, x, t in directions)


def test_groups_of_ktgsl_are_the_blocks_of_the_features():
    pipeline = comparison_pipeline("ktgsl")
    names = pipeline["features"].get_feature_names_out()
    for group, part, size in (("groups_1", "patterns", 177), ("groups_2", "gradients", 3)):
        blocks = getattr(pipeline["clf"], group)
        assert len(blocks) == 25
        for k, columns in enumerate(blocks):
            assert len(columns) == size
            assert all(part in name and f"_block{k // 5}{k % 5}_" in name for name in names[columns])
