"""Try bad inputs at every public name: ``python tests/bad_inputs/run.py --n 5000 --seed 0``.

Each input must be refused by a ValueError, TypeError or OSError that names its argument, or be one that the
documentation allows. Prints what does not hold; ends with 1 if anything does not. ``--only`` takes a part
of a name, ``--n 0`` tries all inputs there are.
"""

# ruff: noqa: E402 (threads are counted and the backend is chosen on import)

import argparse
import contextlib
import faulthandler
import inspect
import io
import os
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["MPLBACKEND"] = "Agg"

import matplotlib.pyplot as plt
import numpy as np
import starts
from values import values_for
from verdicts import GOOD, Outcome, allowed_by, judge_error, judge_return

CPU_LIMIT, WALL_LIMIT = 5.0, 120.0  # s for one input
MEMORY = 16 << 30
# Arguments and the verdicts that they are excused, with the reason, one a line; the list only shrinks.
FAULTS, KNOWN = Path(__file__).with_name("known_faults.txt").resolve(), "known fault"
EXCUSABLE = {"wrong kind", "names no argument"}
SLOW = 3.0  # s for an example: a quicker one belongs in more_examples.py
# Arguments in whose place anything may stand.
FREE = {
    "y": ("fit", "transform", "fit_transform"),
    "memo": ("__deepcopy__",),
}


class TooLong(BaseException):
    """An input that takes more than `CPU_LIMIT`."""


def inputs_of(path, member):
    """Yield every call with one argument replaced, as (label, call, argument, value)."""
    calls = starts.starts_of(path, member)
    by_name = {call.name: call for call in calls}
    for call in calls:
        names = list(call.arguments) + [
            p.name for p in starts._parameters(call.member) if p.name not in call.arguments
        ]
        if call.name == "__init__" and hasattr(call.owner, "get_params"):
            names = list(dict.fromkeys([*names, *_estimator_names(call)]))
        for argument in names:
            if argument == "self" or (starts_free(call, argument)):
                continue
            default = getattr(inspect.signature(call.member).parameters.get(argument), "default", None)
            valid = call.arguments.get(argument, default)
            for label, value in values_for(valid):
                if value is default:
                    continue
                yield f"{path}.{call.name}({argument}={label})", call, argument, value, by_name


def starts_free(call, argument):
    documented = allowed_by(call.member, call.owner, argument)
    return (
        documented is None and argument in FREE and call.name in FREE[argument] and _ignores(call, argument)
    )


def _ignores(call, argument):
    return "Ignored" in (inspect.getdoc(call.member) or "")


def _estimator_names(call):
    try:
        return call.owner(**call.arguments).get_params(deep=False)
    except Exception:
        return []


def try_input(call, argument, value, by_name):
    """Outcome of one input."""
    allowed = allowed_by(call.member, call.owner, argument)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            result = call.run({**call.arguments, argument: value})
            if call.name == "__init__" and hasattr(call.owner, "get_params"):
                _use(result, by_name)
            if inspect.isgenerator(result):
                next(result, None)
    except TooLong:
        return Outcome("no end", f"not done after {CPU_LIMIT:g} s")
    except Exception as error:
        return judge_error(error, argument, value)
    return judge_return(allowed, value)


def _use(estimator, by_name):
    """Let an estimator meet data, where it checks its parameters."""
    for name in ("fit", "fit_transform", "transform", "predict", "split", "track"):
        if name in by_name:
            done = getattr(estimator, name)(**by_name[name].arguments)
            return next(done, None) if inspect.isgenerator(done) else done
    return None


@contextlib.contextmanager
def limited():
    """Raise `TooLong` when the CPU time is over, and end the process when it does not even hear that."""

    def over(*_):
        raise TooLong

    signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT)
    faulthandler.dump_traceback_later(WALL_LIMIT, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def chosen(n, seed, only):
    """Inputs spread over all names: one of each in turn, in a random order, until there are n; 0 is all."""
    rng = np.random.default_rng(seed)
    piles, without = [], []
    for path, member in starts.all_public(only):
        if only not in path or not starts.takes_arguments(member):
            continue
        began = time.perf_counter()
        try:
            pile = list(inputs_of(path, member))
        except Exception as error:
            print(f"the example of {path} fails: {type(error).__name__}: {error}")
            pile = []
        without += [] if pile else [path]
        if time.perf_counter() - began > SLOW:
            print(f"note: the example of {path} takes {time.perf_counter() - began:.1f} s")
        piles.append([pile[k] for k in rng.permutation(len(pile))])
    longest = max(map(len, piles), default=0)
    turns = [pile[k] for k in range(longest) for pile in piles if k < len(pile)]
    return turns[: n or None], without


def known_faults():
    """Excused verdicts of each argument, from lines ``name(argument): verdict, verdict  # reason``."""
    known = {}
    for line in FAULTS.read_text(encoding="utf-8").splitlines():
        argument, _, rest = line.partition(": ")
        verdicts, _, reason = rest.partition("  # ")
        known[argument] = set(verdicts.split(", "))
        assert known[argument] <= EXCUSABLE and reason, f"{FAULTS.name}: {line}"
    return known


def main():
    """Try them, print what fails, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after that time")
    parser.add_argument("--strict", action="store_true", help="count the faults in known_faults.txt too")
    options = parser.parse_args()
    known = {} if options.strict else known_faults()
    _limit_memory()
    sys.stdout.reconfigure(errors="backslashreplace")
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    inputs, without = chosen(options.n, options.seed, options.only)
    counts = Counter()
    for path in without:
        print(f"no valid call is known: {path}; give it an example, or one in more_examples.py")
    for label, *rest in inputs:
        if time.perf_counter() - started > options.seconds:
            break
        with limited():
            outcome = try_input(*rest)
        if outcome.verdict in known.get(f"{label.partition('=')[0]})", ()):
            outcome = Outcome(KNOWN)
        counts[outcome.verdict] += 1
        if outcome.verdict not in (*GOOD, KNOWN):
            print(f"{outcome.verdict}: {label} {outcome.detail[:200]}".replace("\n", " "), flush=True)
        plt.close("all")
    wrong = sum(count for verdict, count in counts.items() if verdict not in (*GOOD, KNOWN))
    print(
        f"{sum(counts.values())} tried, {wrong} wrong, {time.perf_counter() - started:.0f} s: {dict(counts)}"
    )
    return 1 if wrong or without else 0


def _limit_memory():
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SKMER_CACHE"] = f"{folder}/cache"
        os.chdir(folder)
        status = main()
        os.chdir("/")
    sys.exit(status)
