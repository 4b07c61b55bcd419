"""Identity, card and checkpoint of a run."""
