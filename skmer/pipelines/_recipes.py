"""Recipes of published methods: steps, choices with their sources, and the grid of the search."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sklearn.base import clone
from sklearn.pipeline import Pipeline

PUBLISHED, RECONSTRUCTED = "published", "reconstructed"
STABILIZE = {"crop__stabilize": [False, True]}


class Choice(NamedTuple):
    """One choice of a method.

    Parameters
    ----------
    part : str
        Parameter of the pipeline, as ``set_params`` takes it, such as ``"patterns__radius_t"``; of a fact
        that is no parameter, a word or two.
    value : object
        Its value.
    source : str
        Where the value was read, or why it is ours.
    status : {"published", "reconstructed"}
        Whether paper or code of the authors have it, or we had to choose.
    only : str, default=None
        Data set or input that the row is for; it takes the place of a row for all.
    """

    part: str
    value: Any
    source: str
    status: str = PUBLISHED
    only: str | None = None


class Step(NamedTuple):
    """One step of a pipeline: what makes it, and the inputs that it is there for.

    Parameters
    ----------
    make : callable
        Class or function; called without arguments.
    inputs : tuple of str, default=()
        Inputs that have this step; none named means all.
    """

    make: Callable[[], Any]
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A published method as data.

    Parameters
    ----------
    steps : dict of str to Step
        In order.
    choices : tuple of Choice
        Every parameter that is not to move with a default; later rows of a part take the place of earlier
        ones.
    inputs : tuple of str
        What the pipeline may take: "sequences", "frames" or "maps"; the published one first.
    facts : tuple of Choice
        What is known and is no parameter, such as the clips of the published figure.
    grid : dict of str to list
        Parameters of the search inside the training subjects.
    seeded : str, default=None
        Step with a ``random_state``.
    """

    steps: Mapping[str, Step]
    choices: tuple[Choice, ...]
    inputs: tuple[str, ...] = ("sequences", "frames")
    facts: tuple[Choice, ...] = ()
    grid: Mapping[str, list] = field(default_factory=dict)
    seeded: str | None = None

    def chosen(self, dataset: str, given: str) -> list[Choice]:
        """Return the choices for a data set and an input, one a part, in order."""
        parts: dict[str, Choice] = {}
        for choice in self.choices:
            step = self.steps[choice.part.partition("__")[0]]
            there = not step.inputs or given in step.inputs
            if there and choice.only in (None, dataset, given):
                parts[choice.part] = choice
        return list(parts.values())

    def candidates(self, given: str) -> dict[str, list]:
        """Return the grid of the search for an input: without what it lacks or leaves no choice in."""
        there = {name for name, step in self.steps.items() if not step.inputs or given in step.inputs}
        fixed = {choice.part for choice in self.choices if choice.only == given}
        return {
            part: list(values)
            for part, values in self.grid.items()
            if part.partition("__")[0] in there and part not in fixed
        }

    def kinds(self, given: str) -> list[tuple[str, type]]:
        """Return names and types of the steps for an input."""
        return [(name, type(step)) for name, step in self._steps(given)]

    def _steps(self, given: str) -> list[tuple[str, Any]]:
        return [(name, s.make()) for name, s in self.steps.items() if not s.inputs or given in s.inputs]

    def pipeline(self, dataset: str, given: str) -> Pipeline:
        """Return the steps for an input with the choices for a data set."""
        # Of callbacks each pipeline has its own.
        values = {c.part: clone(c.value, safe=False) for c in self.chosen(dataset, given)}
        return Pipeline(self._steps(given)).set_params(**values)
