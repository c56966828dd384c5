from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.networks import REPRESENTATIONS, network, normalise

from lensfinder.datasets.representation import InputForm, Representation
from lensfinder.networks.augmentation import augment, draw_augmentations, no_augmentations
from lensfinder.networks.inputs import Batches, training_batches
from lensfinder.networks.kernels import conversion_table, fill_batch
from lensfinder.params import Model
from lensfinder.typing import AnyArray

NORMALISATIONS = ("per_band_max", "global_max", "asinh")
SHAPES = {
    "cube": (14, 14, 5),
    "pseudo_spectra": (2, 5, 14),
    "one_pseudo_spectrum": (1, 5, 14),
    "white": (14, 14, 1),
    "colours": (1, 1, 5),
    "vis": (30, 30, 1),
    "nisp": (10, 10, 3),
}
FORMS = {form.name: form for of in REPRESENTATIONS.values() for form in of.forms}
N = 40


def model(representation: str, normalisation: str = "per_band_max", free: bool = False) -> Model:
    return network(representation, normalisation=normalisation, free_rotation_and_zoom=free)


def both(representation: str) -> tuple[Model, Representation]:
    return model(representation), REPRESENTATIONS[representation]


def images_of(name: str) -> AnyArray:
    """Noise over eleven decades, subnormal numbers included, with one dark band and one dark image."""
    rng = np.random.default_rng(3)
    scale = 10.0 ** rng.uniform(-7, 4, (N, *(1 for _ in SHAPES[name])))
    images = (scale * rng.normal(size=(N, *SHAPES[name]))).astype(np.float16)
    if name not in ("white", "vis"):
        dark = (slice(None), slice(None), 2) if FORMS[name].pseudo_spectra else (..., 2)
        images[dark] = -np.abs(images[dark])
    images[7] = -np.abs(images[7])
    images[8] = 0
    return images


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize(
    ("form", "free"),
    [(form, free) for form in FORMS.values() for free in (False, True) if not (form.pseudo_spectra and free)],
    ids=lambda value: value.name if isinstance(value, InputForm) else None,
)
def test_compiled_input_is_the_plain_one(
    form: InputForm, free: bool, normalisation: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "images.npy", images_of(form.name))
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    rng = np.random.default_rng(4)
    rows = rng.permutation(N)
    augmentations = draw_augmentations(N, model("cube", normalisation, free), rng)
    augmentations["shift_x"][3] = -SHAPES[form.name][-2]  # and further, in VIS: nothing is left
    compiled = np.full((N, *SHAPES[form.name]), np.nan, dtype=np.float32)
    table = conversion_table(form, normalisation)
    fill_batch(images, rows, augmentations, form, normalisation, table, compiled)

    for batch_row, row in enumerate(rows):
        plain = augment(normalise(images[row], form, normalisation), augmentations[batch_row], form)
        np.testing.assert_allclose(compiled[batch_row], plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", FORMS)
def test_what_is_not_finite_does_not_become_a_number(name: str, bad: float) -> None:
    images = images_of(name)
    images[0].flat[1] = bad
    batch = np.empty((2, *SHAPES[name]), dtype=np.float32)
    table = conversion_table(FORMS[name], "per_band_max")
    fill_batch(images, np.array([0, 1]), no_augmentations(2), FORMS[name], "per_band_max", table, batch)
    assert not np.isfinite(batch[0]).all()
    assert np.isfinite(batch[1]).all()


@pytest.mark.parametrize("name", FORMS)
def test_per_band_max_is_one_or_left_alone(name: str) -> None:
    images = images_of(name)
    axes = (3,) if FORMS[name].pseudo_spectra else (1, 2)
    before = images.astype(np.float32)
    after = normalise(images, FORMS[name], "per_band_max")
    positive = before.max(axis=axes, keepdims=True) > 0
    np.testing.assert_allclose(after.max(axis=axes, keepdims=True)[positive], 1, rtol=1e-6)
    dark = np.broadcast_to(~positive, before.shape)
    assert dark.any()
    np.testing.assert_array_equal(after[dark], before[dark])


def test_global_max_keeps_colours_and_asinh_keeps_brightness() -> None:
    pair = FORMS["pseudo_spectra"]
    images = np.random.default_rng(6).uniform(1, 50, (7, *SHAPES["pseudo_spectra"])).astype(np.float16)
    whole = normalise(images, pair, "global_max")
    np.testing.assert_allclose(whole.max(axis=(2, 3)), 1, rtol=1e-6)  # each of the two by its own maximum
    ratio = whole / images.astype(np.float32)
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[..., :1, :1], ratio.shape), rtol=1e-5)
    stretched = normalise(images, pair, "asinh")
    np.testing.assert_allclose(
        np.sinh(stretched.astype(np.float64)) * pair.asinh_softening_ujy, images, rtol=1e-5, atol=1e-12
    )


