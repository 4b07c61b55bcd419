"""Metadata routing of scikit-learn: which parameters a model's ``fit`` asks for."""

from sklearn import get_config
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)


def check_routing(model, params) -> None:
    """Refuse parameters that nobody asks for, or has not decided on, where metadata routing is on."""
    if params and get_config()["enable_metadata_routing"]:
        routed_params(model, params, strict=True)


def routed_params(model, given, strict=False) -> dict:
    """Return those of the given parameters that a model's ``fit`` asks for under metadata routing."""
    router = MetadataRouter(owner="fit").add(
        estimator=model, method_mapping=MethodMapping().add(caller="fit", callee="fit")
    )
    wanted = router.consumes("fit", given)
    if not wanted and not strict:
        return {}
    chosen = {name: value for name, value in given.items() if strict or name in wanted}
    return process_routing(router, "fit", **chosen).estimator.fit


def split_params(pipeline, params) -> tuple[dict, dict]:
    """Return parameters of a Pipeline's ``fit``: those of the steps before the last, and the last step's."""
    if get_config()["enable_metadata_routing"]:
        front = pipeline[:-1] if len(pipeline.steps) > 1 else None
        mine = set() if front is None else get_routing_for_object(front).consumes("fit_transform", params)
        return {name: params[name] for name in mine}, routed_params(pipeline[-1], params)
    prefix = f"{pipeline.steps[-1][0]}__"
    own = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}
    return {name: value for name, value in params.items() if not name.startswith(prefix)}, own
