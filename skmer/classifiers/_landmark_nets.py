"""Nets on what landmarks give: LFM on maps of their distances, Graph-TCN on patches around them."""

from numbers import Integral, Real

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.classifiers._image_nets import check_least_size
from skmer.classifiers._map_net import MapNetClassifier
from skmer.nn import LFM, GraphTCN
from skmer.training import ClipDataset

_SHARE = [Interval(Real, 0, 1, closed="left")]


class LFMClassifier(MapNetClassifier):
    """Landmark feature maps through a convolutional net and an LSTM (LFM).

    The paper says landmark coordinates as a picture for each frame, free of the movement's strength, a
    convolutional net and an LSTM; formula, sizes and training could not be read, and are ours.

    Parameters
    ----------
    dropout : float, default=0.0
        Share of the LSTM's last state dropped in training.
    max_epochs : int, default=100
        Epochs.
    lr : float, default=1e-3
        Learning rate.
    batch_size : int, default=32
        Mini-batch size.
    module, norm, normalize_motion, class_weight, optimizer, weight_decay, schedule, dtype : object
        As of `MapNetClassifier`.
    device, random_state, verbose, warm_start, train_split, callbacks, criterion : object
        As of `MapNetClassifier`.
    iterator_train, iterator_valid, dataset, predict_nonlinearity, compile, use_caching : object
        As of `MapNetClassifier`.
    torch_load_kwargs, classes : object
        As of `MapNetClassifier`.
    **kwargs : object
        skorch's dunder parameters.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    module_ : LFM
        The network.

    See Also
    --------
    skmer.feature_extraction.LandmarkFeatureMaps : Makes its input.

    References
    ----------
    Choi and Song, "Facial Micro-Expression Recognition Using Two-Dimensional Landmark Feature Maps", IEEE
    Access 8, 2020, doi:10.1109/ACCESS.2020.3006958.

    Examples
    --------
    >>> from skmer.classifiers import LFMClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkFeatureMaps
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    >>> X = LandmarkFeatureMaps().fit_transform(clips.frames)
    >>> LFMClassifier(max_epochs=1, random_state=0).fit(X, clips.target).predict(X).shape
    (20,)
    """

    _shapes = {5: "(n_clips, T, 1, H, W)"}
    _maps_come_from = "LandmarkFeatureMaps makes them from landmarks"
    _parameter_constraints: dict = {**MapNetClassifier._parameter_constraints, "dropout": _SHARE}

    def __init__(self, *, dropout=0.0, max_epochs=100, lr=1e-3, batch_size=32, module=LFM, **kwargs):
        super().__init__(module, max_epochs=max_epochs, lr=lr, batch_size=batch_size, **kwargs)
        self.dropout = dropout

    def _module_params(self):
        return {"dropout": self.dropout}

    def _check_rows(self, X, y, resume):
        X, y = super()._check_rows(X, y, resume)
        check_least_size(self, X.shape, LFM.min_size)
        return X, y


class GTCNClassifier(MapNetClassifier):
    """Graph-TCN (G-TCN): causal convolutions over patches around landmarks, and over their differences.

    Known are the two channels, the causal blocks and the patches; layer sizes follow traces of a script,
    edges and fusion are ours. Several views of a clip, magnified more and less, are trained on together, each
    with its share of the clip's weight, and one of them is predicted: a view never leaves its clip.

    Parameters
    ----------
    layout : {"flat", "nodes"}, default="flat"
        Whether a clip is one sequence of 1,372 values, as traces of the code say, or 28 steps of 49.
    view : int or None, default=None
        View that is predicted. None: the middle one, alpha 2.0 among 20.
    n_levels, width, kernel : int, default=8, 25, 7
        Blocks, channels and kernel of each causal network.
    dropout : float, default=0.05
        Share of values dropped in training.
    max_epochs : int, default=30
        Epochs; ours.
    lr : float, default=2e-3
        Learning rate.
    batch_size : int, default=64
        Mini-batch size, in views.
    module, norm, normalize_motion, class_weight, optimizer, weight_decay, schedule, dtype : object
        As of `MapNetClassifier`.
    device, random_state, verbose, warm_start, train_split, callbacks, criterion : object
        As of `MapNetClassifier`.
    iterator_train, iterator_valid, dataset, predict_nonlinearity, compile, use_caching : object
        As of `MapNetClassifier`.
    torch_load_kwargs, classes : object
        As of `MapNetClassifier`.
    **kwargs : object
        skorch's dunder parameters.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    module_ : GraphTCN
        The network.

    See Also
    --------
    skmer.feature_extraction.LandmarkPatches : Makes its input.

    References
    ----------
    Lei et al., "A Novel Graph-TCN with a Graph Structured Representation for Micro-expression Recognition",
    ACM MM 2020, doi:10.1145/3394171.3413714.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import GTCNClassifier
    >>> X = np.random.default_rng(0).normal(size=(6, 2, 28, 49)).astype(np.float32)
    >>> clf = GTCNClassifier("nodes", n_levels=2, max_epochs=1, random_state=0).fit(X, [0, 1] * 3)
    >>> clf.predict_proba(X).shape
    (6, 2)
    """

    _shapes = {4: "(n_clips, views, 28, 49)"}
    _row_axes = 2
    _maps_come_from = "LandmarkPatches makes them from frames"
    _parameter_constraints: dict = for_estimators(
        {
            **MapNetClassifier._parameter_constraints,
            "layout": [StrOptions({"flat", "nodes"})],
            "view": [integer(0), None],
            "n_levels": [Interval(Integral, 1, 20, closed="both")],
            "width": [integer(1)],
            "kernel": [integer(1)],
            "dropout": _SHARE,
        }
    )

    def __init__(
        self,
        layout="flat",
        *,
        view=None,
        n_levels=8,
        width=25,
        kernel=7,
        dropout=0.05,
        max_epochs=30,
        lr=2e-3,
        batch_size=64,
        module=GraphTCN,
        **kwargs,
    ):
        super().__init__(module, max_epochs=max_epochs, lr=lr, batch_size=batch_size, **kwargs)
        self.layout = layout
        self.view = view
        self.n_levels = n_levels
        self.width = width
        self.kernel = kernel
        self.dropout = dropout

    def _module_params(self):
        names = ("layout", "n_levels", "width", "kernel", "dropout")
        return {name: getattr(self, name) for name in names}

    def _data_params(self):
        return {"input_shape": tuple(self.map_shape_)[1:]}

    def _check_rows(self, X, y, resume):
        X, y = super()._check_rows(X, y, resume)
        if X.shape[2] != 28:
            raise ValueError(
                f"X must hold patches of 28 landmarks, got {X.shape[2]}; {self._maps_come_from}."
            )
        if self.view is not None and self.view >= X.shape[1]:
            raise ValueError(f"view={self.view} is none of the {X.shape[1]} views of X; they count from 0.")
        return X, y

    def _predict_maps(self, proba, X):
        view = (X.shape[1] - 1) // 2 if self.view is None else self.view
        return proba(ClipDataset(X[:, view], row_axes=2))
