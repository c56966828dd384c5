"""Numbers of the white image, on images whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest

from lensfinder.surveys.jpas.baselines import APERTURES_PIXELS, BASELINES, shape

SIDE, BANDS = 50, 4
NAMES = (
    *("peak", *(f"within_{of}" for of in APERTURES_PIXELS), "offset", "size", "ellipticity", "gini"),
    *("asymmetry", "second", "distance", "valley", "third"),
)


def cubes(*spots: tuple[float, float, float, float]) -> np.ndarray:
    """One cube with Gaussian spots of flux, y, x and standard deviation, the same in all bands."""
    y, x = np.mgrid[:SIDE, :SIDE]
    white = np.zeros((SIDE, SIDE))
    for flux, y_spot, x_spot, sigma in spots:
        square = (y - y_spot) ** 2 + (x - x_spot) ** 2
        white += flux * np.exp(-0.5 * square / sigma**2) / (2 * np.pi * sigma**2)
    return np.repeat(white[None, ..., None] / BANDS, BANDS, axis=-1).astype(np.float16)


def numbers(images: np.ndarray) -> dict[str, float]:
    (row,) = shape([images])
    return dict(zip(NAMES, row, strict=True))


def test_a_round_spot_is_round_small_and_alone() -> None:
    of = numbers(cubes((1000.0, 24, 25, 2.0)))
    assert of["size"] == pytest.approx(2.0 * np.sqrt(2), rel=0.01)
    assert of["within_6"] == pytest.approx(1 - np.exp(-0.5 * (6.2 / 2) ** 2), abs=0.01)
    assert of["within_15"] == pytest.approx(1.0, abs=1e-3)
    assert (of["ellipticity"], of["offset"], of["second"]) == pytest.approx((0, 0, 0), abs=1e-2)
    assert of["gini"] > 0.9


def test_of_two_spots_distance_brightness_and_valley_are_told() -> None:
    of = numbers(cubes((1000.0, 20, 15, 1.5), (500.0, 20, 31, 1.5), (200.0, 40, 25, 1.5)))
    assert of["distance"] == 16.0
    assert (of["second"], of["third"]) == pytest.approx((0.5, 0.2), abs=0.01)
    assert of["valley"] < 0.01
    near = numbers(cubes((1000.0, 25, 22, 1.8), (800.0, 25, 28, 1.8)))
    # σ = 1.98 after smoothing: (1000 + 800) exp(−3²/2σ²) in the middle, against 800 and a little.
    assert (near["distance"], near["valley"]) == (6.0, pytest.approx(0.70, abs=0.03))
    assert near["ellipticity"] > 0.3


def test_half_a_turn_about_the_stamps_centre_changes_what_is_not_symmetric() -> None:
    middle = (SIDE - 1) / 2
    assert numbers(cubes((1000.0, middle, middle, 3.0)))["asymmetry"] == pytest.approx(0.0, abs=1e-3)
    assert numbers(cubes((1000.0, 10, 10, 2.0)))["asymmetry"] == pytest.approx(2.0, abs=1e-3)


def test_shape_knows_neither_brightness_nor_colour_nor_orientation() -> None:
    rng = np.random.default_rng(5)
    images = cubes((1000.0, 20, 15, 1.5), (500.0, 20, 31, 1.5)) + rng.normal(0, 0.5, (SIDE, SIDE, BANDS))
    images = images.astype(np.float32)
    expected = shape([images])
    assert shape([images * 4]) == pytest.approx(expected, rel=1e-4)
    assert shape([images[..., ::-1]]) == pytest.approx(expected, rel=1e-4)
    assert shape([images[:, ::-1]]) == pytest.approx(expected, rel=1e-4)
    assert shape([images.swapaxes(1, 2)]) == pytest.approx(expected, rel=1e-4)


def test_numbers_are_finite_and_those_of_an_image_do_not_hang_on_its_neighbours() -> None:
    images = np.concatenate([cubes((50.0, 20, 15, 1.5)), np.zeros((1, SIDE, SIDE, BANDS), np.float16)])
    images = np.concatenate([images, -images])
    for of in BASELINES.values():
        together = of([images])
        assert np.isfinite(together).all()
        alone = np.concatenate([of([images[row : row + 1]]) for row in range(len(images))])
        assert together == pytest.approx(alone, rel=1e-5)


def test_total_magnitude_is_that_of_all_light_in_all_bands() -> None:
    assert BASELINES["total_magnitude"]([cubes((100.0, 25, 25, 2.0))]) == pytest.approx(
        np.array([[18.9]]), abs=1e-3
    )
