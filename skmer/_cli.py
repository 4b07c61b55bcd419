"""The command line: what is asked for, and which exit code it ends with."""

import argparse
import sys
from pathlib import Path

from skmer import __version__

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments=None):
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : list of str, default=None
        Words after the program's name; None takes ``sys.argv``.

    Returns
    -------
    int
        0 done, 1 failed, 130 interrupted; wrong usage exits with 2.
    """
    options = vars(_parser().parse_args(arguments))
    command = options.pop("command")
    try:
        command(**options)
    except KeyboardInterrupt:
        print("skmer: interrupted", file=sys.stderr)
        return INTERRUPTED
    except (OSError, ValueError, ImportError) as error:
        print(f"skmer: error: {error}", file=sys.stderr)
        return FAILED
    return OK


def _parser():
    parser = argparse.ArgumentParser(
        prog="skmer", description="Micro-expression recognition on facial landmark graphs."
    )
    parser.add_argument("--version", action="version", version=f"skmer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
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
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # comes with scikit-learn

    from skmer._demo import run_demo

    # The work is spread over processes: threads of so small a network only wait for each other.
    with threadpool_limits(limits=1):
        run_demo(**options)


def _at_least(minimum):
    def number(text):
        if int(text) < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}, got {text}")
        return int(text)

    return number
