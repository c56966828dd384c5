from __future__ import annotations

import itertools

import numpy as np
import pytest
from support.networks import REPRESENTATIONS, network, normalise

from lensfinder.datasets.representation import InputForm
from lensfinder.networks.augmentation import (
    ZOOM_MAX,
    augment,
    draw_augmentations,
    no_augmentations,
)
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra_plain
from lensfinder.typing import AnyArray, Float32Array

SYMMETRIES = list(itertools.product([False, True], repeat=3))
SIZE, BANDS, MARGIN = 10, 4, 2
[CUBE] = REPRESENTATIONS["cube"].forms
[PAIR] = REPRESENTATIONS["pseudo_spectra"].forms
[ONE] = REPRESENTATIONS["one_pseudo_spectrum"].forms
VIS, NISP = REPRESENTATIONS["stamps"].forms


def transformation(
    symmetry: tuple[bool, bool, bool] = (False, False, False), shift: tuple[int, int] = (0, 0), **free: float
) -> AnyArray:
    """Exchange and flips along y and x, shifts along y and x, and the angle or zoom if there is one."""
    one = no_augmentations(1)[0]
    one["exchange"], one["flip_y"], one["flip_x"] = symmetry
    one["shift_y"], one["shift_x"] = shift
    for name, value in free.items():
        one[name] = value
    return one


@pytest.fixture
def cube() -> Float32Array:
    """A cube of whole numbers, which add exactly in any order, with a dark margin that shifts may lose."""
    rng = np.random.default_rng(1)
    whole = np.zeros((SIZE, SIZE, BANDS), dtype=np.float32)
    inner = slice(MARGIN, -MARGIN)
    whole[inner, inner] = rng.integers(-50, 100, (SIZE - 2 * MARGIN, SIZE - 2 * MARGIN, BANDS))
    return whole


def pseudo_spectra_of(cube: Float32Array) -> Float32Array:
    return pseudo_spectra_plain(cube[np.newaxis])[0]


@pytest.mark.parametrize("symmetry", SYMMETRIES)
@pytest.mark.parametrize("shift", [(0, 0), (2, -1), (-2, 2)])
def test_augmentation_commutes_with_summation(
    cube: Float32Array, symmetry: tuple[bool, bool, bool], shift: tuple[int, int]
) -> None:
    augmentation = transformation(symmetry, shift)
    of_cube = pseudo_spectra_of(augment(cube, augmentation, CUBE))
    of_pair = augment(pseudo_spectra_of(cube), augmentation, PAIR)
    np.testing.assert_array_equal(of_cube, of_pair)
    # What a network sees is the same too: the maximum of a band does not depend on where it is.
    np.testing.assert_array_equal(
        normalise(of_cube, PAIR, "per_band_max"),
        augment(normalise(pseudo_spectra_of(cube), PAIR, "per_band_max"), augmentation, PAIR),
    )


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_of_one_pseudo_spectrum_only_what_happens_along_x_is_seen(
    cube: Float32Array, symmetry: tuple[bool, bool, bool]
) -> None:
    _, flip_y, flip_x = symmetry
    along_x = transformation((False, flip_y, flip_x), (2, -1))
    summed = pseudo_spectra_of(augment(cube, along_x, CUBE))[:1]
    augmentation = transformation(symmetry, (2, -1))
    np.testing.assert_array_equal(augment(pseudo_spectra_of(cube)[:1], augmentation, ONE), summed)


def test_symmetries_are_the_quarter_turns_and_flips(cube: Float32Array) -> None:
    turned = [np.rot90(image, k) for image in (cube, cube[::-1]) for k in range(4)]
    augmented = [augment(cube, transformation(symmetry), CUBE) for symmetry in SYMMETRIES]
    matches = [[np.array_equal(a, b) for b in turned] for a in augmented]
    np.testing.assert_array_equal(np.sum(matches, axis=0), 1)
    np.testing.assert_array_equal(np.sum(matches, axis=1), 1)


def test_a_shift_fills_with_zeros(cube: Float32Array) -> None:
    shifted = augment(cube + 1, transformation(shift=(2, -1)), CUBE)
    np.testing.assert_array_equal(shifted[2:, :-1], cube[:-2, 1:] + 1)
    assert np.all(shifted[:2] == 0)
    assert np.all(shifted[:, -1] == 0)


