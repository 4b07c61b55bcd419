from typing import NamedTuple


class LeakFinding(NamedTuple):
    """One thing that an audit found.

    Attributes
    ----------
    kind : str
        "duplicate", "near-duplicate", "subjects", "scaled", "target-encoded" (in the data), "fitted-before",
        "holds-data" (in the pipeline), "state", "predictions", "batch", "inner-split", "unrepeatable" (in its
        fits).
    message : str
        A sentence: what was found, and why it leaks.
    """

    kind: str
    message: str
