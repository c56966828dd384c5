from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lensfinder.networks.augmentation import augment_cube, augment_pseudo_spectra, draw_augmentations
from lensfinder.networks.inputs import Batches, training_batches
from lensfinder.networks.kernels import conversion_table, fill_batch
from lensfinder.networks.normalisation import ASINH_SOFTENING, normalise
from lensfinder.params import Model
from lensfinder.typing import AnyArray

NORMALISATIONS = ("per_band_max", "global_max", "asinh")
SHAPES = {"cube": (14, 14, 5), "pseudo_spectra": (2, 5, 14)}
N = 40


def model(representation: str, normalisation: str = "per_band_max", free: bool = False) -> Model:
    return Model.model_validate(
        {
            "representation": representation,
            "normalisation": normalisation,
            "symmetries": True,
            "shift_max_pixels": 2,
            "free_rotation_and_zoom": free,
            "filters": (4, 4),
            "dense_units": 4,
            "dropout": 0.0,
        }
    )


def images_of(representation: str) -> AnyArray:
    """Noise over eleven decades, subnormal numbers included, with one dark band and one dark image."""
    rng = np.random.default_rng(3)
    scale = 10.0 ** rng.uniform(-7, 4, (N, *(1 for _ in SHAPES[representation])))
    images = (scale * rng.normal(size=(N, *SHAPES[representation]))).astype(np.float16)
    bands = (..., 2) if representation == "cube" else (slice(None), slice(None), 2)
    images[bands] = -np.abs(images[bands])
    images[7] = -np.abs(images[7])
    images[8] = 0
    return images


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize(
    ("representation", "free"), [("cube", False), ("cube", True), ("pseudo_spectra", False)]
)
def test_compiled_input_is_the_plain_one(
    representation: str, free: bool, normalisation: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "images.npy", images_of(representation))
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    chosen = model(representation, normalisation, free)
    rng = np.random.default_rng(4)
    rows = rng.permutation(N)
    augmentations = draw_augmentations(N, chosen, rng)
    compiled = np.full((N, *SHAPES[representation]), np.nan, dtype=np.float32)
    table = conversion_table(representation, normalisation)
    fill_batch(images, rows, augmentations, representation, normalisation, table, compiled)

    augment = augment_cube if representation == "cube" else augment_pseudo_spectra
    for batch_row, row in enumerate(rows):
        plain = augment(normalise(images[row], representation, normalisation), augmentations[batch_row])
        np.testing.assert_allclose(compiled[batch_row], plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("representation", SHAPES)
def test_what_is_not_finite_does_not_become_a_number(representation: str, bad: float) -> None:
    images = images_of(representation)
    images[0, 1, 1, 1] = bad
    batch, _ = Batches(images, np.array([0, 1]), np.zeros(2), model(representation), 2)[0]
    assert not np.isfinite(batch[0]).all()
    assert np.isfinite(batch[1]).all()


@pytest.mark.parametrize("representation", SHAPES)
def test_per_band_max_is_one_or_left_alone(representation: str) -> None:
    images = images_of(representation)
    axes = (1, 2) if representation == "cube" else (3,)
    before = images.astype(np.float32)
    after = normalise(images, representation, "per_band_max")
    positive = before.max(axis=axes, keepdims=True) > 0
    np.testing.assert_allclose(after.max(axis=axes, keepdims=True)[positive], 1, rtol=1e-6)
    dark = np.broadcast_to(~positive, before.shape)
    assert dark.any()
    np.testing.assert_array_equal(after[dark], before[dark])


def test_global_max_keeps_colours_and_asinh_keeps_brightness() -> None:
    images = np.random.default_rng(6).uniform(1, 50, (7, *SHAPES["pseudo_spectra"])).astype(np.float16)
    whole = normalise(images, "pseudo_spectra", "global_max")
    np.testing.assert_allclose(whole.max(axis=(2, 3)), 1, rtol=1e-6)  # each of the two by its own maximum
    ratio = whole / images.astype(np.float32)
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[..., :1, :1], ratio.shape), rtol=1e-5)
    stretched = normalise(images, "pseudo_spectra", "asinh")
    np.testing.assert_allclose(
        np.sinh(stretched.astype(np.float64)) * ASINH_SOFTENING["pseudo_spectra"],
        images,
        rtol=1e-5,
        atol=1e-12,
    )


def test_an_epoch_shows_every_object_once_with_its_label() -> None:
    images = images_of("cube")
    rows = np.arange(3, N, 2)
    labels = rows % 3 == 0
    batches = training_batches(images, rows, labels, model("cube"), batch_size=4, seed=5, epoch=1)
    assert sorted(batches.rows) == list(rows)
    np.testing.assert_array_equal(batches.labels[:, 0], batches.rows % 3 == 0)
    assert len(batches) == 5
    shown = [batches[i] for i in range(len(batches))]
    assert [len(batch) for batch, _ in shown] == [4, 4, 4, 4, 3]
    np.testing.assert_array_equal(np.concatenate([label for _, label in shown]), batches.labels)


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    images, rows = images_of("cube"), np.arange(N)

    def first_batch(seed: int, epoch: int) -> AnyArray:
        return training_batches(images, rows, rows % 2, model("cube"), 30, seed, epoch)[0][0]

    np.testing.assert_array_equal(first_batch(1, 2), first_batch(1, 2))
    assert not np.array_equal(first_batch(1, 2), first_batch(1, 3))
    assert not np.array_equal(first_batch(1, 2), first_batch(2, 2))


def test_validation_is_neither_shuffled_nor_augmented() -> None:
    images, rows = images_of("pseudo_spectra"), np.array([5, 1, 9])
    batch, _ = Batches(images, rows, np.zeros(3), model("pseudo_spectra"), 8)[0]
    np.testing.assert_allclose(batch, normalise(images[rows], "pseudo_spectra", "per_band_max"), rtol=1e-6)
