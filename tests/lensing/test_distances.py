"""Einstein radii against astropy's own distances and the listed 1.15 arcsec."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import constants
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM, LambdaCDM, Planck18

from lensfinder.errors import UserError
from lensfinder.lensing.distances import einstein_radius_arcsec

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)


@pytest.mark.filterwarnings("ignore:Use ``angular_diameter_distance")
@pytest.mark.parametrize("cosmology", [COSMOLOGY, Planck18], ids=["plain", "Planck18"])
def test_against_angular_diameter_distances(cosmology):
    rng = np.random.default_rng(1)
    z_lens, z_source = rng.uniform(0.02, 1.5, 300), rng.uniform(0.02, 5.0, 300)
    sigma = rng.uniform(50.0, 400.0, 300)
    behind = z_source > z_lens
    d_ls = cosmology.angular_diameter_distance_z1z2(z_lens[behind], z_source[behind])
    d_s = cosmology.angular_diameter_distance(z_source[behind])
    radius = 4.0 * np.pi * (sigma[behind] * u.km / u.s / constants.c) ** 2 * (d_ls / d_s) * u.rad
    ours = einstein_radius_arcsec(sigma, z_lens, z_source, cosmology)
    np.testing.assert_allclose(ours[behind], radius.to_value(u.arcsec), rtol=1e-9)
    assert np.all(ours[~behind] == 0.0)


def test_listed_radius():
    """1.15 arcsec at 200 km/s, times D_ls/D_s, which goes to 1 for the nearest lens."""
    assert einstein_radius_arcsec(200.0, 0.0, 2.0, COSMOLOGY) == pytest.approx(1.15, abs=0.005)


def test_shapes_broadcast_and_equal_redshifts_do_not_lens():
    radius = einstein_radius_arcsec(220.0, [[0.3], [0.9]], [0.3, 0.9, 2.0], COSMOLOGY)
    assert radius.shape == (2, 3)
    assert np.array_equal(radius > 0.0, [[False, True, True], [False, False, True]])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((-1.0, 0.5, 1.0), "sigma_v_km_s"),
        ((200.0, np.nan, 1.0), "z_lens"),
        ((200.0, 0.5, [1, -1]), "z_source"),
    ],
)
def test_impossible_values_are_refused(values, message):
    with pytest.raises(UserError, match=message):
        einstein_radius_arcsec(*values, COSMOLOGY)


def test_curved_cosmologies_are_refused():
    with pytest.raises(UserError, match="flat"):
        einstein_radius_arcsec(200.0, 0.5, 1.0, LambdaCDM(H0=70.0, Om0=0.3, Ode0=0.6))
