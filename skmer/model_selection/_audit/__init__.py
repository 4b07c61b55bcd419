"""The leak audit: what the data, the pipeline and its fits give away."""
