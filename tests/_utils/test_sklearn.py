import importlib
from email.message import Message

import pytest
from sklearn.base import BaseEstimator

from skmer._utils import _messages


@pytest.mark.parametrize("address", ["", "https://example.org/docs/stable/"])
def test_every_estimator_links_to_its_page(address, monkeypatch):
    entries = [f"Documentation, {address}"] if address else None
    message = Message()
    for entry in entries or []:
        message["Project-URL"] = entry
    monkeypatch.setattr(_messages, "metadata", lambda name: message)
    _messages.site.cache_clear()
    packages = (
        "classifiers",
        "feature_extraction",
        "landmarks",
        "magnification",
        "model_selection",
        "spotting",
    )
    public = [(p, getattr(importlib.import_module(f"skmer.{p}"), n)) for p in packages for n in import_all(p)]
    kinds = [(p, kind) for p, kind in public if isinstance(kind, type) and issubclass(kind, BaseEstimator)]
    assert len(kinds) > 30
    for package, kind in kinds:
        page = f"{address.rstrip('/')}/api/generated/skmer.{package}.{kind.__name__}.html"
        assert kind.__new__(kind)._get_doc_link() == (page if address else "")
    _messages.site.cache_clear()


def import_all(package):
    return importlib.import_module(f"skmer.{package}").__all__
