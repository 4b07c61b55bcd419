"""DeRe-GRL as a scikit-learn classifier."""

from numbers import Integral, Real

import torch

from skmer._utils._arguments import Takes, integer
from skmer._utils._sklearn import HasMethods, Interval, Options, StrOptions, for_estimators
from skmer.classifiers import _actions
from skmer.classifiers._net import ClipNetClassifier
from skmer.classifiers._parameters import make_augmentation
from skmer.classifiers._prediction import average_rows, softmax
from skmer.classifiers._validation import check_node_rows
from skmer.face import FaceGraph
from skmer.nn import DeReGRL, DeReGRLLoss
from skmer.training import BatchIterator, ClipDataset, augment_batches


def _each(names, constraint):
    return {name: [constraint] for name in names.split()}


class DeReGRLClassifier(ClipNetClassifier):
    """Decomposition and reconstruction learning on a graph of facial landmarks (DeRe-GRL).

    A graph and temporal convolution backbone reads the landmark motion of a clip's three keyframes; an action
    decomposition module turns each facial component (brows, nose, mouth) into K actions; a relation
    reconstruction module weighs them; a linear classifier decides. Three losses beside the cross-entropy keep
    actions compact, weights close to their class's mean, and no action from taking over.

    The defaults regularise for a few hundred clips; `skmer.pipelines.paper_pipeline` has the paper's choices.

    Parameters
    ----------
    n_actions : int, default=3
        Actions K per component, eq. (1). Paper: 3, searched over 2 to 8.
    n_channels : int, default=16
        Hidden channels D of a node. Paper: 16 on CASME II, 8 on SAMM.
    n_layers : int, default=2
        Graph and temporal convolution pairs in the backbone.
    lambda_center, lambda_weight, lambda_balance : float, default=0.1, 0.1, 0.01
        Weights lambda1 to lambda3 of the losses of action compactness, class-specific weights and balance,
        eqs. (7)-(9). Paper: 1, 1 and 0.1 on plain sums.
    graph : str or FaceGraph, default="brow-nose-lip31"
        Nodes, components and skeleton: a preset of `skmer.face.FaceGraph`, a graph of one's own, or
        ``"generic"``, which takes any flat table, every column a node.
    lambda_action_units : float, default=1.0
        Weight of the cross-entropy of the action units that `fit` is given, each read off the features of one
        action. Without effect where it is given none.
    lambda_sparsity, lambda_orthogonality : float, default=0.0
        Weights of the entropy of the maps of eq. (2), and of their overlap within a component. Ours.
    decomposition, reconstruction : bool, default=True
        The modules of eqs. (1)-(3) and (4)-(5). Both False: the backbone with its features flattened into the
        linear classifier.
    adjacency : {"skeleton+learned", "skeleton", "learned", "full"}, default="skeleton+learned"
        Matrix of the graph convolutions. Ours; the paper leaves it open.
    relations : {"learned", "full", "component"}, default="learned"
        Matrix A_r over the actions, eq. (4).
    activation : {"relu", "leaky_relu", "elu", "gelu", "tanh"}, default="relu"
        Activation between convolutions.
    action_softmax : {"nodes", "actions"}, default="nodes"
        Axis over which eq. (2) sums to one.
    init_actions : {"random", "units"}, default="random"
        Maps of eq. (2) before training: near uniform, or the landmarks that action units move
        (`skmer.face.action_unit_shares`). Ours. This, the two losses of the maps and action units in `fit`
        are trained by autograd, at several times the time of the compiled loops.
    weight_norm : {"l1", "l2"}, default="l1"
        Norm of eq. (5).
    weight_sigmoid : bool, default=True
        Whether a sigmoid comes before that norm.
    fusion : {"concatenate", "sum"}, default="concatenate"
        How weighted actions enter the classifier, eq. (6).
    centers : {"batch", "learned"}, default="batch"
        Centres of eq. (8): class means of the batch, or parameters.
    balance : {"relative", "absolute"}, default="relative"
        Target of eq. (9): weights divided by their sum (ours), or as they are (FDRL).
    loss_reduction : {"mean", "sum"}, default="mean"
        Whether eqs. (7)-(9) average over the entries of a sample (ours) or add them up (as printed).
    dropout : float, default=0.0
        Share of the classifier's input dropped in training.
    channels : tuple of {"magnitude", "relative", "edge"}, default=("magnitude",)
        Channels that the network appends to the nodes' own: length of the motion, features relative to the
        facial component's mean, relative to the neighbours' mean. X keeps its shape. Without effect on a
        graph of one frame.
    linear_skip : bool, default=True
        Whether a linear map from X, which starts at zero, is added to the logits beside the reconstruction.
    label_smoothing : float, default=0.1
        Share of each label that the cross-entropy spreads evenly over all classes.
    horizontal_flip : bool, default=True
        Flip half of the training samples left to right, and average each prediction with that of the mirror
        image. Without effect on a graph that has no mirror.
    noise : float, default=0.4
        Standard deviation of the noise added in training, as a multiple of the clip's rms displacement.
    head_motion_noise : float, default=0.5
        The same of a random shift, turn and growth of the whole face: what alignment may leave of the head's
        motion. Without effect on a graph of one frame.
    normalize_motion : bool, default=True
        Whether each clip is divided by its rms over the frames that move, so that strong and weak movements
        of one kind are the same. Without effect on a graph of one frame.
    class_weight : {"balanced", "sqrt-balanced"}, dict or None, default="sqrt-balanced"
        Weights of the classes in every term of the loss, as in scikit-learn; ``"sqrt-balanced"`` has the
        square roots of the balanced ones, since a rare class with doubtful labels would weigh too much.
    lr : float, default=0.003
        Learning rate, the maximum of the schedule.
    weight_decay : float, default=0.1
        Weight decay of the optimizer.
    schedule : "one-cycle" or None, default="one-cycle"
        Learning-rate schedule. With None, skorch's ``LRScheduler`` can be a callback.
    max_epochs : int, default=40
        Epochs; the last one's weights are the result.
    batch_size : int, default=16
        Mini-batch size; an incomplete last batch is dropped. -1 is full batch.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the training; "float64" is for checks. Predictions are made in float64 either way.
    device : str, default="auto"
        Device; "auto" is CUDA where there is one, and is resolved anew on each machine.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order, augmentation and dropout. With an int no global generator is read or
        moved; None draws one seed from numpy's, as everywhere in scikit-learn.
    verbose : int, default=0
        0 prints nothing, 1 a line per epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the last one. A parameter of the architecture that has changed since starts
        anew.
    train_split : None, splitter or callable, default=None
        Rows held out from training for callbacks such as ``EarlyStopping``: a scikit-learn splitter that
        respects groups, of which the first split is taken, or skorch's ``ValidSplit``. Needs ``fit(...,
        groups=)``; a split that divides a subject is refused.
    callbacks : list, "disable" or None, default=None
        skorch callbacks, added to the default ones.
    module : type, default=DeReGRL
        Torch module; it is built with the graph, ``in_channels``, ``n_classes`` and the parameters above that
        shape it.
    criterion : type, default=DeReGRLLoss
        Loss; called with the module's output, class indices and sample weights.
    optimizer : type, default=torch.optim.AdamW
        Optimizer.
    iterator_train, iterator_valid : type, default=BatchIterator
        Batches of a dataset; `torch.utils.data.DataLoader` works too, at twice the time.
    dataset : type, default=ClipDataset
        Type of the rows in skorch's own methods.
    predict_nonlinearity : callable, default=softmax
        From logits to probabilities.
    compile : bool, default=False
        Whether modules go through `torch.compile`.
    use_caching, torch_load_kwargs : object
        As of `skorch.NeuralNet`; `load_params` loads weights and the scale of the input, no classes.
    classes : array-like, default=None
        Labels, where they are not to be taken from ``y``.
    **kwargs : object
        skorch's dunder parameters, such as ``optimizer__betas=(0.8, 0.99)``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        T * N * C, for every form of X.
    graph_ : FaceGraph
        The resolved graph.
    action_units_ : ndarray of shape (n_units,)
        Numbers of the action units that the fit was given, -1 for a column without one.
    scale_ : float
        Rms of the training features, by which X is divided.
    module_ : DeReGRL
        The network.
    criterion_ : DeReGRLLoss
        The composite loss.
    history : skorch.history.History
        Losses by epoch: ``train_loss`` and its terms ``train_cross_entropy``, ``train_center``,
        ``train_weight``, ``train_balance``.

    See Also
    --------
    skmer.feature_extraction.LandmarkGraphTransformer : Makes X from frames.
    skmer.model_selection.evaluate_loso : Leave-one-subject-out evaluation.

    References
    ----------
    Wei et al., "Prior Information Based Decomposition and Reconstruction Learning for Micro-Expression
    Recognition", IEICE Trans. Inf. & Syst. E106-D(10), 1752-1756, 2023, arXiv 2303.01776.

    Examples
    --------
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=5, random_state=0).fit(X, clips.target)
    >>> clf.predict_proba(X).shape, clf.action_weights(X).shape
    ((40, 5), (40, 9))
    """

    _structural = ("graph", "normalize_motion")
    _row_axes = 3
    action_weights, action_maps = _actions.action_weights, _actions.action_maps
    fit, partial_fit, prepare_fit = _actions.fit, _actions.partial_fit, _actions.prepare_fit
    predict_action_units = _actions.predict_action_units
    action_activations = _actions.action_activations
    action_fields = _actions.action_fields
    contributions = _actions.contributions
    _check_action_units = _actions.check_action_units
    _module_params = _actions.module_params
    _criterion_params = _actions.criterion_params
    _parameter_constraints: dict = for_estimators(
        {
            **_each("n_actions n_channels n_layers max_epochs", integer(1)),
            **_each(
                "lambda_center lambda_weight lambda_balance lambda_action_units",
                Interval(Real, 0, None, closed="left"),
            ),
            **_each(
                "lambda_sparsity lambda_orthogonality noise head_motion_noise weight_decay",
                Interval(Real, 0, None, closed="left"),
            ),
            **_each("decomposition reconstruction weight_sigmoid linear_skip", "boolean"),
            **_each("horizontal_flip normalize_motion warm_start", "boolean"),
            "graph": [str, FaceGraph],
            "adjacency": [StrOptions({"skeleton+learned", "skeleton", "learned", "full"})],
            "relations": [StrOptions({"learned", "full", "component"})],
            "activation": [StrOptions({"relu", "leaky_relu", "elu", "gelu", "tanh"})],
            "action_softmax": [StrOptions({"nodes", "actions"})],
            "init_actions": [StrOptions({"random", "units"})],
            "weight_norm": [StrOptions({"l1", "l2"})],
            "fusion": [StrOptions({"concatenate", "sum"})],
            "centers": [StrOptions({"batch", "learned"})],
            "balance": [StrOptions({"relative", "absolute"})],
            "loss_reduction": [StrOptions({"mean", "sum"})],
            "dropout": [Interval(Real, 0, 1, closed="left")],
            "channels": [tuple, list],
            "label_smoothing": [Interval(Real, 0, 1, closed="left")],
            "class_weight": [StrOptions({"balanced", "sqrt-balanced"}), dict, None],
            "lr": [Interval(Real, 0, None, closed="neither")],
            "schedule": [StrOptions({"one-cycle"}), None],
            "batch_size": [integer(1), Options(Integral, {-1})],
            "dtype": [StrOptions({"float32", "float64"})],
            "device": [str, torch.device],
            "random_state": ["random_state"],
            "verbose": ["verbose"],
            "train_split": [Takes(2), HasMethods(["split", "get_n_splits"]), None],
        }
    )

    def __init__(
        self,
        n_actions=3,
        n_channels=16,
        n_layers=2,
        lambda_center=0.1,
        lambda_weight=0.1,
        lambda_balance=0.01,
        graph="brow-nose-lip31",
        *,
        lambda_action_units=1.0,
        lambda_sparsity=0.0,
        lambda_orthogonality=0.0,
        decomposition=True,
        reconstruction=True,
        adjacency="skeleton+learned",
        relations="learned",
        activation="relu",
        action_softmax="nodes",
        init_actions="random",
        weight_norm="l1",
        weight_sigmoid=True,
        fusion="concatenate",
        centers="batch",
        balance="relative",
        loss_reduction="mean",
        dropout=0.0,
        channels=("magnitude",),
        linear_skip=True,
        label_smoothing=0.1,
        horizontal_flip=True,
        noise=0.4,
        head_motion_noise=0.5,
        normalize_motion=True,
        class_weight="sqrt-balanced",
        lr=3e-3,
        weight_decay=0.1,
        schedule="one-cycle",
        max_epochs=40,
        batch_size=16,
        dtype="float32",
        device="auto",
        random_state=None,
        verbose=0,
        warm_start=False,
        train_split=None,
        callbacks=None,
        module=DeReGRL,
        criterion=DeReGRLLoss,
        optimizer=torch.optim.AdamW,
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
        self.n_actions = n_actions
        self.n_channels = n_channels
        self.n_layers = n_layers
        self.lambda_center = lambda_center
        self.lambda_weight = lambda_weight
        self.lambda_balance = lambda_balance
        self.lambda_action_units = lambda_action_units
        self.lambda_sparsity = lambda_sparsity
        self.lambda_orthogonality = lambda_orthogonality
        self.graph = graph
        self.decomposition = decomposition
        self.reconstruction = reconstruction
        self.adjacency = adjacency
        self.relations = relations
        self.activation = activation
        self.action_softmax = action_softmax
        self.init_actions = init_actions
        self.weight_norm = weight_norm
        self.weight_sigmoid = weight_sigmoid
        self.fusion = fusion
        self.centers = centers
        self.balance = balance
        self.loss_reduction = loss_reduction
        self.dropout = dropout
        self.channels = channels
        self.linear_skip = linear_skip
        self.label_smoothing = label_smoothing
        self.horizontal_flip = horizontal_flip
        self.noise = noise
        self.head_motion_noise = head_motion_noise
        self.normalize_motion = normalize_motion
        self.class_weight = class_weight
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.dtype = dtype
        self.random_state = random_state

    def _data_params(self):
        n_channels = self.n_features_in_ // (self.graph_.n_frames * self.graph_.n_nodes)
        return {"graph": self.graph_, "in_channels": n_channels}

    def _check_rows(self, X, y, resume):
        return check_node_rows(self, X, y, resume)

    def _read_augmentation(self):
        self.augmentation_ = make_augmentation(self)

    def _augment(self, features):
        return augment_batches(features[None], [self])[0]

    def _predict_rows(self, proba, X):
        return average_rows(self, proba, X)
