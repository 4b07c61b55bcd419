"""The inner split: grouped by subject or refused."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
)
from skorch.callbacks import EarlyStopping
from skorch.dataset import ValidSplit
from torch.utils.data import Subset

from skmer.training import (
    N_STREAMS,
    BatchIterator,
    ClipDataset,
    CompiledEpochs,
    Streams,
    augment_batches,
    one_thread,
    split_clips,
)


def dataset(n=10):
    return ClipDataset(np.arange(n * 2, dtype=np.float32).reshape(n, 1, 2, 1), np.arange(n), np.ones(n))


def test_every_row_comes_once_an_epoch():
    data, generator = dataset(), torch.Generator().manual_seed(0)
    batches = list(BatchIterator(data, 4, shuffle=True, generator=generator))
    assert sorted(torch.cat([target for _, target in batches]).tolist()) == list(range(10))
    for rows, target in batches:
        assert torch.equal(rows["X"], data.X[target])
    assert [len(t) for _, t in BatchIterator(data, 4, drop_last=True)] == [4, 4]
    assert [len(t) for _, t in BatchIterator(data, 16, drop_last=True)] == [10]
    assert [t.tolist() for _, t in BatchIterator(Subset(data, [3, 1]), 4)] == [[3, 1]]


def test_views_share_the_weight_of_their_clip():
    views = ClipDataset(np.zeros((2, 4, 1, 2, 1), np.float32), [0, 1], [1.0, 2.0], np.array(["a", "b"]))
    rows = views.unfold_views()
    assert (
        rows.sample_weight.tolist() == [0.25] * 4 + [0.5] * 4
        and rows.groups.tolist() == ["a"] * 4 + ["b"] * 4
    )
    assert views.take([1]).y.tolist() == [1]


def test_streams_are_apart():
    seeds = list(range(N_STREAMS))
    one, two = Streams.from_seeds(seeds), Streams.from_seeds(seeds)
    draws = [torch.rand(3, generator=g) for g in (one.shuffle, one.augmentation, one.dropout)]
    assert one.weights == 0 and not torch.equal(draws[0], draws[1]) and not torch.equal(draws[1], draws[2])
    torch.rand(99, generator=two.shuffle)
    assert torch.equal(torch.rand(3, generator=two.augmentation), draws[1])


def test_one_thread_inside_as_many_as_before_after():
    before = torch.get_num_threads()
    with one_thread(), one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_batches_are_augmented_by_their_own_streams(make_clf, features, clips):
    nets = [make_clf(random_state=seed).prepare_fit(features, clips.target)[0] for seed in (0, 1)]
    x = torch.stack([data.X for _, data in nets])
    both = augment_batches(x, [net for net, _ in nets])
    again = make_clf(random_state=1).prepare_fit(features, clips.target)[0][0]
    assert torch.equal(augment_batches(x[1:], [again])[0], both[1])
    assert not torch.equal(both[0], both[1])


def test_an_own_step_is_not_passed_over(make_clf, features, clips):
    ((net, data),) = make_clf().prepare_fit(features, clips.target)
    assert CompiledEpochs.supports(net)
    net.module_.register_forward_hook(lambda *args: None)
    assert not CompiledEpochs.supports(net)

    class Own(type(net)):
        def get_loss(self, *args, **kwargs):
            return super().get_loss(*args, **kwargs)

    ((own, _),) = Own(random_state=0).prepare_fit(features, clips.target)
    assert not CompiledEpochs.supports(own)
    assert split_clips(lambda d, y, groups=None: (d, None), data)[1] is None


@pytest.mark.parametrize(
    "split", [StratifiedGroupKFold(4), ValidSplit(GroupKFold(4))], ids=["sklearn", "skorch"]
)
def test_early_stopping_on_subjects_held_out(features, clips, make_clf, split):
    stop = EarlyStopping(monitor="valid_loss", patience=2, load_best=True)
    clf = make_clf(train_split=split, callbacks=[stop], max_epochs=40)
    clf.fit(features, clips.target, groups=clips.groups)
    assert len(clf.history) < 40
    assert {"valid_loss", "valid_acc", "valid_center"} <= set(clf.history[-1])
    assert set(clf.predict(features)) <= set(clips.target)


def test_learned_centers_on_subjects_held_out(features, clips, make_clf):
    clf = make_clf(centers="learned", train_split=GroupKFold(4))
    clf.fit(features, clips.target, groups=clips.groups)
    assert np.isfinite(clf.history[:, "valid_weight"]).all()


@pytest.mark.parametrize(
    "split",
    [GroupKFold(4), ValidSplit(5, stratified=True), ValidSplit(0.2)],
    ids=["grouped", "stratified", "share"],
)
def test_an_inner_split_without_groups_is_refused(features, clips, make_clf, split):
    with pytest.raises(ValueError, match=r"fit got no groups.*pass groups=subjects"):
        make_clf(train_split=split).fit(features, clips.target)


def test_an_inner_split_that_divides_a_subject_is_refused(features, clips, make_clf):
    clf = make_clf(train_split=ValidSplit(5, stratified=True))
    with pytest.raises(ValueError, match=r"subjects on both sides of the inner split.*GroupShuffleSplit"):
        clf.fit(features, clips.target, groups=clips.groups)


def test_groups_change_nothing_without_a_split(features, clips, make_clf, same):
    with_groups = make_clf().fit(features, clips.target, groups=clips.groups)
    assert same(with_groups, make_clf().fit(features, clips.target), features)
