"""Parsers of the commands for one's own videos and models: analyze, train, predict."""

import argparse
from pathlib import Path

from skmer._cli._options import METHODS, PUBLISHED, REAL, SYNTHETIC, Model, Source


def add_video_commands(commands, add_reading):
    """Add the three commands.

    Parameters
    ----------
    commands : object
        The subparsers of the program.
    add_reading : callable
        Adds the options of reading clips to a parser.
    """
    _add_analyze(commands)
    _add_train(commands, add_reading)
    _add_predict(commands)


def _add_analyze(commands):
    analyze = commands.add_parser(
        "analyze",
        help="your own video: when a face moves, where and how far, as tables and as a page",
        description="Follow the face through each video, find its movements, and write movements.csv and, in "
        "a folder for each video, track.csv, analysis.json and index.html, a page that works offline. A run "
        "that was ended in any way goes on from the chunks that are finished. An expression is no lie "
        "detector, and without --model no emotion is named.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    analyze.add_argument(
        "videos", nargs="+", type=Path, metavar="VIDEO", help="video file or folder of frames"
    )
    analyze.add_argument("--model", type=Path, help="model of `skmer train`, to name emotions")
    analyze.add_argument(
        "--spotter", type=Path, help="MotionSpotter that skmer.io.save wrote, instead of the usual"
    )
    analyze.add_argument("--output", type=Path, default=Path("analysis"), help="folder to write to")
    analyze.add_argument("--fps", type=float, help="frames a second, where a video does not tell it")
    analyze.add_argument("--n-jobs", type=int, help="chunks of a video at a time, -1 for one per core")
    analyze.add_argument("--quiet", action="store_true", help="print nothing")
    analyze.set_defaults(command=_analyze)


def _add_train(commands, add_reading):
    train = commands.add_parser(
        "train",
        help="a model of all clips of a data set, for analyze and predict",
        description="Read one data set or several, fit a method on all their clips, and write the model. "
        "What it is worth is told by `skmer evaluate`, which leaves subjects out; this command does not.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    train.add_argument("--dataset", nargs="+", required=True, choices=(*REAL, *SYNTHETIC), help="which sets")
    own = [name for name in METHODS if name not in PUBLISHED]
    train.add_argument("--method", default="dere-grl", choices=own, help="which method")
    train.add_argument("--classes", help="classes to keep, as the reader names them")
    train.add_argument("--labels", choices=("emotion", "objective"), help="emotion or action units' class")
    add_reading(train)
    train.add_argument("--n-jobs", type=int, default=-1, help="processes, -1 for one per core")
    train.add_argument("--output", type=Path, default=Path("model.skmer"), help="file to write")
    train.set_defaults(command=_train)


def _add_predict(commands):
    predict = commands.add_parser(
        "predict",
        help="classes of clips: folders of frames or short videos, to a table",
        description="Classify clips that run from onset to offset: videos, folders of numbered frames, or "
        "folders that hold such folders. The apex is found by motion.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    predict.add_argument("model", type=Path, help="model of `skmer train`")
    predict.add_argument(
        "clips", nargs="+", type=Path, metavar="CLIP", help="video, folder, or folder of folders"
    )
    predict.add_argument("--output", type=Path, default=Path("predictions.csv"), help="table to write")
    predict.add_argument("--n-jobs", type=int, help="frames at a time, -1 for one per core")
    predict.set_defaults(command=_predict)


def _analyze(quiet, **options):
    from skmer._cli._analyze import run_analysis

    run_analysis(verbose=0 if quiet else 1, **options)


def _train(**options):
    from skmer._cli._models import run_training

    source, model = Source.take(options, options.pop("dataset")), Model.take(options)
    run_training(source=source, model=model, **options)


def _predict(**options):
    from skmer._cli._models import run_prediction

    run_prediction(**options)
