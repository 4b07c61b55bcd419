"""The example of docs/tuning.md runs as it is printed, and its table of columns is true."""

import re
from pathlib import Path

from skmer.model_selection import LOSOResult

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")


def test_example():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names = {}
    exec(code, names)
    assert isinstance(names["result"], LOSOResult)
    assert len(names["result"].run_card["searches"]) == 6
    assert set(names["search"].best_params_) == set(names["grid"])
    found = {re.sub(r"\d+", "#", name) for name in names["search"].cv_results_}
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.M)
    told = {re.sub(r"<\w>", "#", name) for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert len(told) == 8
    assert told <= found
