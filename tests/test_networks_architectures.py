from __future__ import annotations

import numpy as np
import pytest

from lensfinder.networks.architectures import build_network
from lensfinder.params import Model

SHAPES = {"cube": (50, 50, 56), "pseudo_spectra": (2, 56, 50)}


def model(representation: str, dropout: float = 0.2) -> Model:
    return Model.model_validate(
        {
            "representation": representation,
            "normalisation": "per_band_max",
            "symmetries": True,
            "shift_max_pixels": 2,
            "free_rotation_and_zoom": False,
            "filters": (4, 6, 8),
            "dense_units": 5,
            "dropout": dropout,
        }
    )


@pytest.mark.parametrize("representation", SHAPES)
def test_network_gives_probabilities_and_its_weights_follow_the_seed(representation: str) -> None:
    shape = SHAPES[representation]
    images = np.random.default_rng(1).normal(size=(3, *shape)).astype(np.float32)
    network = build_network(model(representation), shape, seed=1)
    scores = network.predict_on_batch(images)
    assert scores.shape == (3, 1)
    assert np.all((scores > 0) & (scores < 1))

    first = network.get_weights()
    same = build_network(model(representation), shape, seed=1)
    other = build_network(model(representation), shape, seed=2)
    assert [layer.name for layer in same.layers] == [layer.name for layer in network.layers]
    assert all(np.array_equal(a, b) for a, b in zip(first, same.get_weights(), strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other.get_weights(), strict=True))


def test_exchanging_the_two_pseudo_spectra_changes_nothing() -> None:
    shape = SHAPES["pseudo_spectra"]
    pairs = np.random.default_rng(2).normal(size=(4, *shape)).astype(np.float32)
    network = build_network(model("pseudo_spectra"), shape, seed=1)
    scores = network.predict_on_batch(pairs)
    np.testing.assert_allclose(network.predict_on_batch(pairs[:, ::-1]), scores, rtol=1e-5)
    assert np.ptp(scores) > 1e-3


def test_bands_are_mixed_before_anything_else_looks_at_the_cube() -> None:
    network = build_network(model("cube"), SHAPES["cube"], seed=1)
    first = next(layer for layer in network.layers if layer.get_weights())
    assert first.kernel_size == (1, 1)
    assert first.output.shape[-1] == 4
