"""The methods that others have published, by name: pipelines, where each choice comes from, and grids."""

from inspect import signature

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from skmer._utils._arguments import SEED, TEXT, checked
from skmer.pipelines._handcrafted import RECIPES as HANDCRAFTED
from skmer.pipelines._networks import RECIPES as NETWORKS
from skmer.pipelines._recipes import Recipe

# A further family of methods is one more table here.
RECIPES: dict[str, Recipe] = {**HANDCRAFTED, **NETWORKS}
COMPARISON_METHODS = {name: recipe.inputs for name, recipe in RECIPES.items()}
"""Names of the published methods, and what each may take: ``"sequences"``, ``"frames"``, ``"maps"``; the
published input stands first."""

COMPARISON_DATASETS = ("casme2", "samm", "smic", "casme3", "mmew", "4dme", "dfme", "megc2019")
_LONGEST = 60  # characters of a value; lists of thousands of columns would fill pages
_COLUMNS = ["name", "part", "value", "source", "status"]


@checked(name=TEXT, dataset=TEXT, input=[str, None], random_state=SEED)
def comparison_pipeline(name, dataset="casme2", *, input=None, random_state=None):
    """Return a published method as a pipeline with the choices of its authors.

    Parameters
    ----------
    name : str
        One of `COMPARISON_METHODS`, such as ``"lbp-top"``.
    dataset : str, default="casme2"
        Data set whose published settings are taken where they differ.
    input : {"sequences", "frames", "maps"}, default=None
        What the pipeline is to take: ``clips.sequences``, the three keyframes in ``clips.frames``, or maps of
        flow. None takes the published input.
    random_state : int, RandomState instance or None, default=None
        Seed of a network; other methods draw no random numbers.

    Returns
    -------
    pipeline : Pipeline
        Named steps; `comparison_table` says where the value of each parameter comes from.

    Raises
    ------
    ValueError
        If a name is another one, or the method cannot take the input.

    Examples
    --------
    >>> from skmer.pipelines import comparison_pipeline
    >>> pipeline = comparison_pipeline("bi-woof", "casme2")
    >>> list(pipeline.named_steps), pipeline["clf"].kernel
    (['crop', 'flow', 'clf'], 'linear')
    """
    recipe, given = _check(name, dataset, input)
    pipeline = recipe.pipeline(dataset, given)
    if recipe.seeded is not None:
        pipeline.set_params(**{f"{recipe.seeded}__random_state": random_state})
    return pipeline


@checked(name=[str, None], dataset=TEXT, input=[str, None])
def comparison_table(name=None, dataset="casme2", *, input=None):
    """Return every choice of published methods, with its source.

    Parameters
    ----------
    name : str, default=None
        One of `COMPARISON_METHODS`; None takes all of them.
    dataset, input : object
        As in `comparison_pipeline`.

    Returns
    -------
    table : pandas.DataFrame
        Columns ``name``, ``part`` (a parameter of the pipeline, or a word for a fact that is none), ``value``
        as text, ``source``, and ``status``: "published" or "reconstructed".

    Raises
    ------
    ValueError
        As from `comparison_pipeline`.

    Examples
    --------
    >>> from skmer.pipelines import comparison_table
    >>> table = comparison_table("bi-woof")
    >>> table.loc[table["part"] == "flow__blocks", ["value", "status"]].to_numpy().tolist()
    [['(5, 5)', 'published']]
    """
    rows = []
    for each in RECIPES if name is None else [name]:
        recipe, given = _check(each, dataset, input)
        for choice in [*recipe.chosen(dataset, given), *recipe.facts]:
            rows.append([each, choice.part, _text(choice.value), choice.source, choice.status])
    return pd.DataFrame(rows, columns=_COLUMNS)


