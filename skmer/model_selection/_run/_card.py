"""Run card of a result: versions, parameters, seeds, sizes and hardware."""

import math
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from sklearn.base import BaseEstimator

_PACKAGES = ("skmer", "numpy", "scipy", "scikit-learn", "torch", "skorch", "pandas", "opencv-python-headless")
_DLIB = ("dlib-bin", "dlib")


def run_card(estimator, seeds, table, fingerprint, seconds, protocol="leave-one-subject-out") -> dict:
    """Return what it takes to run it again: versions, parameters, seeds, sizes, fingerprint, hardware."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "protocol": protocol,
        "estimator": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "seeds": [plain(seed) for seed in seeds],
        "n_clips": len(table) // len(seeds),
        "n_folds": int(table["fold" if "fold" in table else "subject"].nunique()),
        "fingerprint": plain(fingerprint),
        "seconds": round(seconds, 1),
        "versions": versions(),
        "hardware": _hardware(),
    }


def _parameters(estimator):
    """Return parameters by name, without those of skorch's own callbacks."""
    chosen = {name: value for name, value in estimator.get_params().items() if "callbacks__" not in name}
    return {name: plain(value) for name, value in sorted(chosen.items())}


def plain(value):
    """Return a value as JSON holds it: its own types as they are, all else as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    anonymous = isinstance(value, BaseEstimator) or type(value).__repr__ is object.__repr__
    return type(value).__name__ if anonymous else str(value)


def versions() -> dict:
    """Return the versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for name in (*_PACKAGES, *_DLIB):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hardware():
    found = {
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "n_cores": os.cpu_count(),
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
