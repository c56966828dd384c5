"""Noise, light and repeats of images, found in the pass that reads them."""

from __future__ import annotations

import numpy as np
import pytest
from support.gate_dataset import InMemory

from lensfinder.gate.image_facts import border_noise, fingerprints, image_facts

INNER = (slice(3, 13), slice(3, 13), slice(1, 5, 3))
PIXELS = 16


def noisy(n: int, sigma: float = 0.5) -> np.ndarray:
    return np.random.default_rng(0).normal(0.0, sigma, (n, PIXELS, PIXELS, 5)).astype(np.float16)


def test_noise_is_that_of_the_border_without_the_light() -> None:
    images = noisy(400).astype(np.float32)
    assert border_noise(images).mean() == pytest.approx(0.5, rel=0.01)
    ramp = np.linspace(0.0, 1.0, PIXELS)[:, None, None]
    images += ramp  # light that is smooth from pixel to pixel
    images[:, 4:12, 4:12] += 50.0
    images[:, 0, 5] += 50.0  # a star at the border
    # Two of 60 differences see the star: their mean square would be 9 times as large in σ.
    assert border_noise(images).mean() == pytest.approx(0.5, rel=0.07)


def test_light_is_the_sum_over_the_region_and_its_error_that_of_the_noise() -> None:
    images = noisy(400)
    images[:, 8, 8] += 100
    images[:, 0, 0] += 1000
    facts = image_facts(InMemory(images), 401, INNER)
    assert facts["flux"].mean() == pytest.approx(100, abs=1)
    scatter = facts["flux"].std()
    assert facts["flux_error"].mean() == pytest.approx(scatter, rel=0.1)
    assert facts.iloc[400][["noise", "flux", "flux_error"]].isna().all()


@pytest.mark.parametrize("shape", [(4, 4, 3), (2, 5, 7), (1,), (3,)])
def test_same_images_have_the_same_fingerprint_and_no_others(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(1).normal(size=(6, *shape)).astype(np.float16)
    images[4] = images[2]
    words = fingerprints(images)
    assert words[4] == words[2]
    assert np.unique(words).size == 5
    images[4].reshape(-1)[-1] += 1
    assert np.unique(fingerprints(images)).size == 6


def test_blank_and_damaged_images_are_no_repeats() -> None:
    images = noisy(5)
    images[1:3], images[3, 0, 0, 0] = 0.0, np.nan
    assert list(image_facts(InMemory(images), 6)["fingerprint"] == "") == [
        False,
        True,
        True,
        True,
        False,
        True,
    ]
