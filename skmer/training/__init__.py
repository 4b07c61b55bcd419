"""Training of torch modules: data sets, seeded streams, training loops and stacks."""

__all__: list = []
