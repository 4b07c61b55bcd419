"""The inner split: grouped by subject or refused."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
)
from skorch.callbacks import EarlyStopping
from skorch.dataset import ValidSplit


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
