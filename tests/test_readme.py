"""The README's example runs as it is printed."""

import re
from pathlib import Path

import pytest

from skmer.model_selection import LOSOResult

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_example(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(code, names)
    result = names["result"]
    assert isinstance(result, LOSOResult)
    assert result.n_clips == len(names["clips"])
    assert result.uf1 > result.baseline.uf1
    assert capsys.readouterr().out.strip() == str(result).strip()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()
