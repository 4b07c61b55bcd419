"""Pooled UF1 by batch size, on corpora that are for choosing and never reported.

Run ``python benchmarks/batch_size.py``. Smaller batches mean more steps: 120 clips fill one batch of 64.
"""

import warnings

from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.metrics import uf1_score

CORPORA = [
    (n_clips, n_subjects, noise)
    for n_clips, n_subjects in ((80, 10), (120, 12), (247, 26))
    for noise in ("averaged", "flow")
]
NETS = {f"batch {size}": DeReGRLClassifier(batch_size=size, random_state=0) for size in (64, 32, 16)}
SEED = 100


def score(model, X, clips):
    """Pooled UF1 of five folds of subjects."""
    predicted = cross_val_predict(model, X, clips.target, groups=clips.groups, cv=GroupKFold(5))
    return uf1_score(clips.target, predicted)


def main():
    """Print the table."""
    warnings.filterwarnings("ignore", "Number of classes")
    svm = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    print(f"| clips | noise | RBF-SVM | {' | '.join(NETS)} |\n|---|---|---|{'---|' * len(NETS)}")
    for n_clips, n_subjects, noise in CORPORA:
        clips = make_landmark_clips(n_subjects=n_subjects, n_clips=n_clips, noise=noise, random_state=SEED)
        X = LandmarkGraphTransformer().fit_transform(clips.frames)
        figures = [
            score(svm, X.reshape(n_clips, -1), clips),
            *(score(net, X, clips) for net in NETS.values()),
        ]
        print(f"| {n_clips} | {noise} | {' | '.join(f'{figure:.3f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
