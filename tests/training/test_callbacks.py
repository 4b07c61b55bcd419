import numpy as np
import pytest
import torch
from skorch.callbacks import (
    BatchScoring,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    GradientNormClipping,
    LRScheduler,
    ProgressBar,
)

from skmer.training import (
    LOSS_TERMS,
    EarlyStop,
    EpochMeans,
    EpochPredictions,
    OneCycle,
    QuietPrintLog,
    asks_for_end,
    default_callbacks,
    hears_batches,
    hears_gradients,
)


def test_rates_are_those_of_torch(make_clf, features, clips):
    clf = make_clf(batch_size=20, max_epochs=3).fit(features, clips.target)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=clf.lr)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, clf.lr, total_steps=12, cycle_momentum=False)
    want = []
    for _ in range(12):
        want.append(torchs.get_last_lr()[0])
        optimizer.step()
        torchs.step()
    cycle = OneCycle()
    cycle.on_train_begin(clf)
    ((_, data),) = make_clf(batch_size=20, max_epochs=3).prepare_fit(features, clips.target)
    cycle.on_epoch_begin(clf, dataset_train=data)
    assert [rate for (rate,) in map(lambda _: cycle.next_rates(1)[0], range(12))] == want
    cycle.on_train_end(clf)
    assert cycle.rates_ is None


def test_groups_of_parameters_keep_their_own_maximum(make_clf, features, clips):
    groups = [("head*", {"lr": 1e-2})]
    clf = make_clf(optimizer__param_groups=groups, max_epochs=10, batch_size=64)
    seen = []
    clf.set_params(callbacks=[("see", RatesSeen(seen))]).fit(features, clips.target)
    assert np.max(seen, axis=0) == pytest.approx([1e-2, 3e-3], rel=0.05)


class RatesSeen(EpochTimer):
    def __init__(self, seen):
        self.seen = seen

    def on_batch_end(self, net, training=False, **kwargs):
        self.seen.append([group["lr"] for group in net.optimizer_.param_groups])


def test_terms_are_means_weighted_by_clips(make_clf, features, clips):
    clf = make_clf(batch_size=64, iterator_train__drop_last=False).fit(features, clips.target)
    batches = clf.history[-1]["batches"]
    assert [batch["train_batch_size"] for batch in batches] == [64, 16]
    for name in LOSS_TERMS:
        values = [batch[f"train_{name}"] for batch in batches]
        assert clf.history[-1, f"train_{name}"] == pytest.approx(np.average(values, weights=[64, 16]))


def test_which_callbacks_hear_batches():
    deaf = [EpochTimer(), OneCycle(), EpochMeans(["a"]), QuietPrintLog(), EpochScoring("accuracy")]
    deaf += [LRScheduler("StepLR", step_size=1), *(c for _, c in default_callbacks(True, True))]
    assert not any(map(hears_batches, deaf))
    heard = [ProgressBar(), BatchScoring("accuracy"), EpochScoring("accuracy", on_train=True)]
    assert all(map(hears_batches, [*heard, LRScheduler("StepLR", step_size=1, step_every="batch")]))
    assert hears_gradients(GradientNormClipping()) and not any(map(hears_gradients, deaf))


def test_patience(make_clf, features, clips):
    stopping = EarlyStopping("train_loss", patience=2)
    stopping.misses_ = 1
    assert not asks_for_end(stopping)
    stopping.misses_ = 2
    assert asks_for_end(stopping) and issubclass(EarlyStop, Exception)


def test_predictions_of_every_epoch_end_with_those_of_the_fit_and_change_nothing(features, clips, make_clf):
    watched = make_clf(callbacks=[("watch", EpochPredictions(features[:5]))]).fit(features, clips.target)
    curve = dict(watched.callbacks_)["watch"].probabilities_
    assert len(curve) == 3
    assert not np.array_equal(curve[0], curve[2])
    plain = make_clf().fit(features, clips.target)
    np.testing.assert_array_equal(curve[2], plain.predict_proba(features[:5]))
    watched.fit(features, clips.target)
    assert len(dict(watched.callbacks_)["watch"].probabilities_) == 3
