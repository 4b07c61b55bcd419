"""Model card of a result: Markdown below the metadata that model hubs read."""

import json

from skmer._utils._arguments import PATH, checked
from skmer._utils._files import written
from skmer._utils._text import markdown_table
from skmer.literature import cite
from skmer.model_selection._protocols import datasets_of
from skmer.model_selection._results import _summary

_LANDMARKS = {"LandmarkGraphTransformer", "FaceLandmarker", "FaceTracker", "FaceCropper", "LandmarkPatches"}
# Names of the hub's metrics, and ours.
_METRICS = {"accuracy": "accuracy", "uf1": "f1", "uar": "recall"}
_NAMES = {"accuracy": "accuracy", "uf1": "UF1", "uar": "UAR"}


@checked(path=[*PATH, None], name=[str, None], licence=[str, None], repo_id=[str, None])
def model_card(self, path=None, *, name=None, licence=None, repo_id=None):
    """Return a model card: what was trained, on what, how it was measured, and how far it reaches.

    Parameters
    ----------
    path : path-like, default=None
        File to write, such as ``README.md`` beside a saved model; None returns the text instead.
    name : str, default=None
        Name of the model; None takes the estimator's.
    licence : str, default=None
        Licence under which the model is given, by the hub's identifier, such as ``"cc-by-nc-4.0"``. None
        leaves it open, and the card says so.
    repo_id : str, default=None
        Repository that the lines on loading name, such as ``"lab/model"``.

    Returns
    -------
    text : str or None
        Markdown with metadata in YAML: data sets, scores with intervals, protocol, number of clips, limits,
        licence of the landmark model, how to load it, what to cite. None where `path` is given.

    Notes
    -----
    The scores are those of models that never saw the subject they were tested on. The model that is given
    away is usually trained on all clips: it has no score of its own, and the card says so.
    """
    name = name or _title(self.run_card)
    sections = {
        "Data": _data(self),
        "Protocol": _protocol(self),
        "Scores": _scores(self),
        "Limits": _limits(self),
        "Licence": _licence(self, licence),
        "How to load it": _loading(repo_id),
        "What to cite": f"```bibtex\n{cite(self)}```",
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    text = f"{_metadata(self, name, licence)}\n# {name}\n\n{_summary.heading(self)}.\n\n{body}\n"
    return written(text, path)


def _title(card):
    steps = card.get("parameters", {}).get("steps")
    last = steps[-1][-1] if steps else card.get("estimator", "estimator")
    return f"{last} for micro-expressions"


def _names_of_sets(result):
    return sorted(set(datasets_of(result.groups).tolist()))


def _metadata(result, name, licence):
    """Return the front matter; values are JSON, which YAML includes."""
    names = _names_of_sets(result)
    dataset = ", ".join(names)
    tags = ["micro-expression-recognition", "facial-expression", "scikit-learn", *names]
    lines = ["---", "library_name: skmer", f"tags: {json.dumps(tags)}"]
    lines += [f"license: {json.dumps(licence)}"] if licence else []
    metrics = [
        {"type": _METRICS[key], "name": f"{_NAMES[key]}, pooled", "value": round(getattr(result, key), 4)}
        for key in _summary.SCORES
    ]
    task = {"type": "video-classification", "name": "micro-expression recognition"}
    entry = {"task": task, "dataset": {"type": dataset, "name": dataset}, "metrics": metrics}
    index = [{"name": name, "results": [entry]}]
    return "\n".join([*lines, f"model-index: {json.dumps(index)}", "---", ""])


def _data(result):
    counts = ", ".join(f"{name} {count}" for name, count in result.class_counts.items())
    subjects = len(set(result.groups))
    rows = [
        ("data sets", ", ".join(_names_of_sets(result))),
        ("clips", str(result.n_clips)),
        ("subjects", str(subjects)),
        ("classes", counts),
        ("clips without features", str(result.n_missing)),
        ("annotation sheet", str(result.run_card.get("fingerprint") or "none named")),
    ]
    return markdown_table([("", ""), *rows]).replace("---:", "---")


def _protocol(result):
    card = result.run_card
    parts = [
        f"Protocol: {card.get('protocol', 'leave-one-subject-out')}, {result.n_folds} folds. Each clip is "
        "predicted once a seed by a model that saw no clip of its subject, and each score is computed once "
        "from all clips together.",
    ]
    if "searches" in card:
        parts.append("Hyper-parameters were searched inside the training subjects of each fold.")
    audit = card.get("audit")
    if audit is None:
        parts.append("The audit for leaks was not run.")
    else:
        parts.append(
            "The audit for leaks found nothing."
            if audit["passed"]
            else "The audit for leaks found: " + " ".join(audit["findings"])
        )
    return "\n\n".join(parts)


def _scores(result):
    classes = [
        (str(name), f"{row.n:.0f}", *(_summary.cell(row[column]) for column in ("precision", "recall", "f1")))
        for name, row in result.per_class.iterrows()
    ]
    header = ("class", "clips", "precision", "recall", "F1")
    tables = (markdown_table([_summary.HEADER, *_summary.summary_rows(result)]), [header, *classes])
    return "\n\n".join([tables[0], markdown_table(tables[1])])


def _limits(result):
    intervals = result.intervals()
    low, high = intervals["uf1"]
    lines = [
        f"The interval of UF1 is {low:.3f} to {high:.3f}: other people from the same laboratory would move "
        "the score that far, other cameras, laboratories and cultures further.",
        f"Guessing the commonest class has UF1 {result.baseline.uf1:.3f} and accuracy "
        f"{result.baseline.accuracy:.3f}.",
        "The scores are those of the models of the folds. A model that was trained on all clips has none.",
        "Labels are what people were made to feel and coders saw. Nothing here says what a person felt or "
        "meant; do not decide about people by it.",
    ]
    weak = result.per_class.query("n < 10").index
    if len(weak):
        lines.append(f"Fewer than ten clips stand behind {', '.join(map(str, weak))}.")
    if any(name.startswith("synthetic") for name in _names_of_sets(result)):
        lines.append("**The clips are synthetic: these scores say nothing about people.**")
    if "selection" in result.run_card:
        lines.append(f"**{result.run_card['selection']}: not comparable with other scores.**")
    return "\n".join(f"- {line}" for line in lines)


def _licence(result, licence):
    own = f"The model: {licence}." if licence else "The licence of the model is not stated: ask who made it."
    lines = [
        own,
        "A model may fall under the licence of the clips that it was trained on; ask who gave them.",
    ]
    words = {word for value in result.run_card.get("parameters", {}).values() for word in _words(value)}
    if words & _LANDMARKS:
        lines.append(
            "Landmarks of images come from dlib's 68-point model, which is no part of this one. It was "
            "trained on 300-W, whose terms exclude commercial use."
        )
    return "\n\n".join(lines)


def _words(value):
    if isinstance(value, list | tuple):
        return {word for item in value for word in _words(item)}
    return {value} if isinstance(value, str) else set()


def _loading(repo_id):
    call = 'load("model.skmer")' if repo_id is None else f'load_from_hub("{repo_id}")'
    code = f"from skmer.io import {call.partition('(')[0]}\n\nmodel = {call}\nmodel.predict(clips)"
    return (
        f"```python\n{code}\n```\n\nThe file runs no code when it is loaded. `clips` are what "
        "`skmer.datasets` reads, or one clip of `skmer.datasets.clip_from_video`."
    )
