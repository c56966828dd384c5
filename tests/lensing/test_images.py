"""Image positions against listed counts, a polynomial, a plain grid finder and the conservation of light."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.lenses import random_lenses, random_points

from lensfinder.errors import UserError
from lensfinder.lensing import images as images_module
from lensfinder.lensing import lens as formulae
from lensfinder.lensing.caustics import caustics, multiple_image_radius_arcsec
from lensfinder.lensing.image_search import curvature_bound
from lensfinder.lensing.images import IMAGES_MAX, find_images
from lensfinder.lensing.lens import Lens, LensParameters


def random_systems(n: int, seed: int, axis_ratio=(0.3, 1.0), theta_g=(0.005, 0.3), shear: float = 0.15):
    """Lenses and sources, half of them inside the disc of multiple images and half about it."""
    rng = np.random.default_rng(seed)
    lens = random_lenses(n, rng, theta_g=theta_g, axis_ratio=axis_ratio, shear=shear)
    reach = np.where(np.arange(n) % 2, 1.0, 2.0) * (multiple_image_radius_arcsec(lens) + 0.05)
    return lens, *random_points(reach * np.sqrt(rng.uniform(size=n)), rng)


# --- listed values and analytic solutions ---


def test_listed_counts_inside_and_outside_the_radial_caustic():
    lens = Lens(theta_e_arcsec=1.3, theta_g_arcsec=0.2)
    found = find_images(lens, [0.01, 0.4, 0.7824, 0.7826, 1.5], 0.0)
    assert found.n_images.tolist() == [3, 3, 3, 1, 1]


@given(beta=st.floats(1e-4, 3.0), theta_e=st.floats(0.05, 3.0), theta_g=st.floats(0.01, 1.0))
@example(beta=1e-4, theta_e=0.05, theta_g=1.0)
@settings(max_examples=150, deadline=None)
def test_circular_images_are_the_roots_of_a_quartic(beta, theta_e, theta_g):
    """β = r − θ_E r/√(r² + θ_G²) squared: (r−β)²(r²+θ_G²) = θ_E² r²; real roots of the right sign count."""
    quartic = np.polymul(np.polymul([1.0, -beta], [1.0, -beta]), [1.0, 0.0, theta_g**2])
    roots = np.roots(np.polysub(quartic, [theta_e**2, 0.0, 0.0]))
    real = roots.real[np.abs(roots.imag) < 1e-6 * (1.0 + np.abs(roots))]
    pull = theta_e * real / np.hypot(real, theta_g)
    real = real[np.abs(real - pull - beta) < np.abs(real + pull - beta)]
    found = find_images(Lens(theta_e_arcsec=theta_e, theta_g_arcsec=theta_g), beta, 0.0)
    ours = np.sort(found.x_arcsec[0, : found.n_images[0]])
    fold = (np.cbrt(theta_e**2) - np.cbrt(theta_g**2)) ** 1.5 if theta_e > theta_g else 0.0
    if abs(beta - fold) < 1e-4:
        return  # np.roots cannot tell two merging images from none
    assert np.allclose(found.y_arcsec[0, : len(ours)], 0.0, atol=1e-12)
    np.testing.assert_allclose(ours, np.sort(real), atol=1e-7)


def test_without_mass_only_the_shear_acts():
    lens = Lens(theta_e_arcsec=0.0, theta_g_arcsec=0.1, shear_1=0.1, shear_2=0.05)
    found = find_images(lens, [0.0, 0.4], [0.0, 0.3])
    assert found.n_images.tolist() == [1, 1]
    matrix = np.array([[0.9, -0.05], [-0.05, 1.1]])
    image = [found.x_arcsec[1, 0], found.y_arcsec[1, 0]]
    np.testing.assert_allclose(image, np.linalg.solve(matrix, [0.4, 0.3]), rtol=1e-13)
    np.testing.assert_allclose(found.magnification[:, 0], 1.0 / np.linalg.det(matrix), rtol=1e-13)


# --- what every set of images satisfies ---


@pytest.mark.parametrize(
    "settings_",
    [
        pytest.param({}, id="usual"),
        pytest.param({"axis_ratio": (0.05, 0.3)}, id="flat"),
        pytest.param({"axis_ratio": (0.9999, 1.0), "shear": 1e-3}, id="nearly circular"),
        pytest.param({"theta_g": (1e-4, 2e-3)}, id="tiny core"),
        pytest.param({"theta_g": (0.3, 1.5)}, id="large core"),
        pytest.param({"shear": 0.6}, id="strong shear"),
    ],
)
def test_images_solve_the_equation_and_their_parities_sum_to_one(settings_):
    lens, beta_x, beta_y = random_systems(4000, seed=3, **settings_)
    found = find_images(lens, beta_x, beta_y)
    there = np.arange(IMAGES_MAX) < found.n_images[:, None]
    wide = lens[:, None]
    back_x, back_y = wide.source_position(found.x_arcsec, found.y_arcsec)
    residual = np.hypot(back_x - beta_x[:, None], back_y - beta_y[:, None])
    assert np.all(residual[there] < 1e-10)
    assert np.all(found.n_images % 2 == 1)
    assert np.all(np.nansum(np.sign(found.magnification), axis=1) == 1)
    for values in (found.x_arcsec, found.y_arcsec, found.magnification):
        assert np.array_equal(np.isfinite(values), there)
    size = np.abs(found.magnification)
    assert np.all(size[:, 1:][there[:, 1:]] <= size[:, :-1][there[:, 1:]])
    mu = wide.magnification(found.x_arcsec, found.y_arcsec)
    ordinary = there & (size < 1e3)
    np.testing.assert_allclose(found.magnification[ordinary], mu[ordinary], rtol=1e-6)


@pytest.mark.parametrize("axis_ratio", [1.0, 0.6])
def test_light_is_conserved(axis_ratio):
    """∫ Σ|μ| d²β over a disc of the source plane is the area of the image plane that maps into it.

    A search that lost images, even whole pairs of them, would come short of the area, which no search enters.
    Images near critical curves, where μ has its poles, are left out on both sides.
    """
    lens = Lens(theta_e_arcsec=1.2, theta_g_arcsec=0.15, axis_ratio=axis_ratio, shear_1=0.07, shear_2=0.04)
    disc, brightest = 1.4, 20.0
    step = np.arange(-3.5, 3.5, 0.005) + 0.0025
    x, y = np.meshgrid(step, step)
    counted = (np.hypot(*lens.source_position(x, y)) < disc) & (np.abs(lens.magnification(x, y)) < brightest)
    area = np.sum(counted) * 0.005**2
    # Sources at even steps of radius² and golden-ratio steps of angle: a quadrature of the disc.
    n = 60_000
    radius, angle = disc * np.sqrt((np.arange(n) + 0.5) / n), np.arange(n) * np.pi * (3.0 - np.sqrt(5.0))
    size = np.abs(find_images(lens, radius * np.cos(angle), radius * np.sin(angle)).magnification)
    assert np.sum(size[size < brightest]) / n * np.pi * disc**2 == pytest.approx(area, rel=1.5e-3)


# --- a plain NumPy finder on a uniform grid ---


def grid_images(lens: Lens, beta_x: float, beta_y: float, half_width: float, n: int) -> np.ndarray:
    """Images (k, 2): Newton's method from each triangle of a uniform grid that holds β once mapped."""
    axis = np.linspace(-half_width, half_width, n + 1) + 0.0137 * half_width / n
    x, y = np.meshgrid(axis, axis)
    back_x, back_y = lens.source_position(x, y)
    u, v = back_x - beta_x, back_y - beta_y
    corners = {"a": np.s_[:-1, :-1], "b": np.s_[:-1, 1:], "c": np.s_[1:, :-1], "d": np.s_[1:, 1:]}
    starts = []
    for names in ("abc", "dbc"):
        cu, cv = ([w[corners[name]] for name in names] for w in (u, v))
        crosses = [cu[i] * cv[(i + 1) % 3] - cv[i] * cu[(i + 1) % 3] for i in range(3)]
        holds = np.all([c >= 0 for c in crosses], axis=0) | np.all([c <= 0 for c in crosses], axis=0)
        starts.append([np.mean([w[corners[name]][holds] for name in names], axis=0) for w in (x, y)])
    point_x, point_y = np.concatenate(starts, axis=1)
    for _ in range(40):
        psi_xx, psi_xy, psi_yy = lens.hessian(point_x, point_y)
        back_x, back_y = lens.source_position(point_x, point_y)
        f_x, f_y, det = back_x - beta_x, back_y - beta_y, (1 - psi_xx) * (1 - psi_yy) - psi_xy**2
        step_x, step_y = ((1 - psi_yy) * f_x + psi_xy * f_y) / det, ((1 - psi_xx) * f_y + psi_xy * f_x) / det
        shrink = np.minimum(1.0, half_width / n / np.maximum(np.hypot(step_x, step_y), 1e-300))
        point_x, point_y = point_x - shrink * step_x, point_y - shrink * step_y
    back_x, back_y = lens.source_position(point_x, point_y)
    solved = np.hypot(back_x - beta_x, back_y - beta_y) < 1e-10
    kept: list[np.ndarray] = []
    for point in np.stack([point_x, point_y], axis=1)[solved]:
        if all(np.hypot(*(point - other)) > 1e-7 for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def test_a_uniform_grid_finds_the_same_images():
    lens, beta_x, beta_y = random_systems(120, seed=8)
    found = find_images(lens, beta_x, beta_y)
    differing = 0
    for i in range(120):
        one = lens[i]
        theta_e = float(one.theta_e_arcsec)
        grids = (((np.hypot(beta_x[i], beta_y[i]) + 1.5 * theta_e) / 0.8, 240), (0.2 * theta_e, 100))
        plain = np.concatenate([grid_images(one, beta_x[i], beta_y[i], *grid) for grid in grids])
        ours = np.stack([found.x_arcsec[i], found.y_arcsec[i]], axis=1)[: found.n_images[i]]
        apart = np.hypot(*(plain[:, None] - ours[None]).transpose(2, 0, 1))
        assert apart.min(axis=1).max() < 1e-7
        differing += bool(apart.min(axis=0).max() > 1e-7)
    assert differing <= 1  # two images that merge inside one triangle escape a grid, not the search


# --- the bounds on which the search rests ---


@pytest.mark.parametrize("axis_ratio", [1e-3, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0])
def test_bounds_of_curvature_and_deflection(axis_ratio):
    """Third derivatives by differences of the Hessian, in the direction that makes them largest."""
    rng = np.random.default_rng(2)
    m, t = 10.0 ** rng.uniform(-3.0, 3.0, 60_000), rng.uniform(0.0, np.pi / 2.0, 60_000)
    x, y = m * np.cos(t) / np.sqrt(axis_ratio), m * np.sin(t) * np.sqrt(axis_ratio)
    step = 1e-4 * np.sqrt(axis_ratio * (1.0 + m * m))
    lens = LensParameters(1.0, 1.0, axis_ratio, 1.0, 0.0, 0.0, 0.0)

    def hessian(dx: np.ndarray | float, dy: np.ndarray | float) -> np.ndarray:
        return np.array(formulae.ellipsoid_hessian(x + dx, y + dy, lens))

    along_x = (hessian(step, 0.0) - hessian(-step, 0.0)) / (2.0 * step)
    along_y = (hessian(0.0, step) - hessian(0.0, -step)) / (2.0 * step)
    phi = np.linspace(0.0, np.pi, 60, endpoint=False)[:, None]
    c, s = np.cos(phi), np.sin(phi)
    third = c**3 * along_x[0] + 3 * c * c * s * along_x[1] + 3 * c * s * s * along_y[1] + s**3 * along_y[2]
    bound = [curvature_bound(px, py, 0.0, lens) for px, py in zip(x, y, strict=True)]
    ratio = np.abs(third).max(axis=0) / np.array(bound)
    assert 0.9 < ratio.max() < 1.0
    alpha = np.hypot(*formulae.ellipsoid_deflection(x, y, lens))
    assert alpha.max() < formulae.deflection_bound(lens)


# --- hard sources ---


@pytest.mark.parametrize("beta", [0.0, 1e-13, 1e-10, 1e-8, 1e-5])
def test_sources_behind_the_centre_of_a_circular_lens(beta):
    """A point on the caustic has a ring, not images; it is moved by less than the promised residual."""
    lens = Lens(theta_e_arcsec=1.3, theta_g_arcsec=0.2)
    found = find_images(lens, beta, 0.0)
    assert found.n_images[0] == 3
    back_x, back_y = lens.source_position(found.x_arcsec[0, :3], found.y_arcsec[0, :3])
    assert np.all(np.hypot(back_x - beta, back_y) < 1e-6)


def test_sources_on_caustics():
    lens, _, _ = random_systems(60, seed=21)
    curves = caustics(lens, n_angles=24)
    for polygon in (curves.tangential, curves.radial):
        has = np.isfinite(polygon[..., 0])
        index = np.nonzero(has)[0]
        found = find_images(lens[index], *polygon[has].T)
        assert np.all(found.n_images % 2 == 1)
        assert len(index) > 800


# --- contract ---


def test_a_system_does_not_depend_on_its_batch():
    lens, beta_x, beta_y = random_systems(300, seed=4)
    together = find_images(lens, beta_x, beta_y)
    order = np.random.default_rng(0).permutation(300)[:120]
    for i in order[:40]:
        alone = find_images(lens[i], beta_x[i], beta_y[i])
        for name in ("x_arcsec", "y_arcsec", "magnification"):
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[i], equal_nan=True)
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda i: find_images(lens[i], beta_x[i], beta_y[i]).x_arcsec[0], order)
        for i, x in zip(order, results, strict=True):
            assert np.array_equal(x, together.x_arcsec[i], equal_nan=True)


def test_no_systems():
    found = find_images(Lens(theta_e_arcsec=[], theta_g_arcsec=[]), [], [])
    assert found.x_arcsec.shape == (0, IMAGES_MAX)


def test_wrong_sources_are_refused():
    lens = Lens(theta_e_arcsec=[1.0, 1.1], theta_g_arcsec=0.1)
    with pytest.raises(UserError, match="system 1 is not finite"):
        find_images(lens, [0.0, np.nan], 0.0)
    with pytest.raises(UserError, match="do not broadcast"):
        find_images(lens, [0.0, 0.1, 0.2], 0.0)
    with pytest.raises(UserError, match="one dimension"):
        find_images(lens, np.zeros((3, 2)), 0.0)


def test_an_incomplete_set_names_its_system(monkeypatch):
    """With ten cells allowed the search cannot end, and says so."""
    monkeypatch.setattr(images_module, "_ATTEMPTS", np.array([[1e-6, 10.0, 0.0]]))
    lens = Lens(theta_e_arcsec=[0.0, 1.3], theta_g_arcsec=0.2)
    with pytest.raises(RuntimeError, match=r"system 1: theta_e_arcsec=.*1\.3.*beta_x_arcsec=.*0\.25"):
        find_images(lens, 0.25, 0.1)
