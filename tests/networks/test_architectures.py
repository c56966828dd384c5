from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from support.networks import REPRESENTATIONS
from support.networks import network as network_params

from lensfinder.networks.architectures import build_network
from lensfinder.params import Model
from lensfinder.typing import Float32Array

SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "cube": ((50, 50, 56),),
    "pseudo_spectra": ((2, 56, 50),),
    "one_pseudo_spectrum": ((1, 56, 50),),
    "white": ((50, 50, 1),),
    "colours": ((1, 1, 56),),
    "stamps": ((48, 48, 1), (16, 16, 3)),
}


def model(representation: str) -> Model:
    still = {"normalisation": "global_max", "symmetries": False, "shift_max_pixels": 0}
    return network_params(representation, **(still if representation == "colours" else {}))


def build(representation: str, shapes: Sequence[tuple[int, ...]], seed: int) -> keras.Model:
    return build_network(model(representation), REPRESENTATIONS[representation], shapes, seed)


def noise(n: int, shapes: Sequence[tuple[int, ...]], seed: int) -> list[Float32Array]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, *shape)).astype(np.float32) for shape in shapes]


def stamps_of(arrays: list[Float32Array]) -> dict[str, Float32Array]:
    return dict(zip(("vis", "nisp"), arrays, strict=True))


@pytest.mark.parametrize("representation", SHAPES)
def test_network_gives_probabilities_and_its_weights_follow_the_seed(representation: str) -> None:
    shapes = SHAPES[representation]
    images = noise(3, shapes, seed=1)
    network = build(representation, shapes, seed=1)
    scores = network.predict_on_batch(stamps_of(images) if representation == "stamps" else images[0])
    assert scores.shape == (3, 1)
    assert np.all((scores > 0) & (scores < 1))

    first = network.get_weights()
    same = build(representation, shapes, seed=1)
    other = build(representation, shapes, seed=2)
    assert [layer.name for layer in same.layers] == [layer.name for layer in network.layers]
    assert all(np.array_equal(a, b) for a, b in zip(first, same.get_weights(), strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other.get_weights(), strict=True))


def test_exchanging_the_two_pseudo_spectra_changes_nothing() -> None:
    shapes = SHAPES["pseudo_spectra"]
    [pairs] = noise(4, shapes, seed=2)
    network = build("pseudo_spectra", shapes, seed=1)
    scores = network.predict_on_batch(pairs)
    np.testing.assert_allclose(network.predict_on_batch(pairs[:, ::-1]), scores, rtol=1e-5)
    assert np.ptp(scores) > 1e-3


def test_one_pseudo_spectrum_is_judged_as_two_alike_would_be() -> None:
    [one] = noise(4, SHAPES["one_pseudo_spectrum"], seed=2)
    single, double = (build(name, SHAPES[name], seed=1) for name in ("one_pseudo_spectrum", "pseudo_spectra"))
    twice = np.concatenate([one, one], axis=1)
    np.testing.assert_allclose(single.predict_on_batch(one), double.predict_on_batch(twice), rtol=1e-5)


def test_every_colour_is_judged() -> None:
    [colours] = noise(1, SHAPES["colours"], seed=2)
    one_changed = np.repeat(colours, 57, axis=0)
    for band in range(56):
        one_changed[band, ..., band] += 1
    scores = build("colours", SHAPES["colours"], seed=1).predict_on_batch(one_changed)[:, 0]
    assert np.abs(scores[:-1] - scores[-1]).min() > 0


def test_bands_are_mixed_before_anything_else_looks_at_the_cube() -> None:
    network = build("cube", SHAPES["cube"], seed=1)
    first = next(layer for layer in network.layers if layer.get_weights())
    assert first.kernel_size == (1, 1)
    assert first.output.shape[-1] == 4


def test_both_cameras_are_judged_and_the_names_say_which_is_which() -> None:
    shapes = SHAPES["stamps"]
    network = build("stamps", shapes, seed=1)
    assert [form.name for form in REPRESENTATIONS["stamps"].forms] == ["vis", "nisp"]
    assert {tensor.name: tuple(tensor.shape[1:]) for tensor in network.inputs} == stamps_of(list(shapes))
    vis, nisp = noise(4, shapes, seed=3)
    scores = network.predict_on_batch({"vis": vis, "nisp": nisp})
    for other in ({"vis": vis[::-1], "nisp": nisp}, {"vis": vis, "nisp": nisp[::-1]}):
        assert np.abs(network.predict_on_batch(other) - scores).max() > 1e-4


def test_no_pixel_of_a_stamp_is_passed_over() -> None:
    shapes = SHAPES["stamps"]
    network = build("stamps", shapes, seed=1)
    firsts = [layer for layer in network.layers if hasattr(layer, "kernel_size")]
    for first in (layer for layer in firsts if layer.input.name in ("vis", "nisp")):
        assert first.kernel_size == first.strides


@pytest.mark.parametrize("representation", SHAPES)
def test_as_many_shapes_as_inputs(representation: str) -> None:
    with pytest.raises(ValueError, match=r"argument|unpack"):
        build(representation, (*SHAPES[representation], (8, 8, 1)), seed=1)
