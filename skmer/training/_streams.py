"""Seeded streams of random numbers, one for each thing that a fit draws."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import check_random_state


@dataclass
class Streams:
    """Where a fit draws from; nothing in it reads or moves a global generator.

    Attributes
    ----------
    weights : int
        Seed of the initial weights.
    shuffle, augmentation, dropout : torch.Generator
        Order of the rows, mirrors and noise, dropout masks.
    """

    weights: int
    shuffle: torch.Generator
    augmentation: torch.Generator
    dropout: torch.Generator

    @classmethod
    def from_random_state(cls, random_state):
        """Derive the four streams from what scikit-learn calls a random state."""
        seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=4)
        return cls(int(seeds[0]), *[torch.Generator().manual_seed(int(seed)) for seed in seeds[1:]])
