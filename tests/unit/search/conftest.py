"""Galleries of all three regimes and both kernels."""

import importlib.util
import os

import numpy as np
import pytest

from misid.search import GroupedGallery

COUNTS = np.array([5e4, 1.2e5, 3e3])
FACTORS = np.array([[8.0, 0.5, 1.0], [0.5, 3.0, 0.2], [1.0, 0.1, 20.0], [0.3, 0.3, 0.3]])


@pytest.fixture
def galleries():
    """Return one gallery for each way in which scores are drawn."""
    return {
        "limit": GroupedGallery(COUNTS, FACTORS),
        "ordered": GroupedGallery(COUNTS / 1000, FACTORS),
        "mixed": GroupedGallery(np.array([3e3, 2.0, 0.0]), np.array([[1.0, 1.0, 9.0], [1.0, 500.0, 1.0]])),
    }


@pytest.fixture(params=["numpy", pytest.param("numba", marks=pytest.mark.slow)])
def kernel_name(request):
    """Return the name of each kernel in turn; in CI a missing one is a failure."""
    if request.param == "numba" and importlib.util.find_spec("numba") is None and os.environ.get("CI") != "true":
        pytest.skip("numba is not installed")
    return request.param
