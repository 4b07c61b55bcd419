"""Nets on maps: flow maps, dynamic images, series of maps; the base of the field's networks."""

import inspect
from numbers import Integral, Real

import torch
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import Takes, integer
from skmer._utils._sklearn import HasMethods, Interval, Options, StrOptions, for_estimators
from skmer.classifiers._net import ClipNetClassifier
from skmer.classifiers._prediction import in_double_precision, softmax
from skmer.classifiers._validation import check_maps, warn_of_other_scale, weighted_rms
from skmer.nn import WeightedCrossEntropy
from skmer.training import BatchIterator, ClipDataset, one_thread

_POSITIVE = [Interval(Real, 0, None, closed="neither")]


class MapNetClassifier(ClipNetClassifier):
    """A torch module on maps of clips, trained as all nets here: one skorch net.

    The base of the field's networks, and the way to try a network of one's own: it is called as
    ``module(input_shape, n_classes, norm=...)`` and returns logits. Batches are shuffled, an incomplete last
    batch is trained on too, and the weights of the last epoch predict: no clip chooses them.

    Parameters
    ----------
    module : type
        Torch module.
    norm : {"group", "batch"} or None, default="group"
        Normalisation in the network. ``"batch"`` is what papers publish; it lets the clips of a batch, those
        of weight zero aside, take part in each other's features, and its statistics follow the batches.
    normalize_motion : bool, default=True
        Whether maps are divided by one factor, their rms over the training rows.
    class_weight : {"balanced", "sqrt-balanced"}, dict or None, default=None
        Weights of the classes in the loss, as of `DeReGRLClassifier`.
    max_epochs : int, default=100
        Epochs; the last one's weights are the result.
    lr : float, default=1e-4
        Learning rate.
    batch_size : int, default=32
        Mini-batch size. -1 is full batch.
    optimizer : type, default=torch.optim.Adam
        Optimizer.
    weight_decay : float, default=0.0
        Weight decay of the optimizer.
    schedule : "one-cycle" or None, default=None
        Learning-rate schedule. With None, skorch's ``LRScheduler`` can be a callback.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the training. Predictions are made in float64 either way.
    device : str, default="auto"
        Device; "auto" is CUDA where there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order and dropout.
    verbose : int, default=0
        0 prints nothing, 1 a line per epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the last one.
    train_split : None, splitter or callable, default=None
        Rows held out from training for callbacks, as of `DeReGRLClassifier`.
    callbacks : list, "disable" or None, default=None
        skorch callbacks, added to the default ones.
    criterion : type, default=WeightedCrossEntropy
        Loss; called with the module's output, class indices and sample weights.
    iterator_train, iterator_valid : type, default=BatchIterator
        Batches of a dataset.
    dataset : type, default=ClipDataset
        Type of the rows in skorch's own methods.
    predict_nonlinearity : callable, default=softmax
        From logits to probabilities.
    compile : bool, default=False
        Whether modules go through `torch.compile`.
    use_caching, torch_load_kwargs : object
        As of `skorch.NeuralNet`.
    classes : array-like, default=None
        Labels, where they are not to be taken from ``y``.
    **kwargs : object
        skorch's dunder parameters, such as ``module__dropout=0.2``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    map_shape_ : tuple of int
        Shape of one clip's maps.
    n_features_in_ : int
        Their number of values.
    motion_rms_, scale_ : float
        Rms of the training rows, and the factor that divides X: the same, or one.
    module_ : torch.nn.Module
        The network.
    history : skorch.history.History
        Loss by epoch, ``train_loss``.

    See Also
    --------
    skmer.classifiers.FlowNetClassifier : The field's networks by name.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from skmer.classifiers import MapNetClassifier
    >>> class Linear(nn.Module):
    ...     def __init__(self, input_shape, n_classes, norm=None):
    ...         super().__init__()
    ...         self.layers = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(input_shape)), n_classes))
    ...
    ...     def forward(self, x):
    ...         return self.layers(x)
    >>> X = np.random.default_rng(0).normal(size=(30, 3, 8, 8)).astype(np.float32)
    >>> X[15:, 0] += 1
    >>> clf = MapNetClassifier(Linear, lr=0.01, random_state=0).fit(X, [0] * 15 + [1] * 15)
    >>> clf.score(X, [0] * 15 + [1] * 15)
    1.0
    """

    # For `skmer.training.stacking_reason`; measured in benchmarks/map_nets.py.
    loop_reason = "convolutions of several nets are slower together than one by one"
    _layout = "map_shape_"
    _drop_last = False
    _shapes = {4: "(n_clips, C, H, W)", 5: "(n_clips, T, C, H, W)"}
    _maps_come_from = "FlowMaps makes them from frames, load_flow_maps from a folder"

    _parameter_constraints: dict = for_estimators(
        {
            "norm": [StrOptions({"group", "batch"}), None],
            "normalize_motion": ["boolean"],
            "class_weight": [StrOptions({"balanced", "sqrt-balanced"}), dict, None],
            "max_epochs": [integer(1)],
            "lr": _POSITIVE,
            "batch_size": [integer(1), Options(Integral, {-1})],
            "weight_decay": [Interval(Real, 0, None, closed="left")],
            "schedule": [StrOptions({"one-cycle"}), None],
            "dtype": [StrOptions({"float32", "float64"})],
            "device": [str, torch.device],
            "random_state": ["random_state"],
            "verbose": ["verbose"],
            "warm_start": ["boolean"],
            "train_split": [Takes(2), HasMethods(["split", "get_n_splits"]), None],
        }
    )

    def __init_subclass__(cls, **kwargs):
        # What a subclass hands on as **kwargs are parameters of it all the same: to scikit-learn's repr, to
        # model files, and to a reader's editor.
        super().__init_subclass__(**kwargs)
        own, base = (inspect.signature(init).parameters for init in (cls.__init__, MapNetClassifier.__init__))
        named = [p for p in own.values() if p.kind is not p.VAR_KEYWORD]
        handed = [p for name, p in base.items() if name not in own and p.kind is p.KEYWORD_ONLY]
        rest = [p for p in base.values() if p.kind is p.VAR_KEYWORD]
        cls.__init__.__signature__ = inspect.Signature([*named, *handed, *rest])

    def __init__(
        self,
        module,
        *,
        norm="group",
        normalize_motion=True,
        class_weight=None,
        max_epochs=100,
        lr=1e-4,
        batch_size=32,
        optimizer=torch.optim.Adam,
        weight_decay=0.0,
        schedule=None,
        dtype="float32",
        device="auto",
        random_state=None,
        verbose=0,
        warm_start=False,
        train_split=None,
        callbacks=None,
        criterion=WeightedCrossEntropy,
        iterator_train=BatchIterator,
        iterator_valid=BatchIterator,
        dataset=ClipDataset,
        predict_nonlinearity=softmax,
        compile=False,
        use_caching="auto",
        torch_load_kwargs=None,
        classes=None,
        **kwargs,
    ):
        super().__init__(
            module,
            criterion=criterion,
            optimizer=optimizer,
            lr=lr,
            max_epochs=max_epochs,
            batch_size=batch_size,
            iterator_train=iterator_train,
            iterator_valid=iterator_valid,
            dataset=dataset,
            train_split=train_split,
            callbacks=callbacks,
            predict_nonlinearity=predict_nonlinearity,
            warm_start=warm_start,
            verbose=verbose,
            device=device,
            compile=compile,
            use_caching=use_caching,
            torch_load_kwargs=torch_load_kwargs,
            classes=classes,
            **kwargs,
        )
        self.norm = norm
        self.normalize_motion = normalize_motion
        self.class_weight = class_weight
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.dtype = dtype
        self.random_state = random_state

    def _module_params(self):
        return {"norm": self.norm}

    def _criterion_params(self):
        return {}

    def _data_params(self):
        return {"input_shape": tuple(self.map_shape_)}

    def fit(self, X, y=None, sample_weight=None, *, groups=None):
        """Train on clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, C, H, W) or (n_clips, T, C, H, W)
            Maps, any unit: one factor found on these rows scales them. Flattened rows are refused.
        y : array-like of shape (n_clips,)
            Class labels: strings, integers or booleans. None only where a torch dataset holds them.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip in the loss; a clip of weight zero is left out.
        groups : array-like of shape (n_clips,), optional
            Subject of each clip. Read by ``train_split`` and by nothing else.

        Returns
        -------
        self : estimator
            Fitted.
        """
        return super().fit(X, y, sample_weight, groups=groups)

    def _check_rows(self, X, y, resume):
        return check_maps(self, X, y, reset=not resume)

    def _find_scale(self, data):
        self.motion_rms_ = weighted_rms(data)
        return self.motion_rms_ if self.normalize_motion else 1.0

    def _check_predicted(self, X):
        check_is_fitted(self)
        X = check_maps(self, X, reset=False)
        warn_of_other_scale(self, X)
        return X

    def _predict_rows(self, proba, X):
        X = self._check_predicted(X)
        with one_thread(), in_double_precision(self):
            return self._predict_maps(proba, X)

    def _predict_maps(self, proba, X):
        return proba(ClipDataset(X, row_axes=self._row_axes or X.ndim - 1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        return tags
