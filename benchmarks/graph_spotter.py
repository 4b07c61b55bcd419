"""A graph network over the regions' curves as a spotter, beside MotionSpotter; no part of the package.

python benchmarks/graph_spotter.py --seeds 2000         both on videos that chose nothing, F1 and differences
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch
from torch import nn

from skmer.datasets import make_long_videos
from skmer.spotting import MotionSpotter, evaluate_spotting
from skmer.spotting._curves import REGIONS, band_pass, region_curves
from skmer.spotting._intervals import peak_intervals
from skmer.spotting._memory import remembered
from skmer.spotting._spotter import BaseSpotter, as_table, choose, keep_type, to_frames

KINDS = ("macro", "micro")
BANDS = ((0.07, 0.35), (0.12, 3.0))
EVERY = 4  # of the curves' 60 samples a second
SHARES = (0.15, 0.25, 0.4)
FAMILIES = {
    "samm": {"dataset": "samm", "micro_amplitude": (1.0, 3.5), "macro_amplitude": (3.0, 8.0), "speech": 0.04},
    "casme3": {
        "dataset": "casme3",
        "micro_amplitude": (0.7, 2.5),
        "macro_amplitude": (2.5, 10.0),
        "speech": 0.12,
        "head_motion": 1.3,
    },
}
SIZES = {"empty": 0.25, "micro_per_minute": 5.0, "face_size": 140.0, "noise": 0.06}


class GraphNet(nn.Module):
    """Convolutions over time at each region, and mixing of regions by a learned graph; (B, C, T, R) in."""

    def __init__(self, width=12):
        super().__init__()
        self.mixing = nn.Parameter(torch.eye(len(REGIONS)) + 0.01 * torch.randn(len(REGIONS), len(REGIONS)))
        self.early = nn.Conv2d(2 * len(BANDS), width, (9, 1), padding=(4, 0))
        self.late = nn.Conv2d(width, width, (9, 1), padding=(8, 0), dilation=(2, 1))
        self.head = nn.Conv1d(2 * width, len(KINDS), 9, padding=4)

    def forward(self, curves):
        hidden = torch.relu(self.early(curves)) @ self.mixing
        hidden = torch.relu(self.late(hidden))
        return self.head(torch.cat([hidden.mean(dim=3), hidden.amax(dim=3)], dim=1))


class GraphSpotter(BaseSpotter):
    """Spotter by a network that gives each sample the odds of lying in a movement of each type.

    Heights of its peaks are chosen on curves of subjects that the network was not trained on.
    """

    def __init__(self, epochs=40, inner_folds=3, seed=0):
        self.epochs = epochs
        self.inner_folds = inner_folds
        self.seed = seed

    def fit(self, tracks, intervals, *, groups=None):
        tracks, true, groups = self._check_fit(tracks, intervals, groups)
        self.scale_ = np.quantile(
            np.abs(np.concatenate([_bands(track) for track in tracks], axis=1)), 0.9, axis=1
        )
        data = [(self._input(track), _target(track, true)) for track in tracks]
        subjects = list(dict.fromkeys(groups))
        parts = np.array([subjects.index(group) % self.inner_folds for group in groups])
        odds = [None] * len(tracks)
        for part in range(self.inner_folds):
            net = self._trained([pair for pair, own in zip(data, parts, strict=True) if own != part])
            for k in np.flatnonzero(parts == part):
                odds[k] = _odds(net, data[k][0])
        self.net_, self.choices_ = self._trained(data), {}
        for j, kind in enumerate(KINDS):
            settings = {
                (share,): [
                    (keep_type(kind, peak_intervals(curve[j], share), _seconds(track)), _seconds(track))
                    for curve, track in zip(odds, tracks, strict=True)
                ]
                for share in SHARES
            }
            self.choices_[kind] = choose(
                settings, self._training(kind, tracks, true, groups), self.inner_folds
            )
        return self

    def _input(self, track):
        scaled = _bands(track) / self.scale_[:, None]
        return torch.tensor(np.concatenate([scaled, np.abs(scaled)]), dtype=torch.float32)

    def _trained(self, data):
        torch.manual_seed(self.seed)
        rng, net = np.random.default_rng(self.seed), GraphNet()
        steps = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-4)
        positive = torch.stack([target.mean(dim=1) for _, target in data]).mean(dim=0)
        loss = nn.BCEWithLogitsLoss(pos_weight=(0.3 / positive.clamp(min=1e-3)).clamp(1, 20)[:, None])
        length = 120
        for _ in range(self.epochs):
            for _ in range(4):
                rows = [data[k] for k in rng.integers(len(data), size=8)]
                starts = [rng.integers(max(1, curves.shape[1] - length)) for curves, _ in rows]
                taken = [
                    (c[:, s : s + length], t[:, s : s + length])
                    for (c, t), s in zip(rows, starts, strict=True)
                ]
                factor = torch.tensor(rng.uniform(0.7, 1.4, (8, 1, 1, 1)), dtype=torch.float32)
                curves = factor * torch.stack([pair[0] for pair in taken])
                steps.zero_grad()
                loss(net(curves), torch.stack([pair[1] for pair in taken])).backward()
                steps.step()
        return net.eval()

    def _spot(self, track):
        curves, seconds, tables = _odds(self.net_, self._input(track)), _seconds(track), []
        for j, kind in enumerate(KINDS):
            (share,), least, _ = self.choices_[kind]
            found = keep_type(kind, peak_intervals(curves[j], share), seconds)
            found = found.take(found.height >= least)
            tables.append(as_table(track, to_frames(found, seconds, track.times), kind, found.height))
        return pd.concat(tables).sort_values("onset", kind="stable")


def _bands(track):
    """Band-passed curves (n_bands, T, R)."""
    own = remembered(track, ("curves",), lambda: region_curves(track))
    return np.stack([remembered(track, ("band", *b), lambda b=b: band_pass(own, *b))[::EVERY] for b in BANDS])


def _seconds(track):
    return remembered(track, ("curves",), lambda: region_curves(track)).seconds[::EVERY]


def _target(track, true):
    seconds, made = _seconds(track), np.zeros((len(KINDS), len(_seconds(track))))
    for row in true[true["video"] == track.name].itertuples():
        inside = (seconds >= track.times[row.onset]) & (seconds <= track.times[row.offset])
        made[KINDS.index(row.type), inside] = 1
    return torch.tensor(made, dtype=torch.float32)


@torch.no_grad()
def _odds(net, curves):
    return torch.sigmoid(net(curves[None]))[0].numpy().astype(float)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[2000])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--family", nargs="+", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--n-subjects", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=45.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    n = {"n_subjects": options.n_subjects, "n_videos": options.n_subjects, "duration": options.seconds}
    for family in options.family:
        for seed in options.seeds:
            videos = make_long_videos(**SIZES, **n, **FAMILIES[family], random_state=seed)
            tracks, scores = videos.tracks(), {}
            for name, spotter in (
                ("MotionSpotter", MotionSpotter()),
                ("graph", GraphSpotter(options.epochs)),
            ):
                started = time.perf_counter()
                result = evaluate_spotting(spotter, videos, tracks)
                scores[name] = [result.scores.loc[kind, "f1"] for kind in ("micro", "macro", "all")]
                cells = " ".join(f"{score:.3f}" for score in scores[name])
                print(f"{family} {seed} {name:14} {cells}  {time.perf_counter() - started:.0f} s", flush=True)
            rows.append(np.subtract(scores["graph"], scores["MotionSpotter"]))
    if len(rows) > 1:
        mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(len(rows))
        cells = ", ".join(f"{m:+.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True))
        print(f"graph - MotionSpotter, micro, macro, all: {cells}")


if __name__ == "__main__":
    main()
