"""Critical curves and caustics against listed radii, counts of images, and sums over the source plane."""

from __future__ import annotations

import numpy as np
import pytest
from support.lenses import random_lenses, random_points

from lensfinder.lensing.caustics import (
    caustic_area_arcsec2,
    caustics,
    critical_curves,
    multiple_image_radius_arcsec,
)
from lensfinder.lensing.images import find_images
from lensfinder.lensing.lens import Lens

CIRCULAR = Lens(theta_e_arcsec=1.3, theta_g_arcsec=0.2)


def outermost(lens: Lens) -> np.ndarray:
    """Largest distance of a caustic from the origin; 0 without caustics."""
    curves = caustics(lens, n_angles=180)
    distance = np.hypot(*np.concatenate([curves.tangential, curves.radial], axis=1).transpose(2, 0, 1))
    return np.nan_to_num(distance, nan=0.0).max(axis=1)


def test_listed_radii():
    """Critical radii and the radial caustic of θ_E = 1.3, θ_G = 0.2; the tangential caustic is a point."""
    critical, caustic = critical_curves(CIRCULAR), caustics(CIRCULAR)
    for polygon, radius in (
        (critical.tangential, np.sqrt(1.3**2 - 0.2**2)),
        (critical.radial, np.sqrt(np.cbrt(1.3 * 0.2**2) ** 2 - 0.2**2)),
        (caustic.radial, (np.cbrt(1.3**2) - np.cbrt(0.2**2)) ** 1.5),
        (caustic.tangential, 0.0),
    ):
        np.testing.assert_allclose(np.hypot(*polygon.T), radius, atol=1e-12)
    polygons = (critical.tangential, critical.radial, caustic.radial)
    rounded = [round(float(np.hypot(*polygon[0])), 4) for polygon in polygons]
    assert rounded == [1.2845, 0.3151, 0.7825]


def test_astroid_of_a_weak_shear():
    """The tangential caustic of a coreless sphere in shear has cusps at 2 γ θ_E/(1 ± γ) on the axes."""
    lens = Lens(theta_e_arcsec=1.0, theta_g_arcsec=1e-6, shear_1=0.1)
    cusps = np.abs(caustics(lens, n_angles=4).tangential)
    np.testing.assert_allclose(cusps[0], [0.2 / 1.1, 0.0], atol=1e-5)
    np.testing.assert_allclose(cusps[1], [0.0, 0.2 / 0.9], atol=1e-5)


def test_determinant_vanishes_on_critical_curves():
    shape = {"axis_ratio": 0.5, "position_angle_rad": 1.0, "shear_1": 0.05, "shear_2": 0.1}
    lens = Lens(theta_e_arcsec=1.0, theta_g_arcsec=0.1, **shape)
    curves = critical_curves(lens)
    for polygon in (curves.tangential, curves.radial):
        assert np.all(np.abs(lens.jacobian_determinant(*polygon.T)) < 1e-11)


def test_a_core_too_large_makes_no_caustics():
    lens = Lens(theta_e_arcsec=[0.5, 0.5], theta_g_arcsec=[0.6, 0.4])
    assert np.array_equal(np.isfinite(caustics(lens).radial[:, 0, 0]), [False, True])
    assert np.array_equal(caustic_area_arcsec2(lens) > 0.0, [False, True])
    assert np.array_equal(multiple_image_radius_arcsec(lens) > 0.0, [False, True])


def test_area_of_a_circular_caustic():
    radius = (np.cbrt(1.3**2) - np.cbrt(0.2**2)) ** 1.5
    assert caustic_area_arcsec2(CIRCULAR) == pytest.approx(np.pi * radius**2, rel=1e-4)


@pytest.mark.parametrize(
    ("axis_ratio", "shear", "theta_g"), [(0.8, 0.05, 0.1), (0.5, 0.1, 0.1), (0.25, 0.2, 0.3)]
)
def test_area_is_where_there_is_more_than_one_image(axis_ratio, shear, theta_g):
    """Counted over the source plane; the last lens has naked cusps."""
    lens = Lens(theta_e_arcsec=1.0, theta_g_arcsec=theta_g, axis_ratio=axis_ratio, shear_1=-shear)
    radius = float(multiple_image_radius_arcsec(lens))
    step = (np.arange(-150, 150) + 0.5) / 150 * radius
    x, y = (grid.ravel() for grid in np.meshgrid(step, step))
    counted = np.sum(find_images(lens, x, y).n_images > 1) * (radius / 150) ** 2
    assert caustic_area_arcsec2(lens) == pytest.approx(counted, rel=6e-3)


@pytest.mark.parametrize("shear", [0.0, 0.05, 0.3, 0.5])
def test_the_disc_of_multiple_images_holds_the_caustics(shear):
    lens = random_lenses(600, np.random.default_rng(1), shear=shear)
    true, disc = outermost(lens), multiple_image_radius_arcsec(lens)
    assert np.all(disc >= true)
    strong = true > 0.3 * lens.theta_e_arcsec
    # Without shear the disc ends at the caustic, but for its margin; shear costs room.
    assert np.median(disc[strong] / true[strong]) < (1.006 if shear == 0.0 else 1.3)


def test_no_multiple_images_outside_the_disc():
    rng = np.random.default_rng(2)
    lens = random_lenses(20_000, rng)
    radius = multiple_image_radius_arcsec(lens) * rng.uniform(1.0, 1.2, 20_000) + 1e-6
    found = find_images(lens, *random_points(radius, rng))
    assert np.all(found.n_images == 1)


def test_the_disc_is_not_much_larger_than_what_it_holds():
    """Sources drawn in the disc of usual lenses are mostly multiply imaged: drawing by rejection is cheap."""
    rng = np.random.default_rng(5)
    lens = random_lenses(4000, rng, (0.5, 2.0), (0.02, 0.2), (0.5, 1.0), shear=0.07)
    radius = multiple_image_radius_arcsec(lens) * np.sqrt(rng.uniform(size=4000))
    found = find_images(lens, *random_points(radius, rng))
    assert np.mean(found.n_images > 1) > 0.7


def test_results_have_the_shape_of_the_lens():
    lens = Lens(theta_e_arcsec=[[0.5], [1.0]], theta_g_arcsec=[0.1, 0.2, 0.9])
    assert caustics(lens, n_angles=8).radial.shape == (2, 3, 8, 2)
    assert caustic_area_arcsec2(lens).shape == multiple_image_radius_arcsec(lens).shape == (2, 3)
    assert caustic_area_arcsec2(lens)[1, 1] == caustic_area_arcsec2(lens[1, 1])
