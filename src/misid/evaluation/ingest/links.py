"""Who is one subject, where a file says only which samples are mates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes

Index = npt.NDArray[np.int64]


def joined(nodes: int, first: npt.ArrayLike, second: npt.ArrayLike) -> Index:
    """Return the connected sets of a graph: samples joined by a chain of mate links are one subject.

    Parameters
    ----------
    nodes : int
        Samples.
    first, second : array_like of int, shape (m,)
        Ends of each link.

    Returns
    -------
    ndarray of int64, shape (nodes,)
        Set of each sample.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.asarray(first, np.int64), np.asarray(second, np.int64)
    graph = coo_array((np.ones(rows.size, np.int8), (rows, columns)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def numbered(labels: npt.ArrayLike) -> tuple[Codes, int]:
    """Return labels as numbers from 0, in the order in which they first occur.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        Labels.

    Returns
    -------
    codes : ndarray of int32, shape (n,)
        Number of each.
    count : int
        Distinct labels.
    """
    values = np.asarray(labels)
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.int32)
    rank[np.argsort(first)] = np.arange(first.size, dtype=np.int32)
    return rank[inverse], int(first.size)
