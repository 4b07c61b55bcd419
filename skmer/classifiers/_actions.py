"""The actions of DeRe-GRL nets: units to learn them from; maps, weights, fields, contributions to read."""

import inspect
import re

import numpy as np

from skmer._utils._arguments import Numbers, check_argument, integer
from skmer.classifiers._prediction import average_output, average_views, require_part
from skmer.face import assign_action_units
from skmer.nn import DeReGRL, DeReGRLLoss

# Arguments that a fit finds in its data or derives from several parameters; all others of the network and
# the loss are parameters of the classifier.
_DERIVED = {
    "self",
    "graph",
    "in_channels",
    "n_classes",
    "n_weights",
    "reduction",
    "unit_actions",
    "with_maps",
}
_RIDGE = 0.1  # of the regression of displacements on standardised activations, per clip


# The methods of `skmer.classifiers.DeReGRLClassifier` that deal with actions and action units.


def fit(self, X, y=None, sample_weight=None, *, groups=None, action_units=None):
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
    action_units : array-like or DataFrame of shape (n_clips, n_units), optional
        0, 1, or NaN where a clip was not coded, as of ``clips.action_units()``, whose columns are numbers
        of the Facial Action Coding System: each unit is then read off an action of the component that it
        moves most. Others are dealt out to the actions that have the fewest.

    Returns
    -------
    self : estimator
        Fitted.
    """
    resume = self.warm_start and self.resumes()
    return self.train(self._prepare(X, y, sample_weight, groups, resume, action_units=action_units))


def partial_fit(
    self,
    X,
    y=None,
    classes=None,
    sample_weight=None,
    *,
    groups=None,
    action_units=None,
    epochs=None,
):
    """Train some more epochs from where the last fit ended.

    Parameters
    ----------
    X, y : array-like
        As in `fit`.
    classes : array-like of shape (n_classes,), optional
        All labels that will ever come; read at the first call. None: those in ``y``.
    sample_weight, groups, action_units : array-like, optional
        As in `fit`; the columns of the action units are those of the first call.
    epochs : int, default=None
        Number of epochs. None: ``max_epochs``.

    Returns
    -------
    self : estimator
        Fitted.
    """
    if epochs is not None:
        check_argument("epochs", epochs, [integer(1)])
    rows = (X, y, sample_weight, groups, self.resumes(), classes)
    return self.train(self._prepare(*rows, action_units=action_units), epochs)


def prepare_fit(self, X, y, sample_weight=None, *, groups=None, action_units=None):
    """Do all of `fit` but the training.

    Parameters
    ----------
    X, y, sample_weight, groups, action_units : array-like
        As in `fit`.

    Returns
    -------
    pairs : list of (estimator, ClipDataset)
        This net, initialized, and the rows for its `train`.
    """
    return [(self, self._prepare(X, y, sample_weight, groups, action_units=action_units))]


def check_action_units(self, action_units, n_clips, resume):
    """Validate action units, and keep or set ``action_units_``."""
    names = getattr(action_units, "columns", None)
    if names is not None:
        action_units = action_units.astype(object).where(action_units.notna(), np.nan).to_numpy()
    check_argument("action_units", action_units, [Numbers(n_clips, None, finite=False), None])
    units = None if action_units is None else np.asarray(action_units, dtype=float)
    if units is not None:
        known = np.isnan(units) | (units == 0) | (units == 1)
        if not known.all():
            raise ValueError(
                f"action_units must be 0, 1 or NaN in an array ({n_clips}, n_units), got the shape "
                f"{units.shape}; clips.action_units() makes it."
            )
    numbers = np.array([], dtype=int)
    if units is not None:
        # "AU4" and 4.0 are what tables of other tools have for 4.
        found = [
            re.fullmatch(r"(?:AU)?0*(\d+)(?:\.0)?", str(name), re.I)
            for name in (() if names is None else names)
        ]
        numbers = [int(match[1]) if match else -1 for match in found] or [-1] * units.shape[1]
        numbers = np.array(numbers, dtype=int)
    if not resume:
        self.action_units_ = numbers
    elif units is not None and not np.array_equal(numbers, self.action_units_):
        raise ValueError(
            f"action_units must have the columns of the first fit, {self.action_units_.tolist()}, got "
            f"{numbers.tolist()}; fit anew."
        )
    return units


def module_params(self):
    """Return the arguments of the network that follow from the classifier's parameters."""
    own = {name: getattr(self, name) for name in _arguments(DeReGRL)}
    return {**own, "unit_actions": _unit_actions(self), "with_maps": _has_map_losses(self)}


def _has_map_losses(self):
    return bool(self.decomposition and (self.lambda_sparsity or self.lambda_orthogonality))


def _unit_actions(self):
    numbers = getattr(self, "action_units_", ())
    if not len(numbers) or not self.decomposition:
        return ()
    return assign_action_units(self.graph_, numbers, self.n_actions)


def criterion_params(self):
    """Return the arguments of the loss that follow from the classifier's parameters."""
    n_weights = self.n_actions * len(self.graph_.component_sizes) if self.reconstruction else 0
    params = {name: getattr(self, name) for name in _arguments(DeReGRLLoss)}
    return {"n_weights": n_weights, "reduction": self.loss_reduction, **params}


def action_weights(self, X):
    """Return the weight of each action in each clip, eq. (5), averaged over views.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    weights : ndarray of shape (n_clips, P)
        P = K times the number of components, component by component.

    Raises
    ------
    ValueError
        If the network has no reconstruction module.
    """
    require_part(self, "reconstruction", "action_weights")
    return average_output(self, lambda module, x: module(x)[2], X)