def test_a_free_quarter_turn_is_the_exact_one(cube: Float32Array) -> None:
    augmentation = transformation((False, True, False), (1, -2), angle_rad=np.pi / 2)
    # From +x (columns) towards +y (rows) is np.rot90's inverse sense.
    exact = augment(np.rot90(cube[::-1], -1), transformation(shift=(1, -2)), CUBE)
    np.testing.assert_allclose(augment(cube, augmentation, CUBE), exact, atol=1e-4)


def test_zoom_widens_separations() -> None:
    points = np.zeros((21, 21, 1), dtype=np.float32)
    points[10, [6, 14]] = 1
    zoomed = augment(points, transformation(zoom=1.25), CUBE)
    assert zoomed[10, 5, 0] == pytest.approx(1)
    assert zoomed[10, 15, 0] == pytest.approx(1)


@pytest.mark.parametrize("symmetry", SYMMETRIES)
@pytest.mark.parametrize("shift", [(0, 0), (1, -2)])
def test_stamps_of_two_cameras_stay_on_one_another(
    symmetry: tuple[bool, bool, bool], shift: tuple[int, int]
) -> None:
    """A NISP pixel is three VIS pixels wide, so a VIS stamp of the same width sums up to the NISP stamp."""
    size = 12
    vis = np.random.default_rng(4).integers(0, 50, (3 * size, 3 * size, 1)).astype(np.float32)

    def as_seen_by_nisp(image: Float32Array) -> Float32Array:
        return image.reshape(size, 3, size, 3, 1).sum(axis=(1, 3))

    augmentation = transformation(symmetry, shift)
    nisp = augment(as_seen_by_nisp(vis), augmentation, NISP)
    np.testing.assert_array_equal(as_seen_by_nisp(augment(vis, augmentation, VIS)), nisp)


def test_a_free_turn_keeps_two_cameras_on_one_another() -> None:
    augmentation = transformation((True, False, True), (1, -1), angle_rad=0.7, zoom=1.08)

    def centroid_arcsec(form: InputForm, pixels: int, scale: float) -> Float32Array:
        axis = (np.arange(pixels) - (pixels - 1) / 2) * scale
        x, y = np.meshgrid(axis, axis)
        blob = np.exp(-0.5 * ((x - 3.1) ** 2 + (y + 1.7) ** 2) / 0.6**2)
        moved = augment(blob[..., np.newaxis].astype(np.float32), augmentation, form)[..., 0]
        return np.array([(moved * x).sum(), (moved * y).sum()]) / moved.sum()

    vis, nisp = centroid_arcsec(VIS, 200, 0.1), centroid_arcsec(NISP, 66, 0.3)
    np.testing.assert_allclose(vis, nisp, atol=2e-3)
    assert np.hypot(*(vis - [3.1, -1.7])) > 1


def test_draws_stay_within_what_the_model_allows() -> None:
    n = 2000
    drawn = draw_augmentations(n, network(), np.random.default_rng(2))
    elements = np.stack([drawn["exchange"], drawn["flip_y"], drawn["flip_x"]], axis=1)
    counts = np.unique(elements, axis=0, return_counts=True)[1]
    assert len(counts) == 8
    assert counts.min() > 0.7 * n / 8
    for name in ("shift_y", "shift_x"):
        np.testing.assert_array_equal(np.unique(drawn[name]), [-2, -1, 0, 1, 2])
    assert np.all(drawn["angle_rad"] == 0)
    assert np.all(drawn["zoom"] == 1)

    free = draw_augmentations(n, network(free_rotation_and_zoom=True), np.random.default_rng(2))
    assert free["angle_rad"].max() > 6
    assert 1 / ZOOM_MAX <= free["zoom"].min() < 0.95 < 1.05 < free["zoom"].max() <= ZOOM_MAX

    fixed = draw_augmentations(n, network(symmetries=False, shift_max_pixels=0), np.random.default_rng(2))
    np.testing.assert_array_equal(fixed, no_augmentations(n))
