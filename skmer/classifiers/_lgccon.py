"""LGCcon as a classifier: the apex frame, and its best region."""

from numbers import Real

import numpy as np
import torch

from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.classifiers._image_nets import FILE, SHARE, check_least_size
from skmer.classifiers._map_net import MapNetClassifier
from skmer.classifiers._pretrained import load_pretrained
from skmer.nn import LGCcon, LGCconLoss

_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]


class LGCconClassifier(MapNetClassifier):
    """Joint local and global learning on the apex frame (LGCcon): the face, and its best of nine strips.

    Four linear heads over shared layers score the face and each strip; a clip's score is that of its face
    plus the largest over its strips, class by class. Auxiliary heads and a centre loss on the score train the
    layers. That is the method; the small backbone is ours, and VGG-16 needs weights.

    Parameters
    ----------
    backbone : {"small", "vgg16"}, default="small"
        Convolutions and dense layers. "vgg16" has 134,342,484 parameters with five classes.
    strips : {"vertical", "horizontal"}, default="vertical"
        Direction of the regions: the published file can be read both ways.
    pretrained : path or None, default=None
        File of weights for "vgg16", safetensors or .npz, with ``features.<k>.weight`` and ``.bias`` as
        torchvision numbers them; its first four convolutions stay as they are.
    pretrained_sha256 : str or None, default=None
        Checksum that the file must have.
    lambda_auxiliary : float, default=0.7
        Weight of each auxiliary head's cross-entropy.
    lambda_center : float, default=0.008
        Weight of the centre loss; 0.0002 in another of the authors' files.
    dropout : float, default=0.5
        Share of values dropped after each dense layer. Published: 0.8.
    max_epochs : int, default=100
        Epochs; ours, as are `lr`, `batch_size` and the optimizer.
    lr : float, default=3e-4
        Learning rate.
    batch_size : int, default=32
        Mini-batch size.
    module, criterion, norm, normalize_motion, class_weight, optimizer, weight_decay : object
        As of `MapNetClassifier`; the criterion is `skmer.nn.LGCconLoss`.
    schedule, dtype, device, random_state, verbose, warm_start, train_split, callbacks : object
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
    module_ : LGCcon
        The network.
    history : skorch.history.History
        ``train_loss`` and its terms ``train_cross_entropy``, ``train_auxiliary_face``,
        ``train_auxiliary_region`` and ``train_center``.

    See Also
    --------
    skmer.feature_extraction.ApexImage : Makes its input.
    skmer.magnification.MotionMagnifier : Before it: an apex as filmed hardly differs from rest.

    References
    ----------
    Li et al., "Joint Local and Global Information Learning With Single Apex Frame Detection for
    Micro-Expression Recognition", IEEE TIP 30, 2021, doi:10.1109/TIP.2020.3035042.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import LGCconClassifier
    >>> X = np.random.default_rng(0).random((6, 1, 64, 64), dtype=np.float32)
    >>> LGCconClassifier(max_epochs=1, random_state=0).fit(X, [0, 1] * 3).predict_proba(X).shape
    (6, 2)
    """

    _shapes = {4: "(n_clips, C, H, W)"}
    _maps_come_from = "ApexImage makes them from frames"
    _loss_terms = ("cross_entropy", "auxiliary_face", "auxiliary_region", "center")
    _parameter_constraints: dict = for_estimators(
        {
            **MapNetClassifier._parameter_constraints,
            **FILE,
            "backbone": [StrOptions({"small", "vgg16"})],
            "strips": [StrOptions({"vertical", "horizontal"})],
            "lambda_auxiliary": _NOT_NEGATIVE,
            "lambda_center": _NOT_NEGATIVE,
            "dropout": SHARE,
        }
    )

    def __init__(
        self,
        backbone="small",
        *,
        strips="vertical",
        pretrained=None,
        pretrained_sha256=None,
        lambda_auxiliary=0.7,
        lambda_center=0.008,
        dropout=0.5,
        max_epochs=100,
        lr=3e-4,
        batch_size=32,
        module=LGCcon,
        criterion=LGCconLoss,
        **kwargs,
    ):
        super().__init__(
            module, criterion=criterion, max_epochs=max_epochs, lr=lr, batch_size=batch_size, **kwargs
        )
        self.backbone = backbone
        self.strips = strips
        self.pretrained = pretrained
        self.pretrained_sha256 = pretrained_sha256
        self.lambda_auxiliary = lambda_auxiliary
        self.lambda_center = lambda_center
        self.dropout = dropout

    def _module_params(self):
        names = ("norm", "backbone", "strips", "dropout")
        return {name: getattr(self, name) for name in names}

    def _criterion_params(self):
        return {"lambda_auxiliary": self.lambda_auxiliary, "lambda_center": self.lambda_center}

    def infer(self, x, **fit_params):
        return tuple(super().infer(x, **fit_params))  # skorch builds a tuple's type anew, from a generator

    def _check_rows(self, X, y, resume):
        X, y = super()._check_rows(X, y, resume)
        check_least_size(self, X.shape, LGCcon.min_size)
        if (self.backbone == "vgg16") != (self.pretrained is not None):
            raise ValueError(
                f"backbone={self.backbone!r} with pretrained={self.pretrained!r}: VGG-16 on a few hundred "
                "clips needs a file of weights, and the small backbone has none."
            )
        return X, y

    def _prepare(self, X, y, sample_weight=None, groups=None, resume=False, classes=None):
        data = super()._prepare(X, y, sample_weight, groups, resume, classes)
        if not resume and self.backbone == "vgg16":
            layers = [
                k for k, layer in enumerate(self.module_.features) if isinstance(layer, torch.nn.Conv2d)
            ]
            names = [f"features.{k}.{kind}" for k in layers for kind in ("weight", "bias")]
            file = self.pretrained, dict(zip(names, names, strict=True)), self.pretrained_sha256
            self.pretrained_sha256_ = load_pretrained(self.module_, *file)
            for k in layers[:4]:
                self.module_.features[k].requires_grad_(False)
        return data

    def region_scores(self, X):
        """Return the score of each strip for each class, before the largest is taken.

        Parameters
        ----------
        X : array-like of shape (n_clips, C, H, W)
            As in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_clips, 9, n_classes)
            Strips from left to right, or from top to bottom.
        """
        X = self._check_predicted(X)
        self._set_training(False)
        module = self.module_
        with torch.no_grad():
            parts = [
                module.heads["region"](module.regions(module.features(rows.to(self.device) / self.scale_)))
                for rows in torch.as_tensor(X).to(getattr(torch, self.dtype)).split(16)
            ]
        return np.concatenate([part.cpu().numpy() for part in parts])
