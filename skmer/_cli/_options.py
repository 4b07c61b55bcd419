"""Names and groups of options of the command line; imports nothing heavy, so that ``--help`` is quick."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

REAL = ("casme", "casme2", "samm", "smic", "casme3", "casme3-c", "mmew", "4dme", "dfme")
FLOW_MAPS = "flow-maps"
"""Folder of flow maps as public repositories distribute them, for tables of methods alone."""

SYNTHETIC = {"synthetic": "casme2", "synthetic-casme2": "casme2", "synthetic-samm": "samm"}
"""Synthetic corpora, and the data set that each resembles."""

PUBLISHED: tuple[str, ...] = ("lbp-top", "lbp-fip", "lbp-sdg", "ktgsl", "higo", "bi-woof", "mdmo", "ststnet")
PUBLISHED += ("off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet", "dssn", "learnet", "lfm", "lgccon")
PUBLISHED += ("g-tcn",)
"""Methods of others, by their names in `skmer.pipelines.comparison_pipeline`."""

METHODS = ("dere-grl", "recommended", "paper", "rbf-svm", "linear-svm", "lda", *PUBLISHED)
OF_TABLES = (*METHODS, "dere-grl-single", "majority", "table3", "baselines", "all")
NETS = ("dere-grl", "paper")
"""Methods whose fits are trained together."""

PROTOCOLS = ("loso", "megc2019", "cross-dataset", "nested-loso", "group-k-fold")
_OF_READERS = ("frames", "corrections", "missing_apex", "on_missing", "classes", "labels")


@dataclass(frozen=True)
class Source:
    """Clips of a run: data sets by name, folders and sheets of those that are read, size of those made.

    `reader` holds the options of the readers that were given, so that each reader keeps its own defaults.
    """

    names: list[str]
    roots: list[Path] = field(default_factory=list)
    annotations: list[Path] = field(default_factory=list)
    n_subjects: int | None = None
    n_clips: int | None = None
    reader: dict = field(default_factory=dict)

    @classmethod
    def take(cls, options, names):
        """Take the group's options out of those of a command."""
        given = {name: options.pop(name, None) for name in _OF_READERS}
        return cls(
            names,
            options.pop("root"),
            options.pop("annotations") or [],
            options.pop("n_subjects"),
            options.pop("n_clips"),
            {name: value for name, value in given.items() if value is not None},
        )


@dataclass(frozen=True)
class Model:
    """Settings of a method other than its own: epochs of a network, weights of the learned magnification."""

    epochs: int | None = None
    magnet_weights: Path | None = None

    @classmethod
    def take(cls, options):
        """Take the group's options out of those of a command."""
        return cls(options.pop("epochs"), options.pop("magnet_weights"))


@dataclass(frozen=True)
class Protocol:
    """Protocol by name; sets of "cross-dataset", folds of "group-k-fold", and of a nested search."""

    name: str = "loso"
    train_on: list[str] | None = None
    test_on: list[str] | None = None
    inner_folds: int | None = None
    n_folds: int | None = None

    @classmethod
    def take(cls, options):
        """Take the group's options out of those of a command."""
        names = ("train_on", "test_on", "inner_folds", "n_folds")
        return cls(options.pop("protocol"), **{name: options.pop(name) for name in names})


@dataclass(frozen=True)
class Run:
    """Folder that a run writes to, its seeds and processes, and the fate of finished folds found there."""

    output: Path
    seeds: int = 1
    n_jobs: int = -1
    resume: bool = False
    overwrite: bool = False

    @classmethod
    def take(cls, options):
        """Take the group's options out of those of a command."""
        return cls(**{name: options.pop(name) for name in cls.__dataclass_fields__})

    def prepare(self):
        """Return the folder of the finished folds; ValueError if it holds some that are not to be used."""
        folds = self.output / "folds"
        if self.overwrite:
            for name in ("folds", "baselines"):
                shutil.rmtree(self.output / name, ignore_errors=True)
        if not self.resume and folds.exists() and any(folds.rglob("*.json")):
            raise ValueError(
                f"{folds} holds finished folds; go on from them with --resume, delete them with --overwrite, "
                "or name another --output."
            )
        return folds