def test_an_epoch_shows_every_object_once_with_its_label() -> None:
    images = images_of("cube")
    rows = np.arange(3, N, 2)
    labels = rows % 3 == 0
    batches = training_batches([images], rows, labels, *both("cube"), 4, seed=5, epoch=1)
    assert sorted(batches.rows) == list(rows)
    np.testing.assert_array_equal(batches.labels[:, 0], batches.rows % 3 == 0)
    assert len(batches) == 5
    shown = [batches[i] for i in range(len(batches))]
    assert [len(batch) for batch, _ in shown] == [4, 4, 4, 4, 3]
    np.testing.assert_array_equal(np.concatenate([label for _, label in shown]), batches.labels)


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    images, rows = images_of("cube"), np.arange(N)

    def first_batch(seed: int, epoch: int) -> AnyArray:
        return training_batches([images], rows, rows % 2, *both("cube"), 30, seed, epoch)[0][0]

    np.testing.assert_array_equal(first_batch(1, 2), first_batch(1, 2))
    assert not np.array_equal(first_batch(1, 2), first_batch(1, 3))
    assert not np.array_equal(first_batch(1, 2), first_batch(2, 2))


def test_validation_is_neither_shuffled_nor_augmented() -> None:
    images, rows = images_of("pseudo_spectra"), np.array([5, 1, 9])
    batch, _ = Batches([images], rows, np.zeros(3), *both("pseudo_spectra"), 8)[0]
    expected = normalise(images[rows], FORMS["pseudo_spectra"], "per_band_max")
    np.testing.assert_allclose(batch, expected, rtol=1e-6)


def test_both_arrays_show_the_same_object_with_the_same_augmentation() -> None:
    # The brightest pixel of each image is the middle of the same NISP pixel in both.
    rng = np.random.default_rng(8)
    vis, nisp = (np.zeros((N, *SHAPES[name]), dtype=np.float16) for name in ("vis", "nisp"))
    y, x = rng.integers(2, 8, (2, N))
    vis[np.arange(N), 3 * y + 1, 3 * x + 1] = nisp[np.arange(N), y, x] = 1
    batches = training_batches([vis, nisp], np.arange(N), np.zeros(N), *both("stamps"), N, seed=1, epoch=1)
    batch, _ = batches[0]
    assert isinstance(batch, dict)

    def brightest(name: str) -> AnyArray:
        size = SHAPES[name][0]
        return np.stack(np.unravel_index(batch[name][..., 0].reshape(N, -1).argmax(axis=1), (size, size)))

    np.testing.assert_array_equal(brightest("vis"), 3 * brightest("nisp") + 1)
    assert np.any(brightest("nisp") != np.stack([y, x])[:, batches.rows])


def test_as_many_arrays_as_inputs() -> None:
    images = [images_of("vis")]
    with pytest.raises(ValueError, match="zip"):
        Batches(images, np.arange(3), np.zeros(3), *both("stamps"), 3)[0]
