"""The Sérsic profile and its expansion: tabulated values, analytic limits, direct integration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import i0e

from lensfinder.lensing.light import EXPANSION_SIGMAS, sersic_b, sersic_expansion, sersic_profile


@pytest.mark.parametrize(("n", "b"), [(1.0, 1.67834699), (4.0, 7.66924944), (0.5, np.log(2))])
def test_b_n(n: float, b: float) -> None:
    # Exponential and de Vaucouleurs: Ciotti & Bertin 1999; the Gaussian: exactly ln 2.
    assert sersic_b(n) == pytest.approx(b, rel=1e-8)


@pytest.mark.parametrize("n", [0.5, 1.0, 2.5, 4.0])
def test_profile_has_unit_flux_and_half_of_it_inside_r_eff(n: float) -> None:
    def flux(limit: float) -> float:
        return quad(lambda u: 2 * np.pi * np.exp(2 * u) * sersic_profile(np.exp(u), n), -25, np.log(limit))[0]

    assert flux(1e4) == pytest.approx(1.0, rel=1e-5)
    assert flux(1.0) == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("n", [0.5, 0.525, 0.77, 1.0, 1.62, 2.5, 4.0, 6.0])
@pytest.mark.parametrize("seeing_sigma", [0.15, 0.3, 1.0])
def test_expansion_is_right_after_seeing(n: float, seeing_sigma: float) -> None:
    """Against the direct convolution of the profile with a Gaussian, at all radii, relative to the peak."""
    r = np.concatenate([[0], np.geomspace(1e-9, 100, 40_000)])
    profile = sersic_profile(r, n)
    at = np.linspace(0, 4, 15)
    a = at[:, None]
    kernel = np.exp(-0.5 * ((r - a) / seeing_sigma) ** 2) * i0e(r * a / seeing_sigma**2) / seeing_sigma**2
    direct = np.trapezoid(profile * r * kernel, r)
    fractions = sersic_expansion(np.array([n]))[0]
    variance = EXPANSION_SIGMAS**2 + seeing_sigma**2
    expanded = (fractions / (2 * np.pi * variance) * np.exp(-0.5 * at[:, None] ** 2 / variance)).sum(axis=1)
    assert np.abs(expanded - direct).max() < 1e-3 * direct[0]


def test_expansion_refuses_other_indices() -> None:
    with pytest.raises(ValueError, match="7"):
        sersic_expansion(np.array([1.0, 7.0]))
