"""What displays of actions share: which estimator has them, what feeds it, what they are called."""

from sklearn.pipeline import Pipeline


def classifier_and_features(estimator, X):
    """Last step of a fitted pipeline and what its earlier steps make of `X`; an estimator alone with `X`."""
    if isinstance(estimator, Pipeline):
        *before, (_, classifier) = estimator.steps
        features = Pipeline(before).transform(X) if before else X
    else:
        classifier, features = estimator, X
    if not hasattr(classifier, "action_maps"):
        raise TypeError(
            "estimator must be a DeReGRLClassifier or a pipeline that ends in one, got "
            f"{type(classifier).__name__}."
        )
    return classifier, features


def action_names(graph, n_actions):
    """Component and number of each action: ``["brow 1", ..., "lip 3"]``; list of `n_actions`."""
    per_component = n_actions // len(graph.components)
    return [f"{name} {k + 1}" for name in graph.components for k in range(per_component)]
