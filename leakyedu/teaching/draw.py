"""Random numbers for the cases of a check."""

import math

import torch
from torch import Generator, Tensor


class Draw:
    """Draws float64 numbers: a plain one, or a tensor where a shape is given.

    Args:
        generator: where they come from.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def between(self, low: float, high: float, *shape: int) -> float | Tensor:
        """Return numbers that lie anywhere between two."""
        x = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return self._plain(low + (high - low) * x)

    def scales(self, low: float, high: float, *shape: int) -> float | Tensor:
        """Return numbers between two above 0, each power of ten as often as another one."""
        x = torch.as_tensor(self.between(math.log(low), math.log(high), *shape), dtype=torch.float64)
        return self._plain(x.exp())

    def normal(self, *shape: int) -> float | Tensor:
        """Return normal numbers of mean 0 and variance 1."""
        return self._plain(torch.randn(shape, generator=self.generator, dtype=torch.float64))

    def shuffled(self, x: Tensor) -> Tensor:
        """Return the values of a tensor in another order."""
        return x[torch.randperm(len(x), generator=self.generator)]

    def _plain(self, x: Tensor) -> float | Tensor:
        return x if x.ndim else float(x)
