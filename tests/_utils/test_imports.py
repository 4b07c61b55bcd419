import math

import pytest

from skmer._utils._imports import import_optional


def test_returns_the_module():
    assert import_optional("math", caller="this test") is math


def test_missing_package_names_the_caller_and_the_command():
    with pytest.raises(ImportError, match=r"^make_face_clips needs the package scikit-image: pip install "):
        import_optional("no_such_module.data", caller="make_face_clips", package="scikit-image", extra="demo")


def test_missing_package_names_the_extra():
    with pytest.raises(ImportError, match=r"pip install 'skmer\[demo\]'\. See "):
        import_optional("no_such_module", caller="this test", extra="demo")


def test_an_import_error_inside_the_package_stays_its_own(tmp_path, monkeypatch):
    (tmp_path / "broken_package_for_skmer.py").write_text("import missing_dependency_of_another\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="missing_dependency_of_another"):
        import_optional("broken_package_for_skmer", caller="this test")
