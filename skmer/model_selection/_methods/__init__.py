"""Many methods on one list of clips: names to estimators, the evaluation, its result and its forms."""