@checked(name=TEXT, input=[str, None])
def comparison_grid(name, *, input=None):
    """Return the grid of a published method for a search inside the training subjects.

    Parameters
    ----------
    name : str
        One of `COMPARISON_METHODS`.
    input : str, default=None
        As in `comparison_pipeline`. What an input leaves no choice in is not there, such as the radius in
        time of three keyframes.

    Returns
    -------
    grid : dict of str to list
        For ``GridSearchCV(pipeline, grid, cv=LeaveOneGroupOut())``: what the authors chose by the results of
        the test subjects, or did not say.

    Raises
    ------
    ValueError
        If `name` is another one, or the method cannot take the input.

    Examples
    --------
    >>> from skmer.pipelines import comparison_grid
    >>> list(comparison_grid("bi-woof"))
    ['clf__C', 'flow__flow', 'crop__stabilize']
    """
    recipe, given = _check(name, given=input)
    return recipe.candidates(given)


def comparison_choices(estimator):
    """Return the choices of a pipeline that is a published method, or was one before it was changed.

    Parameters
    ----------
    estimator : estimator
        Pipeline of `comparison_pipeline`, or a search over one.

    Returns
    -------
    choices : list of dict
        Rows of `comparison_table`, with the values that the pipeline has; where one differs from the
        recipe's, its ``status`` is "changed". Empty for any other estimator.

    Examples
    --------
    >>> from skmer.pipelines import comparison_choices, comparison_pipeline
    >>> pipeline = comparison_pipeline("bi-woof").set_params(clf__C=3.0)
    >>> [(row["part"], row["value"]) for row in comparison_choices(pipeline) if row["status"] == "changed"]
    [('clf__C', '3.0')]
    """
    while hasattr(estimator, "estimator"):
        estimator = estimator.estimator
    if not isinstance(estimator, Pipeline):
        return []
    params, kinds = estimator.get_params(), [(name, type(step)) for name, step in estimator.steps]
    found = [
        (name, recipe.chosen(dataset, given))
        for name, recipe in RECIPES.items()
        for given in recipe.inputs
        if recipe.kinds(given) == kinds
        for dataset in COMPARISON_DATASETS
    ]
    if not found:
        return []
    # Methods with the same steps are told apart by what they have in common with the pipeline.
    name, choices = max(found, key=lambda pair: sum(_has(params, c) for c in pair[1]))
    rows = [
        [name, c.part, _text(params.get(c.part)), c.source, c.status if _has(params, c) else "changed"]
        for c in choices
    ]
    rows += [[name, c.part, _text(c.value), c.source, c.status] for c in RECIPES[name].facts]
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _has(params, choice):
    # A network's dunder parameters are there only where they have been set.
    return choice.part in params and _plain(params[choice.part]) == _plain(choice.value)


def _plain(value):
    """Return a value in which objects with parameters, such as callbacks, are types and parameters."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return type(value), value.get_params(deep=False)
    return value


def _check(name, dataset="casme2", given=None):
    """Return the recipe of a name, and the input: the published one where none is given."""
    if name not in RECIPES:
        raise ValueError(f"name must be one of {list(RECIPES)}, got {name!r}.")
    if dataset not in COMPARISON_DATASETS:
        raise ValueError(f"dataset must be one of {list(COMPARISON_DATASETS)}, got {dataset!r}.")
    inputs = RECIPES[name].inputs
    if given is not None and given not in inputs:
        raise ValueError(f"input of {name} must be one of {list(inputs)}, got {given!r}.")
    return RECIPES[name], given or inputs[0]


def _text(value):
    if callable(value) and not isinstance(value, BaseEstimator):
        return value.__name__
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return ", ".join(f"{name}: {_callback_text(callback)}" for name, callback in value)
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _callback_text(callback):
    """Return a callback's type and its parameters that are no defaults."""
    defaults = {name: p.default for name, p in signature(type(callback)).parameters.items()}
    own = {name: value for name, value in callback.get_params().items() if defaults.get(name) != value}
    return f"{type(callback).__name__}({', '.join(f'{name}={value!r}' for name, value in own.items())})"
