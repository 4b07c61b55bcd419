"""What a seed decides, and what nothing else may."""

import random
import subprocess
import sys

import joblib
import numpy as np
import torch
from sklearn.model_selection import (
    GroupKFold,
    cross_val_predict,
)


def test_a_seed_decides_the_fit(features, clips, make_clf, same):
    one, two, other = (make_clf(random_state=s, dropout=0.2).fit(features, clips.target) for s in (0, 0, 1))
    assert same(one, two, features)
    assert not same(one, other, features)


def test_global_generators_are_left_alone(features, clips, make_clf):
    np.random.seed(3)  # noqa: NPY002 (the global generator is what is watched)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    make_clf(dropout=0.2).fit(features, clips.target).predict(features)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert random.getstate() == before[2]


def test_the_global_torch_seed_does_not_matter(features, clips, make_clf, same):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        one = make_clf().fit(features, clips.target)
        torch.manual_seed(2)
        assert same(one, make_clf().fit(features, clips.target), features)


def test_another_process_finds_the_same_bits(features, clips, make_clf, tmp_path):
    joblib.dump((features, clips.target, make_clf()), tmp_path / "job")
    code = (
        "import sys, joblib; X, y, clf = joblib.load(sys.argv[1]);"
        "joblib.dump(clf.fit(X, y).predict_proba(X), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "job"), str(tmp_path / "out")], check=True)
    want = make_clf().fit(features, clips.target).predict_proba(features)
    np.testing.assert_array_equal(joblib.load(tmp_path / "out"), want)


def test_the_number_of_jobs_does_not_matter(features, clips, make_clf):
    options = {"groups": clips.groups, "cv": GroupKFold(3), "method": "predict_proba"}
    y = clips.target == "others"
    one, two = (cross_val_predict(make_clf(), features, y, n_jobs=n, **options) for n in (None, 2))
    np.testing.assert_array_equal(one, two)


def test_threads_do_not_matter(features, clips, make_clf):
    options = {"groups": clips.groups, "cv": GroupKFold(4), "method": "predict_proba"}
    y = clips.target == "others"
    alone = cross_val_predict(make_clf(), features, y, **options)
    with joblib.parallel_config("threading", n_jobs=4):
        np.testing.assert_array_equal(cross_val_predict(make_clf(), features, y, **options), alone)
