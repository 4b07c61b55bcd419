"""Nets on pictures of a clip: DSSN on two streams of flow maps, LEARNet on dynamic images."""

from numbers import Real

import torch

from skmer._utils._arguments import PATH
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.classifiers._map_net import MapNetClassifier
from skmer.classifiers._pretrained import load_pretrained
from skmer.nn import DSSN, LEARNet
from skmer.training import ClipDataset

SHARE = [Interval(Real, 0, 1, closed="left")]
FILE = {"pretrained": [*PATH, None], "pretrained_sha256": [str, None]}


def check_least_size(net, shape, least):
    """Refuse maps that a network pools away."""
    if min(shape[-2:]) < least:
        raise ValueError(
            f"{type(net).__name__} takes maps of at least {least} px, got {shape[-2]} x {shape[-1]}; pass a "
            "larger size= to the transformer before it."
        )


class DSSNClassifier(MapNetClassifier):
    """Dual-stream shallow network (DSSN), AlexNet's front on two streams of flow maps; SSSN with one stream.

    Parameters
    ----------
    fusion : {"multiply", "add", "concatenate"}, default="multiply"
        How the streams' features are joined.
    pretrained : path or None, default=None
        File of ImageNet weights of the original, grouped AlexNet, safetensors or .npz, with the arrays
        ``conv1.weight`` (96, 3, 11, 11), ``conv1.bias``, ``conv2.weight`` (256, 48, 5, 5) and ``conv2.bias``.
        None starts from random filters, and warns: the published net does not.
    pretrained_sha256 : str or None, default=None
        Checksum that the file must have; that of the file read is in ``pretrained_sha256_``.
    trainable : {"all", "head"}, default="all"
        What is trained; "head" computes the joined features once and fits the linear layer alone, which is
        the only quick way without a GPU.
    rim : bool, default=True
        Whether the published net's rim of zeros goes into the linear layer; it changes no prediction.
    dropout : float, default=0.5
        Share of the joined features dropped in training.
    max_epochs : int, default=100
        Epochs.
    lr : float, default=1e-4
        Learning rate.
    batch_size : int, default=60
        Mini-batch size.
    module, norm, normalize_motion, class_weight, optimizer, weight_decay, schedule, dtype : object
        As of `MapNetClassifier`; the network has no normalisation to choose.
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
    module_ : DSSN
        The network; 972,805 parameters with five classes at 227 px.
    pretrained_sha256_ : str or None
        Checksum of the file of weights.

    References
    ----------
    Khor et al., "Dual-stream shallow networks for facial micro-expression recognition", ICIP 2019,
    doi:10.1109/ICIP.2019.8802965.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from skmer.classifiers import DSSNClassifier
    >>> X = np.random.default_rng(0).normal(size=(6, 2, 3, 64, 64)).astype(np.float32)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # random filters
    ...     clf = DSSNClassifier(trainable="head", max_epochs=1, random_state=0).fit(X, [0, 1] * 3)
    >>> clf.predict_proba(X).shape
    (6, 2)
    """

    _shapes = {5: "(n_clips, streams, C, H, W)"}
    _maps_come_from = "FlowMaps(channels=(('u', 'v', 'magnitude'), ('u', 'v', 'strain'))) makes them"
    _parameter_constraints: dict = for_estimators(
        {
            **MapNetClassifier._parameter_constraints,
            **FILE,
            "fusion": [StrOptions({"multiply", "add", "concatenate"})],
            "trainable": [StrOptions({"all", "head"})],
            "rim": ["boolean"],
            "dropout": SHARE,
        }
    )

    def __init__(
        self,
        fusion="multiply",
        *,
        pretrained=None,
        pretrained_sha256=None,
        trainable="all",
        rim=True,
        dropout=0.5,
        max_epochs=100,
        lr=1e-4,
        batch_size=60,
        module=DSSN,
        **kwargs,
    ):
        super().__init__(module, max_epochs=max_epochs, lr=lr, batch_size=batch_size, **kwargs)
        self.fusion = fusion
        self.pretrained = pretrained
        self.pretrained_sha256 = pretrained_sha256
        self.trainable = trainable
        self.rim = rim
        self.dropout = dropout

    def _module_params(self):
        return {"fusion": self.fusion, "dropout": self.dropout, "rim": self.rim}

    def _check_rows(self, X, y, resume):
        X, y = super()._check_rows(X, y, resume)
        check_least_size(self, X.shape, DSSN.min_size)
        return X, y

    def _prepare(self, X, y, sample_weight=None, groups=None, resume=False, classes=None):
        data = super()._prepare(X, y, sample_weight, groups, resume, classes)
        if resume:
            return data
        self.pretrained_sha256_ = None
        if self.pretrained is None:
            warn_user(
                "DSSNClassifier without pretrained= starts from random filters, where the published net has "
                "ImageNet's; its figures are another network's."
            )
            return data
        for k in range(len(self.module_.streams)):
            names = {
                f"streams.{k}.{layer}.{kind}": f"conv{number}.{kind}"
                for number, layer in ((1, 0), (2, 4))
                for kind in ("weight", "bias")
            }
            digest = load_pretrained(self.module_, self.pretrained, names, self.pretrained_sha256)
        self.pretrained_sha256_ = digest
        return data

    def train(self, data):
        """Train the initialized net for ``max_epochs`` epochs, or its linear layer on the joined features.

        Parameters
        ----------
        data : ClipDataset
            Rows, as `prepare_fit` returns them.

        Returns
        -------
        self : estimator
            Trained.
        """
        frozen = self.trainable == "head"
        self.module_.streams.requires_grad_(not frozen)
        return super().train(self._joined(data) if frozen else data)

    def _joined(self, data):
        """Return the rows with their joined features in the place of maps."""
        with torch.no_grad():
            parts = [
                self.module_.join_streams(rows.to(self.device) / self.scale_) for rows in data.X.split(16)
            ]
        # The loop divides what it takes by the scale of the maps.
        features = (torch.cat(parts) * self.scale_).cpu().numpy()
        return ClipDataset(features, data.y, data.sample_weight.numpy(), data.groups, row_axes=1)


