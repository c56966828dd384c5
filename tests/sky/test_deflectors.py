"""Deflectors: bulge and disc of one galaxy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammainc, gammaincinv

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.sky.bulges import bulge_axis_ratios, component_radii
from lensfinder.sky.deflectors import DeflectorPopulation
from lensfinder.sky.galaxy_photometry import SpectralPhotometry, TabulatedPhotometry
from lensfinder.sky.passbands import ab_magnitude

BANDS = ("VIS", "Y", "J", "H")


@pytest.fixture(scope="module")
def photometry(euclid_photometry: SpectralPhotometry) -> TabulatedPhotometry:
    return TabulatedPhotometry.build(euclid_photometry, 1.3)


@pytest.fixture(scope="module")
def many(params: Params, photometry: TabulatedPhotometry) -> pd.DataFrame:
    mixed = params.euclid.galaxies.model_copy(update={"early_fraction": 0.3})
    return DeflectorPopulation(mixed, 120.0, params.cosmology, photometry).draw(
        2000, np.random.default_rng(1)
    )


def test_only_massive_galaxies_are_drawn(many: pd.DataFrame, params: Params) -> None:
    assert len(many) == 2000
    assert many["sigma_v_km_s"].min() >= 120.0
    limits = params.euclid.galaxies
    assert many["r_mag"].between(limits.r_mag.low, limits.r_mag.high).all()
    assert many["z"].between(limits.redshift.low, limits.redshift.high).all()
    assert not many.isna().any().any()


def test_bulges_are_old_and_have_their_part_of_the_light(many: pd.DataFrame) -> None:
    bulge, disc = (many[[f"{c}_flux_{b}" for b in BANDS]].to_numpy() for c in ("bulge", "disc"))
    assert (bulge > 0).all()
    assert (disc > 0).all()
    np.testing.assert_allclose(many["bulge_fraction"], bulge[:, 0] / (bulge + disc)[:, 0])
    early = (many["type"] == "early").to_numpy()
    assert many["bulge_fraction"][early].min() > 0.4
    assert many["bulge_fraction"][~early].max() < 0.45
    colour = [ab_magnitude(flux[:, 0]) - ab_magnitude(flux[:, 3]) for flux in (bulge, disc)]
    assert np.median((colour[0] - colour[1])[~early]) > 0.3
    assert abs(np.median((colour[0] - colour[1])[early])) < 0.05


def test_r_magnitude_is_that_of_both_components(params: Params, photometry: TabulatedPhotometry) -> None:
    # With r among the bands of a stamp its flux comes out too, and must be the drawn r magnitude.
    bands = photometry.filters
    imaged = type(bands)(**{**bands.__dict__, "in_cube": np.ones(len(bands), dtype=bool)})
    with_r = TabulatedPhotometry(photometry._table_ujy, imaged, photometry.templates)
    drawn = DeflectorPopulation(params.euclid.galaxies, 150.0, params.cosmology, with_r).draw(
        50, np.random.default_rng(2)
    )
    total = drawn["bulge_flux_rSDSS"] + drawn["disc_flux_rSDSS"]
    np.testing.assert_allclose(ab_magnitude(total.to_numpy()), drawn["r_mag"], atol=1e-9)


def test_half_the_light_lies_inside_the_half_light_radius(many: pd.DataFrame) -> None:
    r = many["r_eff_arcsec"].to_numpy()
    fraction = many["bulge_fraction"].to_numpy()
    growth = [
        gammainc(2 * n, gammaincinv(2 * n, 0.5) * (r / many[f"{c}_r_eff_arcsec"].to_numpy()) ** (1 / n))
        for c, n in (("bulge", 4.0), ("disc", 1.0))
    ]
    np.testing.assert_allclose(fraction * growth[0] + (1 - fraction) * growth[1], 0.5, atol=1e-6)
    assert (many["bulge_r_eff_arcsec"] <= many["disc_r_eff_arcsec"]).all()


def test_one_component_alone_has_the_whole_radius() -> None:
    bulge, disc = component_radii(np.array([1.0, 1.0]), np.array([1.0, 0.0]), np.array([0.3, 0.3]))
    assert bulge[0] == pytest.approx(1.0)
    assert disc[1] == pytest.approx(1.0)


def test_bulges_of_discs_are_rounder() -> None:
    axis_ratio = np.array([0.2, 0.5, 1.0])
    late = bulge_axis_ratios(np.zeros(3, dtype=bool), axis_ratio)
    assert late[0] == pytest.approx(0.6)  # seen edge-on: its own flattening
    assert late[2] == pytest.approx(1.0)
    assert late[1] > 0.5
    np.testing.assert_array_equal(bulge_axis_ratios(np.ones(3, dtype=bool), axis_ratio), axis_ratio)


def test_impossible_dispersion_is_refused(
    params: Params, photometry: TabulatedPhotometry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lensfinder.sky.deflectors.ROUNDS_MAX", 3)
    population = DeflectorPopulation(params.euclid.galaxies, 5000.0, params.cosmology, photometry)
    with pytest.raises(UserError, match=r"sigma_v >= 5000\.0 km/s"):
        population.draw(10, np.random.default_rng(0))
