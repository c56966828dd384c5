"""The closed forms of `lensing.lens`, against listed values, independent mathematics and analytic limits.

The pattern is that of astropy.cosmology's tests: what others found first, then what another derivation
gives, then limits; each with its accuracy.
"""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lenstronomy.LensModel.Profiles.nie import NIE
from lenstronomy.LensModel.Profiles.nie_potential import NIE_POTENTIAL
from lenstronomy.LensModel.Profiles.shear import Shear
from lenstronomy.Util.param_util import phi_q2_ellipticity
from support.lenses import random_points

from lensfinder.errors import UserError
from lensfinder.lensing import lens as formulae
from lensfinder.lensing.lens import Lens, LensParameters

CIRCULAR = Lens(theta_e_arcsec=1.3, theta_g_arcsec=0.2)
ELLIPTICAL = Lens(theta_e_arcsec=1.5, theta_g_arcsec=0.2, axis_ratio=0.7)
SHEAR = {"shear_1": 0.05, "shear_2": -0.08}
TILTED = Lens(theta_e_arcsec=1.1, theta_g_arcsec=0.07, axis_ratio=0.45, position_angle_rad=0.6, **SHEAR)


def points(n: int = 400, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return random_points(10.0 ** rng.uniform(-3.0, 1.5, n), rng)


def derivative(function, step: float):
    """Central difference of sixth order of a function of one number, at 0."""
    weights = {1: 45.0, 2: -9.0, 3: 1.0}
    return sum(w * (function(i * step) - function(-i * step)) for i, w in weights.items()) / (60.0 * step)


# --- listed values ---


def test_listed_deflection_and_convergence():
    assert CIRCULAR.convergence(0.0, 0.0) == pytest.approx(6.5, rel=1e-14)
    assert ELLIPTICAL.deflection(0.3, 0.2) == pytest.approx((0.951695193, 0.849133055), abs=5e-10)
    assert ELLIPTICAL.convergence(0.3, 0.2) == pytest.approx(2.342286416, abs=5e-10)
    for radius in (1.2845, 0.3151):  # where it is critical
        before, after = CIRCULAR.jacobian_determinant(np.array([radius - 1e-4, radius + 1e-4]), 0.0)
        assert before * after < 0.0


# --- lenstronomy 1.14.2 ---


def test_circular_deflection_is_lenstronomys_nie_potential():
    x, y = points()
    alpha = NIE_POTENTIAL().derivatives(x, y, theta_E=1.3, theta_c=0.2, e1=0.0, e2=0.0)
    np.testing.assert_allclose(CIRCULAR.deflection(x, y), alpha, atol=1e-9, rtol=0.0)


@pytest.mark.parametrize("axis_ratio", [0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("theta_g", [0.01, 0.1, 0.6])
def test_deflection_is_lenstronomys_nie_under_the_operator(axis_ratio, theta_g):
    """α = (1 − s ∂/∂s) α_NIE with a numerical derivative; angle and shear by lenstronomy too."""
    x, y = points()
    theta_e, angle = 1.4, 0.9
    e1, e2 = phi_q2_ellipticity(angle, axis_ratio)

    def nie(log_s: float) -> np.ndarray:
        return np.array(NIE().derivatives(x, y, theta_e, e1, e2, s_scale=theta_g * np.exp(log_s)))

    expected = nie(0.0) - derivative(nie, 0.02) + np.array(Shear().derivatives(x, y, *SHEAR.values()))
    shape = {"axis_ratio": axis_ratio, "position_angle_rad": angle, **SHEAR}
    lens = Lens(theta_e_arcsec=theta_e, theta_g_arcsec=theta_g, **shape)
    np.testing.assert_allclose(lens.deflection(x, y), expected, atol=1e-9, rtol=0.0)


# --- independent mathematics ---


def integrated_deflection(lens: Lens, x: float, y: float) -> np.ndarray:
    """The talk's α = (1/π) ∫ κ(θ′)(θ−θ′)/|θ−θ′|² d²θ′ in polar coordinates about θ, directions paired.

    The pole cancels against the element of area; pairing makes the integrand fall as 1/ρ².
    """
    nodes, weights = np.polynomial.legendre.leggauss(400)
    u, w = 0.5 * (nodes + 1.0), 0.5 * weights
    rho, w_rho = u / (1.0 - u), w / (1.0 - u) ** 2
    phi = (np.arange(500) + 0.5) * np.pi / 500
    unit = np.array([np.cos(phi), np.sin(phi)])
    ahead = lens.convergence(x + rho[:, None] * unit[0], y + rho[:, None] * unit[1])
    behind = lens.convergence(x - rho[:, None] * unit[0], y - rho[:, None] * unit[1])
    along = w_rho @ (behind - ahead)
    return unit @ along / len(phi)


@pytest.mark.parametrize("lens", [CIRCULAR, ELLIPTICAL], ids=["circular", "elliptical"])
@pytest.mark.parametrize("point", [(0.3, 0.2), (-1.1, 0.4), (0.05, -2.0), (0.0, 0.0)])
def test_the_talks_integral_agrees(lens, point):
    np.testing.assert_allclose(integrated_deflection(lens, *point), lens.deflection(*point), atol=1e-7)


@pytest.mark.parametrize("lens", [CIRCULAR, ELLIPTICAL, TILTED], ids=["circular", "elliptical", "tilted"])
def test_hessian_is_the_derivative_of_the_deflection(lens):
    x, y = points()
    step = 1e-3 * (np.hypot(x, y) + lens.theta_g_arcsec)
    along_x = derivative(lambda t: np.array(lens.deflection(x + t * step, y)), 1.0) / step
    along_y = derivative(lambda t: np.array(lens.deflection(x, y + t * step)), 1.0) / step
    psi_xx, psi_xy, psi_yy = lens.hessian(x, y)
    scale = 1e-9 * (1.0 + np.max(np.abs([psi_xx, psi_yy]), axis=0))
    for closed, numeric in (
        (psi_xx, along_x[0]),
        (psi_xy, along_x[1]),
        (psi_xy, along_y[0]),
        (psi_yy, along_y[1]),
    ):
        assert np.all(np.abs(closed - numeric) < scale)


@given(
    x=st.floats(-20.0, 20.0),
    y=st.floats(-20.0, 20.0),
    theta_g=st.floats(1e-4, 2.0),
    q=st.floats(0.05, 1.0),
    angle=st.floats(-4.0, 4.0),
)
@settings(max_examples=200, deadline=None)
def test_divergence_of_the_deflection_is_twice_the_convergence(x, y, theta_g, q, angle):
    lens = LensParameters(1.7, theta_g, q, np.cos(angle), np.sin(angle), 0.1, -0.2)
    psi_xx, _, psi_yy = formulae.hessian(x, y, lens)
    kappa = formulae.convergence(x, y, lens)
    assert psi_xx + psi_yy == pytest.approx(2.0 * kappa, rel=1e-10, abs=1e-12)


def test_magnification_is_the_ratio_of_areas():
    """A small polygon about an image, and what it maps to."""
    x, y = points(60, seed=11)
    mu = TILTED.magnification(x, y)
    turn = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)[:, None]
    size = 1e-5 * (np.hypot(x, y) + TILTED.theta_g_arcsec)
    seen = x + size * np.cos(turn), y + size * np.sin(turn)

    def area(px, py):
        px, py = px - px.mean(axis=0), py - py.mean(axis=0)
        return 0.5 * np.sum(px * np.roll(py, -1, axis=0) - py * np.roll(px, -1, axis=0), axis=0)

    np.testing.assert_allclose(area(*seen) / area(*TILTED.source_position(*seen)), mu, rtol=2e-4)


# --- limits, compilation, the door ---


def test_circular_closed_form():
    x, y = points()
    softened = np.hypot(np.hypot(x, y), 0.2)
    alpha, kappa = (1.3 * x / softened, 1.3 * y / softened), 0.65 * (softened**2 + 0.04) / softened**3
    np.testing.assert_allclose(CIRCULAR.deflection(x, y), alpha, rtol=1e-14)
    np.testing.assert_allclose(CIRCULAR.convergence(x, y), kappa, rtol=1e-14)


def test_the_circular_limit_is_smooth():
    """One minus q in steps from 1e-3 to 1e-16: the departure from the circle stays proportional to it."""
    x, y = points()
    flattening = 10.0 ** -np.arange(3.0, 17.0)[:, None]
    alpha = np.array(
        formulae.deflection(x, y, LensParameters(1.3, 0.2, 1.0 - flattening, 1.0, 0.0, 0.0, 0.0))
    )
    departure = np.abs(alpha - np.array(CIRCULAR.deflection(x, y))[:, None]).max(axis=(0, 2))
    assert np.all(departure < 2.0 * flattening[:, 0] + 4e-15)


def test_the_coreless_limit_far_out():
    """At θ ≫ θ_G the deflection is the singular ellipsoid's (Kormann et al. 1994), constant on a ray."""
    near, far = (TILTED.deflection(0.8 * r, 0.6 * r) for r in (1e5, 2e5))
    shear_x, shear_y = 0.05 * 0.8 - 0.08 * 0.6, -0.08 * 0.8 - 0.05 * 0.6
    np.testing.assert_allclose(far[0] - near[0], 1e5 * shear_x, atol=1e-6)
    np.testing.assert_allclose(far[1] - near[1], 1e5 * shear_y, atol=1e-6)


def test_the_centre_is_regular():
    assert TILTED.deflection(0.0, 0.0) == (0.0, 0.0)
    theta_e, theta_g, q = 1.1, 0.07, 0.45
    psi_xx, psi_xy, psi_yy = formulae.hessian(
        0.0, 0.0, LensParameters(theta_e, theta_g, q, 1.0, 0.0, 0.0, 0.0)
    )
    assert psi_xx == pytest.approx(2.0 * q * theta_e / (theta_g * (1.0 + q)), rel=1e-13)
    assert psi_yy == pytest.approx(2.0 * theta_e / (theta_g * (1.0 + q)), rel=1e-13)
    assert psi_xy == 0.0


@pytest.mark.parametrize("name", ["deflection", "hessian", "jacobian_determinant", "magnification"])
def test_compiled_equals_numpy(name):
    function = getattr(formulae, name)
    lens = LensParameters(*(float(value) for value in TILTED.parameters))

    @numba.njit
    def compiled(x, y, lens):
        return function(x, y, lens)

    x, y = points(50)
    plain = np.array(function(x, y, lens))
    fused = np.array([compiled(*point, lens) for point in zip(x, y, strict=True)]).T
    np.testing.assert_allclose(fused, plain, rtol=1e-12, atol=1e-13)


def test_fields_broadcast():
    lens = Lens(theta_e_arcsec=np.array([[1.0], [2.0]]), theta_g_arcsec=0.1, axis_ratio=[0.5, 0.6, 0.7])
    assert lens.shape == (2, 3)
    one = Lens(theta_e_arcsec=2.0, theta_g_arcsec=0.1, axis_ratio=0.6)
    assert formulae.jacobian_determinant(0.3, 0.4, lens.parameters)[1, 1] == one.jacobian_determinant(
        0.3, 0.4
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta_e_arcsec": -0.1}, r"theta_e_arcsec = .*-0\.1.* at least 0"),
        ({"theta_g_arcsec": 0.0}, r"theta_g_arcsec = .*0\.0.* greater than 0"),
        ({"axis_ratio": 0.0}, r"axis_ratio = .*0\.0.* 0 < q <= 1"),
        ({"axis_ratio": [0.4, 1.2]}, r"axis_ratio = .*1\.2.* at index 1"),
        ({"shear_1": np.nan}, r"shear_1 = .*nan.* finite"),
        ({"shear_1": 0.8, "shear_2": 0.7}, r"shear .* less than 1"),
        ({"axis_ratio": [0.4, 0.5], "shear_1": [0.0, 0.0, 0.1]}, r"shapes .* do not broadcast"),
    ],
)
def test_impossible_lenses_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        Lens(**{"theta_e_arcsec": 1.0, "theta_g_arcsec": 0.1, **change})
