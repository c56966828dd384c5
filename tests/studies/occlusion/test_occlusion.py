"""Occlusion: losses against scipy and by hand, networks that are known to look at one place only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special
from support.project import PARAMS as FILE
from support.project import changed

from lensfinder.errors import UserError
from lensfinder.evaluation.intervals import object_groups
from lensfinder.networks.outputs import write_network
from lensfinder.params import read_params
from lensfinder.studies.occlusion.images import occluded_scores, patches, single_bands
from lensfinder.studies.occlusion.measures import (
    balanced_sample,
    band_table,
    cross_entropy,
    loss_increase,
    place_table,
)
from lensfinder.studies.occlusion.occlude import judge_of
from lensfinder.studies.occlusion.summary import occlusion_words
from lensfinder.typing import AnyArray, Float32Array

PARAMS = read_params(FILE)
Judge = Callable[[AnyArray], Float32Array]
JUDGING = changed(PARAMS.jpas.judging, {"bootstrap_samples": 300})


def test_cross_entropy_is_that_of_the_training() -> None:
    rng = np.random.default_rng(1)
    label, score = rng.integers(0, 2, 500), rng.uniform(0.001, 0.999, 500).astype(np.float32)
    expected = special.xlogy(label, score) + special.xlogy(1 - label, 1 - score.astype(float))
    np.testing.assert_allclose(cross_entropy(label, score), -expected, rtol=1e-5)
    import keras  # after lensfinder.networks, which sets what TensorFlow reads when it is first imported

    keras_loss = keras.losses.BinaryCrossentropy()(label.astype(np.float32), score)
    assert cross_entropy(label, score).mean() == pytest.approx(float(keras_loss), rel=1e-4)
    assert cross_entropy(np.array([1, 0]), np.array([0.0, 1.0])) == pytest.approx([-np.log(1e-7)] * 2)


def test_the_sample_is_balanced_and_follows_its_seed() -> None:
    kind = np.array(["lens"] * 50 + ["pair"] * 9 + ["alone"] * 30)
    chosen = balanced_sample(kind, 20, seed=1)
    assert Counter(kind[chosen].tolist()) == {"lens": 9, "pair": 9, "alone": 9}
    assert np.all(np.diff(chosen) > 0)
    assert len(balanced_sample(kind, 4, seed=1)) == 12
    np.testing.assert_array_equal(balanced_sample(kind, 20, seed=1), chosen)
    assert not np.array_equal(balanced_sample(kind, 20, seed=2), chosen)


def test_the_loss_rises_by_what_hiding_costs() -> None:
    """Hiding the first region leaves all as it was; the second costs each object exactly ln 2."""
    label = np.arange(80) % 2
    whole = np.where(label == 1, 0.8, 0.2)
    hidden = np.stack([whole, np.where(label == 1, 0.4, 0.6)])
    rise = loss_increase(label, whole, hidden, object_groups(80), JUDGING, seed=1)
    np.testing.assert_allclose(rise["loss"], -np.log(0.8))
    np.testing.assert_allclose(rise["loss_increase"], [0, np.log(2)], atol=1e-12)
    np.testing.assert_allclose(rise["interval_low"], rise["interval_high"], atol=1e-12)

    # Where only some objects suffer, the interval is that of a mean: ± 1.96 standard errors.
    costs = np.random.default_rng(3).exponential(0.3, 400)
    label = np.ones(400, int)
    suffering = 0.9 * np.exp(-costs)[None]
    rise = loss_increase(label, np.full(400, 0.9), suffering, object_groups(400), JUDGING, seed=1)
    error = costs.std() / np.sqrt(400)
    assert rise["loss_increase"][0] == pytest.approx(costs.mean())
    assert rise["interval_low"][0] == pytest.approx(costs.mean() - 1.96 * error, abs=0.3 * error)
    assert rise["interval_high"][0] == pytest.approx(costs.mean() + 1.96 * error, abs=0.3 * error)


def one_eyed(path: Path, shape: tuple[int, ...], *pixel: int) -> None:
    """A network that looks at a single number of its input."""
    import keras

    images = keras.layers.Input(shape)
    seen = keras.ops.reshape(images[(slice(None), *pixel)], (-1, 1))
    write_network(path, keras.Model(images, keras.layers.Activation("sigmoid")(seen)))


@pytest.fixture
def networks(tmp_path: Path) -> dict[str, Judge]:
    """One looks at y = 6, x = 2, band 3 of the cube, the other at band 3 of the sum along y at x = 2."""
    paths = {name: tmp_path / f"{name}.keras" for name in ("cube", "pseudo_spectra")}
    one_eyed(paths["cube"], (10, 10, 4), 6, 2, 3)
    one_eyed(paths["pseudo_spectra"], (2, 4, 10), 0, 3, 2)
    return {name: judge_of([path], name, 0) for name, path in paths.items()}


def test_each_network_misses_what_it_looks_at_and_nothing_else(networks: dict[str, Judge]) -> None:
    cubes = np.random.default_rng(4).uniform(0.1, 1, (7, 10, 10, 4)).astype(np.float16)
    before = cubes.copy()
    steps: list[int] = []
    regions = [*single_bands(4), *patches(10, 5)]
    whole, *hidden = occluded_scores(networks, cubes, regions, steps.append)
    np.testing.assert_array_equal(cubes, before)
    assert sum(steps) == len(hidden) == len(regions)
    np.testing.assert_allclose(whole["cube"], special.expit(cubes[:, 6, 2, 3].astype(float)), rtol=1e-5)
    missed = {
        name: [place for place, of in enumerate(hidden) if np.any(of[name] != whole[name])]
        for name in networks
    }
    # Squares in the order (0, 0), (0, 5), (5, 0), (5, 5) of y and x, after the four bands.
    assert missed == {"cube": [3, 6], "pseudo_spectra": [3, 4, 6]}
    np.testing.assert_allclose(hidden[3]["cube"], 0.5)
    summed = cubes[:, :5, 2, 3].astype(float).sum(axis=1)
    np.testing.assert_allclose(hidden[6]["pseudo_spectra"], special.expit(summed), rtol=1e-3)


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"no network")
    with pytest.raises(UserError, match=r"model\.keras"):
        judge_of([tmp_path / "model.keras"], "cube", 0)


def test_several_networks_judge_together(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("left.keras", "right.keras")]
    for path, x in zip(paths, (2, 7), strict=True):
        one_eyed(path, (10, 10, 4), 6, x, 3)
    cubes = np.random.default_rng(4).uniform(0.1, 1, (7, 10, 10, 4)).astype(np.float16)
    mean_logit = cubes[:, 6, [2, 7], 3].astype(float).mean(axis=1)
    np.testing.assert_allclose(judge_of(paths, "cube", 0)(cubes), special.expit(mean_logit), rtol=1e-5)


def rises(values: list[float], width: float) -> pd.DataFrame:
    value = np.array(values)
    interval = {"interval_low": value - width, "interval_high": value + width}
    return pd.DataFrame({"loss": 0.1, "loss_increase": value, **interval})


def test_tables_name_bands_and_places() -> None:
    bands = band_table({"a": rises([1, 2], 0), "b": rises([3, 4], 0)}, ("u", "v"), np.array([4000.0, 5000.0]))
    found = bands[["model", "band", "loss_increase"]].to_numpy().tolist()
    assert found == [["a", "u", 1], ["a", "v", 2], ["b", "u", 3], ["b", "v", 4]]
    places = place_table({"a": rises([1, 2, 3, 4], 0)}, pixels=10, pixel_scale_arcsec=0.2)
    # As the squares are: x runs first; their middles lie half a square from the centre.
    found = places[["y_arcsec", "x_arcsec"]].to_numpy().tolist()
    assert found == [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]]


def test_words_follow_from_the_numbers() -> None:
    wavelength = np.array([4000.0, 5000.0, 6000.0])
    names = ("u", "v", "w")
    values = {"cube": rises([0.0, 0.03, -0.01], 0.005), "pseudo_spectra": rises([0.0, 0.003, -0.001], 0.005)}
    places = place_table({name: rises([0.02, 0, 0, 0], 0.001) for name in values}, 10, 0.2)
    text = occlusion_words(band_table(values, names, wavelength), places, 0.95)
    assert "For 1 of 3 bands" in text
    assert "largest without v (5000 Å): +0.0300 (+0.0250 to +0.0350)" in text
    assert "For 0 of 3 bands" in text
    assert "No single band is seen to be needed." in text
    assert "100 % come from the 4 places" in text
    assert "+1.00 over bands and +1.00 over places" in text

    opposite = {**values, "pseudo_spectra": rises([0.0, -0.003, 0.001], 0.005)}
    assert "−1.00 over bands" in occlusion_words(band_table(opposite, names, wavelength), places, 0.95)
    blind = {**values, "pseudo_spectra": rises([0.0, 0.0, 0.0], 0.0)}
    dark = place_table({name: rises([0.0] * 4, 0.0) for name in values}, 10, 0.2)
    assert "does not react" in occlusion_words(band_table(blind, names, wavelength), dark, 0.95)
