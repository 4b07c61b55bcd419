import ast
import warnings
from email.message import Message
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

import skmer
from skmer._utils import _messages
from skmer._utils._messages import see_page, warn_user

DOCS = Path(__file__).parents[2] / "docs"


# As if it lay deep inside the package, and were called by scikit-learn.
SOURCE = """
class Estimator(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self._low(X)

    def _low(self, X):
        warn_user("low", RuntimeWarning)
        return X
"""


@pytest.fixture
def estimator():
    names = {"__name__": "skmer.inside", "warn_user": warn_user}
    names |= {"BaseEstimator": BaseEstimator, "TransformerMixin": TransformerMixin}
    exec(SOURCE, names)
    return names["Estimator"]()


@pytest.mark.parametrize("call", ["transform", "fit_transform", "pipeline"])
def test_a_warning_points_at_the_first_line_outside_of_package_and_scikit_learn(estimator, call):
    with pytest.warns(RuntimeWarning, match="low") as caught:
        if call == "pipeline":
            make_pipeline("passthrough", estimator).fit_transform([[1.0]])
        else:
            getattr(estimator, call)([[1.0]])
    assert caught[0].filename == __file__


def test_the_category_is_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        with pytest.raises(FutureWarning, match="moved"):
            warn_user("moved", FutureWarning)


@pytest.fixture
def address(monkeypatch):
    """Function that sets the address of the site in the package's metadata."""

    def fill_in(entry):
        message = Message()
        if entry:
            message["Project-URL"] = f"Documentation, {entry}"
        monkeypatch.setattr(_messages, "metadata", lambda name: message)
        _messages.site.cache_clear()

    yield fill_in
    _messages.site.cache_clear()


def test_a_page_has_the_address_that_is_filled_in(address):
    address("https://example.org/stable/")
    assert see_page("install") == "See https://example.org/stable/install.html"
    address("")
    assert see_page("install") == 'See the documentation\'s page "install".'


def named_pages():
    """Pages that messages of the package name, with the modules that do."""
    for path in sorted(Path(skmer.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "see_page":
                yield ast.literal_eval(node.args[0]), path.name


def test_every_page_that_a_message_names_is_there():
    named = set(named_pages())
    pages = {page for page, _ in named}
    assert {"install", "datasets", "landmarks", "protocols", "distributed", "how-it-works"} <= pages
    assert not {(page, module) for page, module in named if not (DOCS / f"{page}.md").is_file()}