class LEARNetClassifier(MapNetClassifier):
    """LEARNet: four columns of convolutions on dynamic images.

    The training is in no published code; the defaults for it are ours.

    Parameters
    ----------
    norm : {"group", "batch"} or None, default="group"
        Normalisation; "batch" is published.
    dropout : float, default=0.5
        Share of the dense layer's values dropped in training.
    max_epochs : int, default=100
        Epochs.
    lr : float, default=1e-4
        Learning rate.
    batch_size : int, default=16
        Mini-batch size.
    module, normalize_motion, class_weight, optimizer, weight_decay, schedule, dtype : object
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
    module_ : LEARNet
        The network; 1,866,053 parameters with five classes on three channels of 112 px.

    See Also
    --------
    skmer.feature_extraction.DynamicImage : Makes its input.

    References
    ----------
    Verma et al., "LEARNet: Dynamic Imaging Network for Micro Expression Recognition", IEEE TIP 29, 2020,
    doi:10.1109/TIP.2019.2912358.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import LEARNetClassifier
    >>> X = np.random.default_rng(0).normal(size=(6, 1, 32, 32)).astype(np.float32)
    >>> LEARNetClassifier(max_epochs=1, random_state=0).fit(X, [0, 1] * 3).predict_proba(X).shape
    (6, 2)
    """

    _shapes = {4: "(n_clips, C, H, W)"}
    _maps_come_from = "DynamicImage makes them from sequences"
    _parameter_constraints: dict = {**MapNetClassifier._parameter_constraints, "dropout": SHARE}

    def __init__(
        self,
        *,
        norm="group",
        dropout=0.5,
        max_epochs=100,
        lr=1e-4,
        batch_size=16,
        module=LEARNet,
        **kwargs,
    ):
        super().__init__(module, norm=norm, max_epochs=max_epochs, lr=lr, batch_size=batch_size, **kwargs)
        self.dropout = dropout

    def _module_params(self):
        return {"norm": self.norm, "dropout": self.dropout}

    def _check_rows(self, X, y, resume):
        X, y = super()._check_rows(X, y, resume)
        check_least_size(self, X.shape, LEARNet.min_size)
        return X, y
