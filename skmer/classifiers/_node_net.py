"""Nets on node features: graphs, views, mirror images, augmentation and compiled epochs."""

from contextlib import contextmanager

from skmer._utils._torch import usual_torch
from skmer.classifiers._net import ClipNetClassifier
from skmer.classifiers._parameters import make_augmentation
from skmer.classifiers._prediction import average_flips, average_views
from skmer.classifiers._validation import check_channel_pairs, check_clips, normalize_clips, resolve_graph
from skmer.training import CompiledEpochs, augment_batches


class NodeNetClassifier(ClipNetClassifier):
    """Base of the classifiers that train a torch module on node features (n_clips, T, N, C)."""

    _structural = ("graph", "normalize_motion")

    def fit(self, X, y=None, sample_weight=None, *, groups=None):
        """Train on clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, T, N, C), (n_clips, n_views, T, N, C) or (n_clips, T * N * C)
            Node features, any unit: one factor found on these rows scales them.
        y : array-like of shape (n_clips,)
            Class labels: strings, integers or booleans. None only where a torch dataset holds them.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip in every term of the loss; a clip of weight zero is left out.
        groups : array-like of shape (n_clips,), optional
            Subject of each clip. Read by ``train_split`` and by nothing else.

        Returns
        -------
        self : estimator
            Fitted.
        """
        return super().fit(X, y, sample_weight, groups=groups)

    def predict_proba(self, X):
        """Return class probabilities, averaged over views and, with ``horizontal_flip``, mirror images.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``; rows sum to one.
        """
        return super().predict_proba(X)

    def _check_rows(self, X, y, resume):
        graph = self.graph_ if resume else resolve_graph(self.graph, X)
        checked = check_clips(self, X, y, graph=graph, reset=not resume)
        X = checked if y is None else checked[0]
        check_channel_pairs(self, graph, X.shape[-1])
        if not resume:
            self.graph_ = graph
        X = normalize_clips(X) if self.normalize_motion else X
        return X if y is None else (X, checked[1])

    def _row_axes(self, X):
        return 3

    def _data_params(self):
        n_channels = self.n_features_in_ // (self.graph_.n_frames * self.graph_.n_nodes)
        return {"graph": self.graph_, "in_channels": n_channels}

    def initialize(self):
        if hasattr(self, "graph_"):
            self.augmentation_ = make_augmentation(self)
        return super().initialize()

    @usual_torch()
    def train(self, data, epochs=None):
        """Train the initialized net.

        Parameters
        ----------
        data : ClipDataset
            Rows, as `prepare_fit` returns them.
        epochs : int, default=None
            Number of epochs. None: ``max_epochs``.

        Returns
        -------
        self : estimator
            Trained.
        """
        self.augmentation_ = make_augmentation(self)
        return super().train(data, epochs)

    @contextmanager
    def _while_training(self):
        self.compiled_ = CompiledEpochs(self) if CompiledEpochs.supports(self) else None
        try:
            yield
        finally:
            self.compiled_ = None

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        compiled = getattr(self, "compiled_", None) if training else None
        if compiled is not None and compiled.has_update:
            compiled.run_epoch(iterator, prefix)
        else:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)

    def train_step_single(self, batch, **fit_params):
        if getattr(self, "compiled_", None) is None:
            rows, target = batch
            features = augment_batches(rows["X"][None], [self])[0]
            return super().train_step_single(({**rows, "X": features}, target), **fit_params)
        self._set_training(True)
        terms, output = self.compiled_.gradients(batch)
        self._record_terms(terms, "train")
        return {"loss": terms.total[0], "y_pred": output}

    def _predict_rows(self, proba, X):
        return average_views(self, lambda rows: average_flips(self, proba, rows), X)
