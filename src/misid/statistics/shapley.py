"""How much of a harm each layer of a system answers for, when layers act together.

A perfect layer removes more or less harm according to which others are perfect already.  Shapley's value takes the
mean over all orders in which layers could be made perfect: the shares add up to the harm that all layers make together,
layers that do the same get the same, and a layer that changes nothing gets nothing.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, within

MOST_LAYERS = 16  # 65,536 subsets; all whole numbers in the weights are exact far beyond


def subsets(layers: int) -> tuple[tuple[int, ...], ...]:
    """Return which layers are perfect in each subset: the order that `shapley` reads, bit i for layer i."""
    m = int(within("layers", layers, 1, MOST_LAYERS, whole=True))
    return tuple(tuple(layer for layer in range(m) if index >> layer & 1) for index in range(1 << m))


def shapley(values: ArrayLike) -> Array:
    """Return each layer's share of the harm that is removed when all m layers are made perfect, shape (m, ...).

    ``values``, shape (2**m, ...), are the harm with a subset made perfect; bit i of the index is set where layer i is.
    Shares add up to ``values[0] - values[-1]``, and are below 0 for a layer that, made perfect, raises harm.

    With v the harm and the sum over all subsets S without layer i, the share is
    ``sum |S|! (m - |S| - 1)! / m! (v(S) - v(S + i))``.  The weights are whole numbers and divided once at the end, so
    shares of small counts are as exact as one division.

    Source: Shapley, A value for n-person games, in Contributions to the Theory of Games II (1953).
    """
    harm: Any = within("values", np.asarray(values, np.float64), -np.inf, above=True, below=True)
    size = harm.shape[0] if np.ndim(harm) else 0
    m = size.bit_length() - 1
    if not 1 <= m <= MOST_LAYERS or size != 1 << m:
        raise OutOfRange("values", size, f"of 2**m elements along its first axis, m from 1 to {MOST_LAYERS}")
    index = np.arange(size)
    perfect = np.array([len(layers) for layers in subsets(m)])
    weight = np.array([factorial(s) * factorial(m - 1 - s) for s in range(m)], np.float64)
    shares = np.empty((m, *harm.shape[1:]))
    for layer in range(m):
        without = index[index >> layer & 1 == 0]
        removed = harm[without] - harm[without | 1 << layer]
        shares[layer] = np.tensordot(weight[perfect[without]], removed, axes=1)
    return shares / factorial(m)
