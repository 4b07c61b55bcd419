"""How hard the synthetic corpora are.

Run ``python benchmarks/difficulty.py``. The first lines: an RBF-SVM at CASME II's size, on clips as they come
by default and on those of the family "casme2", against the same SVM trained on twenty times the subjects and
tested on the same clips: what more data would reach. Then plain classifiers on corpora like the composite of
2019 (family "composite"), in the order in which real clips are known to put them, the worst first. All are
pooled UF1, means over seeds.
"""

import numpy as np
from baselines import BASELINES, displacements, predict_subjects
from families import FAMILIES, load_clips
from sklearn.svm import SVC

from skmer.metrics import uf1_score

N_SEEDS, N_TIMES = 4, 20
PLAIN = ("shrinkage LDA", "linear SVM", "RBF-SVM", "RBF-SVM + magnitudes")


def score_nested(name, family):
    """Pooled UF1 of a baseline with its search, ten folds of whole subjects."""
    X, y, groups = load_clips(family)
    return uf1_score(y, predict_subjects(BASELINES[name], X, y, groups)[0], zero_division=0.0)


def score_with_more_subjects(family):
    """Pooled UF1 of an RBF-SVM trained on other subjects, many times as many."""
    sizes = {name: N_TIMES * family.parameters[name] for name in ("n_clips", "n_subjects")}
    more = family._replace(parameters=family.parameters | sizes, seed=family.seed + 1000)
    (X, y, _), (many, their_y, _) = load_clips(family), load_clips(more)
    train, test = displacements(many), displacements(X)
    scale = np.sqrt(np.mean(train**2))
    svm = SVC(C=16, gamma=0.3 / train.shape[1]).fit(train / scale, their_y)
    return uf1_score(y, svm.predict(test / scale), zero_division=0.0)


def seeds_of(family):
    """The family with other seeds."""
    return [family._replace(seed=seed) for seed in range(N_SEEDS)]


def main():
    """Print both tables."""
    hard = FAMILIES["casme2"]
    easy = hard._replace(parameters={name: hard.parameters[name] for name in ("n_clips", "n_subjects")})
    print(f"| 247 clips, 26 subjects | RBF-SVM | trained on {N_TIMES} times the subjects |\n|---|---|---|")
    for name, family in (("default", easy), ('family "casme2"', hard)):
        scores = [(score_nested("RBF-SVM", one), score_with_more_subjects(one)) for one in seeds_of(family)]
        nested, more = np.mean(scores, axis=0)
        print(f"| {name} | {nested:.3f} | {more:.3f} |", flush=True)
    print("\n| 442 clips, 68 subjects, three classes | pooled UF1 |\n|---|---|")
    for name in PLAIN:
        score = np.mean([score_nested(name, one) for one in seeds_of(FAMILIES["composite"])])
        print(f"| {name} | {score:.3f} |", flush=True)


if __name__ == "__main__":
    main()
