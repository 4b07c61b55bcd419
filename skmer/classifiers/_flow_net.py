"""The field's networks on flow maps, as one classifier."""

import inspect
from numbers import Integral, Real

import torch

from skmer._utils._arguments import Named
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.classifiers._map_net import MapNetClassifier
from skmer.nn import FLOW_NETWORKS, FlowNetwork, MapAugmentation
from skmer.training import ClipDataset


class FlowNetClassifier(MapNetClassifier):
    """A network of the field on flow maps of onset and apex: STSTNet and its relatives.

    The defaults are STSTNet's published ones but for the normalisation, which is ``norm="batch"`` in the
    paper, and the scale of the maps. `skmer.pipelines.comparison_pipeline` has the published choices of all.

    Parameters
    ----------
    network : {"ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet"}, default="ststnet"
        Which network. OFF-ApexNet reads the first two channels, the others all.
    norm : {"group", "batch"} or None, default="group"
        Normalisation, in STSTNet, SSSNet and RCN-A; the others have none to choose.
    dropout : float or None, default=None
        Share of values dropped where the network drops any. None: as published, one half.
    network_params : dict or None, default=None
        Further arguments of the network: ``n_filters`` of RCN-A; ``dim``, ``patch_size``, ``n_heads``,
        ``n_blocks`` and ``windows`` of HTNet, whose published ``dim`` is 256 and here 32.
    normalize_motion : bool, default=True
        Whether maps are divided by their rms over the training rows.
    class_weight : {"balanced", "sqrt-balanced"}, dict or None, default=None
        Weights of the classes in the loss.
    max_epochs : int, default=500
        Epochs; the last one's weights are the result.
    lr : float, default=5e-5
        Learning rate.
    batch_size : int, default=256
        Mini-batch size. -1 is full batch.
    optimizer : type, default=torch.optim.Adam
        Optimizer.
    weight_decay : float, default=0.0
        Weight decay of the optimizer.
    horizontal_flip : bool, default=False
        Flip half of the training maps left to right, and average each prediction with that of the mirror
        image: columns are reversed and the first channel, the horizontal flow, changes its sign.
    shift : int, default=0
        Most px by which a training map is shifted up or down, and left or right; the border is repeated.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order, augmentation and dropout.
    module, schedule, dtype, device, verbose, warm_start, train_split, callbacks, criterion : object
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
    map_shape_ : tuple of int
        Channels, height and width.
    module_ : FlowNetwork
        The network.

    See Also
    --------
    skmer.datasets.load_flow_maps : Flow maps from a public folder.

    Notes
    -----
    STSTNet has 1,683 parameters with three classes, OFF-ApexNet 2,664,475, RCN-A 15,331, SSSNet 169,603 and
    Dual-Inception 6,449,963 on maps of 28 px. HTNet at 28 px has one token in every attention, which is the
    identity then; a warning says so.

    References
    ----------
    Liong et al., "Shallow Triple Stream Three-dimensional CNN (STSTNet) for Micro-expression Recognition",
    FG 2019, doi:10.1109/FG.2019.8756567. Gan et al., "OFF-ApexNet on micro-expression recognition system",
    Signal Processing: Image Communication 74, 2019, doi:10.1016/j.image.2019.02.005. Xia et al., "Revealing
    the Invisible with Model and Data Shrinking for Composite-Database Micro-Expression Recognition", IEEE
    TIP 29, 2020, doi:10.1109/TIP.2020.3018222. Zhou et al., "Dual-Inception Network for Cross-Database
    Micro-Expression Recognition", FG 2019, pages 642-646. Varanka et al., "Data leakage and
    evaluation issues in micro-expression analysis", IEEE TAC 15, 2024, doi:10.1109/TAFFC.2023.3265063
    (SSSNet). Wang et al., "HTNet for micro-expression recognition", Neurocomputing 602, 2024,
    arXiv:2307.14637.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import FlowNetClassifier
    >>> X = np.random.default_rng(0).normal(size=(12, 3, 28, 28)).astype(np.float32)
    >>> clf = FlowNetClassifier("ststnet", norm="batch", max_epochs=2, random_state=0)
    >>> clf = clf.fit(X, ["negative", "positive", "surprise"] * 4)
    >>> sum(p.numel() for p in clf.module_.parameters()), clf.predict_proba(X).shape
    (1683, (12, 3))
    """

    _shapes = {4: "(n_clips, C, H, W)"}
    _parameter_constraints: dict = for_estimators(
        {
            **MapNetClassifier._parameter_constraints,
            "network": [StrOptions(set(FLOW_NETWORKS))],
            "network_params": [Named(object), None],
            "dropout": [Interval(Real, 0, 1, closed="left"), None],
            "horizontal_flip": ["boolean"],
            "shift": [Interval(Integral, 0, 4096, closed="both")],
        }
    )

    def __init__(
        self,
        network="ststnet",
        *,
        norm="group",
        dropout=None,
        network_params=None,
        normalize_motion=True,
        class_weight=None,
        max_epochs=500,
        lr=5e-5,
        batch_size=256,
        optimizer=torch.optim.Adam,
        weight_decay=0.0,
        horizontal_flip=False,
        shift=0,
        random_state=None,
        module=FlowNetwork,
        **kwargs,
    ):
        super().__init__(
            module,
            norm=norm,
            normalize_motion=normalize_motion,
            class_weight=class_weight,
            max_epochs=max_epochs,
            lr=lr,
            batch_size=batch_size,
            optimizer=optimizer,
            weight_decay=weight_decay,
            random_state=random_state,
            **kwargs,
        )
        self.network = network
        self.dropout = dropout
        self.network_params = network_params
        self.horizontal_flip = horizontal_flip
        self.shift = shift

    def _module_params(self):
        own = {"network": self.network, "norm": self.norm, "dropout": self.dropout}
        return {**own, **(self.network_params or {})}

    def _augment(self, features):
        augment = MapAugmentation(0.5 * self.horizontal_flip, self.shift)
        if not augment.active:
            return features
        return augment(features, augment.draw(features.shape, self.streams_.augmentation))

    def _predict_maps(self, proba, X):
        values = super()._predict_maps(proba, X)
        if not self.horizontal_flip:
            return values
        mirrored = MapAugmentation.reflect(ClipDataset(X, row_axes=X.ndim - 1).X).numpy()
        return (values + super()._predict_maps(proba, mirrored)) / 2

    def _check_rows(self, X, y, resume):
        checked = super()._check_rows(X, y, resume)
        self._check_network((checked if y is None else checked[0]).shape[1:])
        return checked

    def _check_network(self, shape):
        network = FLOW_NETWORKS[self.network]
        least = f"maps of at least {network.min_channels} channels and {network.min_size} px"
        if shape[0] < network.min_channels or min(shape[1:]) < network.min_size:
            raise ValueError(
                f"network={self.network!r} takes {least}, got {shape[0]} of {shape[1]} x {shape[2]} px; "
                "FlowMaps(channels=..., size=...) makes them."
            )
        known = set(inspect.signature(network).parameters) - {"input_shape", "n_classes", "norm", "dropout"}
        unknown = sorted(set(self.network_params or ()) - known)
        if unknown:
            raise ValueError(f"network_params holds {unknown[0]!r}, which network={self.network!r} lacks.")

    def _prepare(self, *args, **kwargs):
        data = super()._prepare(*args, **kwargs)
        n_tokens = getattr(self.module_.body, "n_tokens", None) if self.network == "htnet" else None
        if n_tokens == 1:
            size = self.map_shape_[1]
            warn_user(
                f"network='htnet' has one token in every attention at {size} px: attention over one token is "
                f"the identity, queries and keys learn nothing; maps of {4 * size} px have 16."
            )
        return data