def action_maps(self, X):
    """Return the share of each node in each action, eq. (2), averaged over views.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    maps : ndarray of shape (n_clips, T, N, P)
        Zero outside an action's component; with ``action_softmax="nodes"`` they sum to one over the
        nodes.

    Raises
    ------
    ValueError
        If the network has no decomposition module.
    """
    require_part(self, "decomposition", "action_maps")
    return average_output(self, lambda module, x: module.action_maps(x), X)


def predict_action_units(self, X):
    """Return the probability of each action unit that the fit was given, averaged over views.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    proba : ndarray of shape (n_clips, n_units)
        In the order of ``action_units_``.

    Raises
    ------
    ValueError
        If the fit was given none.
    """
    require_part(self, "unit_actions", "predict_action_units")
    return average_output(self, lambda module, x: module(x)[4].sigmoid(), X)


def action_activations(self, X):
    """Return the part that each action takes in each clip, as one number.

    For an action that action units are read off, their mean logit as softplus, log(1 + exp(logit)): how far
    below zero a logit is says nothing of how large a movement is. For any other, the first principal
    component of its features, eq. (3), over these clips, with the sign that makes its distribution skew
    to the right: most clips do without an action.

    Parameters
    ----------
    X : array-like
        As in `fit`, at least two clips.

    Returns
    -------
    activations : ndarray of shape (n_clips, P)
        In no unit.
    """
    require_part(self, "decomposition", "action_activations")
    features = average_output(self, lambda module, x: module(x)[1], X)
    found = np.stack([_first_component(f) for f in features.transpose(2, 0, 1, 3)], axis=1)
    owners = np.array(self.architecture_key_["unit_actions"], dtype=int)
    if len(owners):
        logits = average_output(self, lambda module, x: module(x)[4], X)
        for action in np.unique(owners):
            found[:, action] = np.logaddexp(0, logits[:, owners == action]).mean(axis=1)
    return found


def action_fields(self, X):
    """Return the displacement field that each action responds to.

    Displacements at the apex are regressed on the activations of all actions of a component together, so
    that what one action explains is not told again by its neighbour. A weight of a linear model says
    what it needs to tell a movement from others, the regression what moves with it (Haufe et al. 2014).

    Parameters
    ----------
    X : array-like of clips
        Displacements from the onset (n_clips, 3, N, 2), as in `fit`.

    Returns
    -------
    fields : ndarray of shape (P, N, 2)
        x right, y down, largest norm one; zero outside an action's component.

    References
    ----------
    Haufe et al., "On the interpretation of weight vectors of linear models in multivariate neuroimaging",
    NeuroImage 87, 2014, doi:10.1016/j.neuroimage.2013.10.067.
    """
    activations = self.action_activations(X)
    moved = average_views(self, lambda rows: np.asarray(rows, dtype=float), X)
    if moved.shape[1] < 2 or moved.shape[-1] != 2:
        raise ValueError(f"X must be displacements (n_clips, 3, N, 2), got {moved.shape}.")
    moved, fields, start = moved[:, 1] - moved[:, 0], [], 0
    for component, size in enumerate(self.graph_.component_sizes):
        own = activations[:, component * self.n_actions : (component + 1) * self.n_actions]
        found = np.zeros((self.n_actions, *moved.shape[1:]))
        found[:, start : start + size] = _patterns(own, moved[:, start : start + size])
        fields.append(found)
        start += size
    joined = np.concatenate(fields)
    largest = np.linalg.norm(joined, axis=-1).max(axis=1)[:, None, None]
    return joined / np.where(largest > 0, largest, 1)


def contributions(self, X):
    """Return the parts of the logits of each clip that are due to each action and to the linear path.

    The classifier of eq. (6) is linear in the weighted actions, so that the parts add up to the logits
    exactly. Mirror images and views are averaged, as in prediction.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    parts : ndarray of shape (n_clips, P + 2, n_classes)
        The actions in their order, the linear path, and the bias.

    Raises
    ------
    ValueError
        If the network has no decomposition module or adds the actions up (``fusion="sum"``).
    """
    require_part(self, "decomposition", "contributions")

    def both_images(module, x):
        parts = module.contributions(x)
        if not self.augmentation_.horizontal_flip:
            return parts
        return (parts + module.contributions(self.augmentation_.reflect(x))) / 2

    return average_output(self, both_images, X)


def _arguments(part):
    """Return the names of the classifier's parameters that build the network or the loss."""
    return [name for name in inspect.signature(part).parameters if name not in _DERIVED]


def _first_component(features):
    """Return the first principal component of the rows' features, skewed to the right."""
    rows = features.reshape(len(features), -1)
    rows = rows - rows.mean(axis=0)
    scores = rows @ np.linalg.svd(rows, full_matrices=False)[2][0]
    return scores * (np.sign(np.sum(scores**3)) or 1.0)


def _patterns(activations, moved):
    """Return the displacement (K, n, 2) that goes with one deviation of each activation, others held."""
    z = activations - activations.mean(axis=0)
    deviation = z.std(axis=0)
    z = z / np.where(deviation > 0, deviation, 1)
    rows = (moved - moved.mean(axis=0)).reshape(len(moved), -1)
    gram = z.T @ z + _RIDGE * len(z) * np.eye(z.shape[1])
    return np.linalg.solve(gram, z.T @ rows).reshape(-1, *moved.shape[1:])
