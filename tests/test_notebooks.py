"""Notebooks are stored clean, stay short, and run."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
CODE_CELLS = 12


def named(paths):
    return [pytest.param(path, id=path.stem) for path in paths]


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", named(NOTEBOOKS))
def test_stored_without_outputs(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    assert not any(cell.outputs or cell.execution_count for cell in code_cells(path))


@pytest.mark.parametrize("path", named(NOTEBOOKS))
def test_at_most_a_dozen_code_cells(path):
    assert len(code_cells(path)) <= CODE_CELLS


@pytest.mark.parametrize("path", named(NOTEBOOKS))
def test_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute(env=environment)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
