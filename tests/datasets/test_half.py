from __future__ import annotations

import numpy as np
import pytest

from lensfinder.datasets.half import HALF_TO_FLOAT, float_to_half


def convert(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.size, np.uint16)
    float_to_half(np.ascontiguousarray(values, np.float32), out)
    return out.view(np.float16)


def test_every_half_survives_the_round_trip() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    assert np.array_equal(convert(finite.astype(np.float32)).view(np.uint16), finite.view(np.uint16))
    assert np.array_equal(HALF_TO_FLOAT[finite.view(np.uint16)], finite.astype(np.float32))


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("scale", [1e-9, 1e-7, 6e-5, 1e-2, 1.0, 1e3, 6e4, 1e6])
def test_rounds_as_numpy_does(scale: float) -> None:
    values = (np.random.default_rng(0).standard_normal(50_000) * scale).astype(np.float32)
    assert np.array_equal(convert(values).view(np.uint16), values.astype(np.float16).view(np.uint16))


@pytest.mark.filterwarnings("ignore:overflow")
def test_ties_and_limits() -> None:
    values = np.array(
        [0.0, -0.0, 1 + 2**-11, 1 + 3 * 2**-11, 65519.0, 65520.0, -1e9, 2**-25, 3 * 2**-25], np.float32
    )
    assert np.array_equal(convert(values).view(np.uint16), values.astype(np.float16).view(np.uint16))
