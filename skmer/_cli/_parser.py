"""Parser of the command line, and its exit codes."""

import argparse
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

from skmer import __version__
from skmer._cli._options import (
    FLOW_MAPS,
    METHODS,
    OF_TABLES,
    PROTOCOLS,
    REAL,
    SYNTHETIC,
    Model,
    Protocol,
    Run,
    Source,
)
from skmer._cli._video_commands import add_video_commands

OK, FAILED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


def main(arguments=None):
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : list of str, default=None
        Words after the program's name; None takes ``sys.argv``.

    Returns
    -------
    int
        0 done, 1 failed, 3 a copy that `check` finds incomplete, 130 interrupted, 143 terminated; wrong usage
        exits with 2.
    """
    options = vars(make_parser().parse_args(arguments))
    command = options.pop("command")
    try:
        with _terminable():
            code = command(**options)
    except KeyboardInterrupt:
        print("skmer: interrupted", file=sys.stderr)
        return INTERRUPTED
    except _Terminated:
        print("skmer: terminated", file=sys.stderr)
        return TERMINATED
    except (OSError, ValueError, ImportError) as error:
        print(f"skmer: error: {error}", file=sys.stderr)
        return FAILED
    return OK if code is None else code


class _Terminated(BaseException):
    """Raised where SIGTERM finds the program, so that it ends as by an interrupt."""


@contextmanager
def _terminable():
    """End the worker processes with the program on SIGTERM, which alone would leave them asleep."""

    def end(*_):
        raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not in the main thread, which alone gets signals
        yield
        return
    try:
        yield
    except _Terminated:
        # Only where it has been imported: there are no workers otherwise.
        loky = sys.modules.get("joblib.externals.loky")
        if loky is not None:
            loky.get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def make_parser():
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="skmer", description="Micro-expression recognition on facial landmark graphs."
    )
    parser.add_argument("--version", action="version", version=f"skmer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_evaluate(commands)
    _add_tables(commands)
    _add_corpus_commands(commands)
    _add_compare(commands)
    add_video_commands(commands, _add_reading)
    return parser


def _add_demo(commands):
    demo = commands.add_parser(
        "demo",
        help="the whole way on synthetic faces: files, landmarks, DeRe-GRL, one pooled result",
        description="Make face clips, write them as a corpus in the layout of CASME II, read it back, find "
        "landmarks, leave one subject out at a time, and write result.json and pictures.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    demo.add_argument("--output", type=Path, default=Path("demo-output"), help="folder to write to")
    demo.add_argument("--n-subjects", type=_at_least(2), default=12, help="subjects, each left out once")
    demo.add_argument("--n-clips", type=_at_least(2), default=120, help="clips of all subjects together")
    demo.add_argument("--n-jobs", type=int, default=-1, help="processes, -1 for one per core")
    demo.add_argument("--seed", type=int, default=0, help="of the faces and of the model")
    demo.set_defaults(command=_demo)


def _demo(**options):
    from skmer._cli._demo import run_demo

    run_demo(**options)


def _add_evaluate(commands):
    evaluate = commands.add_parser(
        "evaluate",
        help="one method on your copy of a data set, under one of the protocols",
        description="Read one data set or several, leave out a subject (or a set) at a time, and write "
        "result.json, predictions.csv, table.md, table.tex and the log of the challenges. Each finished fold "
        "is on disk at once: --resume goes on after an interruption of any kind.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    evaluate.add_argument(
        "--dataset", nargs="+", required=True, choices=(*REAL, *SYNTHETIC), help="which sets"
    )
    evaluate.add_argument("--method", default="dere-grl", choices=METHODS, help="which method")
    evaluate.add_argument("--protocol", default="loso", choices=PROTOCOLS, help="what is held out together")
    evaluate.add_argument("--train-on", nargs="+", help="data sets of cross-dataset, as the groups name them")
    evaluate.add_argument("--test-on", nargs="+", help="data sets of cross-dataset, as the groups name them")
    evaluate.add_argument("--inner-folds", type=_at_least(2), help="of nested-loso's search, instead of loso")
    evaluate.add_argument("--n-folds", type=_at_least(2), help="of group-k-fold, ten if left out")
    evaluate.add_argument(
        "--no-baselines", action="store_false", dest="baselines", help="leave the plain baselines out"
    )
    evaluate.add_argument("--audit", default="warn", choices=("off", "warn", "raise"), help="leaks found")
    evaluate.add_argument("--classes", help="classes to keep, as the reader names them")
    evaluate.add_argument("--labels", choices=("emotion", "objective"), help="emotion or action units' class")
    _add_run(evaluate, Path("results"))
    evaluate.set_defaults(command=_evaluate)


def _add_tables(commands):
    tables = commands.add_parser(
        "tables",
        help="Tables 1 to 3 of the DeRe-GRL paper, or any methods, our figures beside the published ones",
        description="Evaluate the paper's ablations (tables 1 and 2; tables.md, .csv, .json), the methods "
        "that it compares with (table 3), or methods by name (methods.md, .tex, .csv, .html, .json), leaving "
        "one subject out.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    tables.add_argument(
        "--dataset",
        default="synthetic",
        choices=("casme2", "samm", FLOW_MAPS, *SYNTHETIC),
        help="which data set",
    )
    tables.add_argument(
        "--table",
        dest="tables",
        nargs="+",
        type=int,
        default=None,
        choices=(1, 2, 3),
        help="1 and 2, where no methods are named",
    )
    tables.add_argument(
        "--methods",
        nargs="+",
        default=[],
        metavar="NAME",
        choices=OF_TABLES,
        help=f"methods by name, or a list of them: {', '.join(OF_TABLES)}",
    )
    tables.add_argument(
        "--recipe", default="both", choices=("both", "paper", "default"), help="settings of tables 1 and 2"
    )
    epochs = "of methods: score nets at the epoch best on the test subjects too, as a demonstration"
    tables.add_argument("--select", default="last", choices=("last", "test-epoch"), help=epochs)
    tables.add_argument("--n-folds", type=_at_least(2), help="of methods: folds of subjects, not one each")
    _add_run(tables, Path("tables"))
    tables.set_defaults(command=_tables)


def _add_corpus_commands(commands):
    listing = commands.add_parser(
        "datasets",
        help="the data sets that can be read, how to get them, how their files lie",
        description="List the data sets that have a reader, long videos and flow maps among them.",
    )
    listing.set_defaults(command=_datasets)
    check = commands.add_parser(
        "check",
        help="is my copy of a data set whole?",
        description="Read a copy, print its classes, what was left out and what was corrected, and why, and "
        "exit with 3 where frames are missing or the counts are no published version's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    check.add_argument("--dataset", required=True, choices=REAL, help="which set")
    check.add_argument("--root", required=True, type=Path, help="folder of the copy")
    check.add_argument("--annotations", type=Path, help="its sheet, where it lies elsewhere")
    check.add_argument("--output", type=Path, help="folder of a picture of some clips; none without it")
    check.set_defaults(command=_check)


def _datasets():
    from skmer._cli._corpus_commands import run_datasets

    run_datasets()


def _check(**options):
    from skmer._cli._corpus_commands import run_check

    return run_check(**options)


def _add_compare(commands):
    compare = commands.add_parser(
        "compare",
        help="two saved results on the same clips",
        description="Print the differences of two results with intervals by subject and McNemar's test.",
    )
    compare.add_argument("first", type=Path, help="result.json, or the folder that evaluate wrote")
    compare.add_argument("second", type=Path, help="the one that is subtracted")
    compare.add_argument("--latex", action="store_true", help="print a table for a paper instead")
    compare.set_defaults(command=_compare)


def _compare(**options):
    from skmer._cli._evaluate_command import run_compare

    run_compare(**options)


def _add_run(parser, output):
    """Add the options that both commands have: clips, work and output."""
    _add_reading(parser)
    parser.add_argument("--seeds", type=_at_least(1), default=1, help="repetitions, each scored alone")
    parser.add_argument("--n-jobs", type=int, default=-1, help="processes, -1 for one per core")
    parser.add_argument("--output", type=Path, default=output, help="folder to write to")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the folds that are finished there")
    again.add_argument("--overwrite", action="store_true", help="delete the folds that are finished there")


def _add_reading(parser):
    """Add the options of clips that are read or made, and of the network."""
    parser.add_argument("--root", nargs="+", type=Path, default=[], help="folder of each set that is read")
    parser.add_argument(
        "--annotations", nargs="+", type=Path, help="sheet of each set that is read, where they lie elsewhere"
    )
    parser.add_argument("--frames", choices=("raw", "cropped"), help="which frames, where a copy has both")
    parser.add_argument(
        "--missing-apex", choices=("find", "middle", "drop"), help="what a clip without an apex gets"
    )
    parser.add_argument(
        "--on-missing", choices=("warn", "raise"), help="clips without their frames: left out, or an error"
    )
    parser.add_argument("--corrections", action="store_true", default=None, help="correct the sheet's slips")
    parser.add_argument("--n-subjects", type=_at_least(2), help="of a synthetic corpus")
    parser.add_argument("--n-clips", type=_at_least(2), help="of a synthetic corpus")
    parser.add_argument("--epochs", type=_at_least(1), help="of the network, other than its own")
    parser.add_argument("--magnet-weights", type=Path, help="MagNet's weights, for the paper's method")


def _evaluate(**options):
    from skmer._cli._evaluate_command import run_evaluation

    run, source, model = Run.take(options), Source.take(options, options.pop("dataset")), Model.take(options)
    run_evaluation(run=run, source=source, protocol=Protocol.take(options), model=model, **options)


def _tables(**options):
    from skmer._cli._paper_tables import run_all_tables

    run, source, model = (
        Run.take(options),
        Source.take(options, [options.pop("dataset")]),
        Model.take(options),
    )
    run_all_tables(run=run, source=source, model=model, **options)


def _at_least(minimum):
    def number(text):
        if int(text) < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}, got {text}")
        return int(text)

    return number
