"""A saved network takes what the arrays hold: flux in µJy, with nothing of ours beside Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.networks import REPRESENTATIONS, network, normalise

from lensfinder.networks.architectures import build_network
from lensfinder.networks.inputs import Batches
from lensfinder.networks.outputs import write_network
from lensfinder.networks.predict import predict_scores
from lensfinder.typing import AnyArray, Float32Array

N = 20
SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "cube": ((16, 16, 6),),
    "pseudo_spectra": ((2, 6, 16),),
    "one_pseudo_spectrum": ((1, 6, 16),),
    "white": ((16, 16, 1),),
    "colours": ((1, 1, 6),),
    "stamps": ((36, 36, 1), (12, 12, 3)),
}
CASES = [
    (representation, normalisation)
    for representation in SHAPES
    for normalisation in ("per_band_max", "global_max", "asinh")
    if (representation, normalisation) != ("colours", "per_band_max")
]
# As somebody who has the file, the arrays, Keras and NumPy.
BY_HAND = """
import json, sys
import keras
import numpy as np

network = keras.models.load_model("model.keras")
with np.load("images.npz") as file:
    images = dict(file)
assert not [name for name in sys.modules if name.startswith("lensfinder")]
for kind in (np.float16, np.float32, np.float64):
    given = {name: array.astype(kind) for name, array in images.items()}
    scores = network.predict(given if len(given) > 1 else list(given.values())[0], verbose=0)
    print(json.dumps(scores[:, 0].tolist()))
"""


def images_of(representation: str) -> list[AnyArray]:
    """Noise from 1e-3 to 1e3 µJy, one image dark and one empty."""
    rng = np.random.default_rng(3)
    arrays: list[AnyArray] = []
    for shape in SHAPES[representation]:
        scale = 10.0 ** rng.uniform(-3, 3, (N, *(1 for _ in shape)))
        images = (scale * rng.normal(size=(N, *shape))).astype(np.float16)
        images[7] = -np.abs(images[7])
        images[8] = 0
        arrays.append(images)
    return arrays


def trained(path: Path, representation: str, normalisation: str) -> Float32Array:
    """Write an untrained network as a training does; return what it gives on the training's input."""
    still = {"symmetries": False, "shift_max_pixels": 0} if representation == "colours" else {}
    model = network(representation, normalisation=normalisation, **still)
    read, images = REPRESENTATIONS[representation], images_of(representation)
    bare = build_network(model, read, SHAPES[representation], seed=1)
    saved = build_network(model, read, SHAPES[representation], seed=2, reads_flux=True)
    saved.set_weights(bare.get_weights())
    write_network(path, saved)
    batch, _ = Batches(images, np.arange(N), np.zeros(N), model, read, N)[0]
    scores: Float32Array = bare.predict_on_batch(batch)[:, 0]
    return scores


@pytest.mark.parametrize(("representation", "normalisation"), CASES)
def test_flux_gets_the_scores_of_the_training(
    representation: str, normalisation: str, tmp_path: Path
) -> None:
    path, images = tmp_path / "model.keras", images_of(representation)
    expected = trained(path, representation, normalisation)
    assert np.ptp(expected) > 1e-3
    scores = predict_scores(path, REPRESENTATIONS[representation], images, np.arange(N))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("representation", ["cube", "stamps"])
def test_the_file_needs_nothing_but_keras(representation: str, tmp_path: Path) -> None:
    expected = trained(tmp_path / "model.keras", representation, "per_band_max")
    forms = REPRESENTATIONS[representation].forms
    names = [form.name for form in forms]
    np.savez(tmp_path / "images.npz", **dict(zip(names, images_of(representation), strict=True)))
    environment = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", BY_HAND],
        cwd=tmp_path,
        env={**environment, "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=True,
    )
    scores = [json.loads(line) for line in done.stdout.splitlines()]
    np.testing.assert_allclose(scores, [expected] * 3, rtol=0, atol=1e-6)


def test_what_is_not_finite_stays_so() -> None:
    """Neither in a saved network nor in a training does a band of NaN become one of numbers."""
    images = images_of("cube")[0]
    images[0, 2, 2, 1] = np.nan
    images[1, 2, 2, 1] = np.inf
    [form] = REPRESENTATIONS["cube"].forms
    for normalisation in ("per_band_max", "global_max", "asinh"):
        model = network("cube", normalisation=normalisation)
        batch, _ = Batches([images], np.arange(N), np.zeros(N), model, REPRESENTATIONS["cube"], N)[0]
        np.testing.assert_array_equal(np.isfinite(batch), np.isfinite(normalise(images, form, normalisation)))
