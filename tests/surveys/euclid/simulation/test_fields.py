"""Fields: draws follow their formulae, weights lead back to the sky, bits depend on the field alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pytest
from astropy.cosmology import FlatLambdaCDM
from scipy import stats

from lensfinder.errors import UserError
from lensfinder.lensing.distances import einstein_radius_arcsec
from lensfinder.params import Params
from lensfinder.sky.field_counts import FieldCounts
from lensfinder.sky.passbands import ab_magnitude
from lensfinder.sky.tables import read_galaxy_templates
from lensfinder.surveys.euclid.bands import EuclidBands
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, KINDS
from lensfinder.surveys.euclid.simulation.alignments import Alignments
from lensfinder.surveys.euclid.simulation.fields import FIELD_STAMPS, Field, FieldDrawer
from lensfinder.surveys.euclid.simulation.scenes import GalaxyLight, Mass, Sources

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)
N_FIELDS = 16
PARTS = ("mass", "galaxies", "sources")


@pytest.fixture(scope="module")
def drawer(params: Params, bands: EuclidBands) -> FieldDrawer:
    return FieldDrawer(params, bands, read_galaxy_templates())


@pytest.fixture(scope="module")
def drawn(drawer: FieldDrawer) -> list[Field]:
    return [drawer.draw("train", field) for field in range(N_FIELDS)]


@pytest.fixture(scope="module")
def catalogue(drawn: list[Field]) -> pd.DataFrame:
    return pd.concat([field.catalogue for field in drawn], ignore_index=True)


@dataclass(frozen=True)
class AllSources:
    """Sources of all fields; ``owner`` is a row of the whole catalogue, ``first`` marks those drawn first."""

    owner: np.ndarray
    first: np.ndarray
    z: np.ndarray
    mag: np.ndarray
    theta_e: np.ndarray
    distance: np.ndarray


@pytest.fixture(scope="module")
def sources(drawn: list[Field]) -> AllSources:
    parts = []
    for number, field in enumerate(drawn):
        s = field.scenes.sources
        clumps = np.bincount(s.clump_owner, s.clump_flux_ujy[:, 0], minlength=len(s.owner))
        owner, first = s.owner + number * FIELD_STAMPS, np.append(True, np.diff(s.owner) > 0)
        mag, distance = ab_magnitude(s.disc_flux_ujy[:, 0] + clumps), np.hypot(s.x_arcsec, s.y_arcsec)
        parts.append((owner, first, s.z, mag, s.theta_e_arcsec, distance))
    return AllSources(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def same_bits(one: Field, other: Field) -> None:
    pd.testing.assert_frame_equal(one.catalogue, other.catalogue, check_exact=True)
    for part in PARTS:
        a, b = getattr(one.scenes, part), getattr(other.scenes, part)
        for item in fields(a):
            np.testing.assert_array_equal(getattr(a, item.name), getattr(b, item.name), strict=True)


def test_a_field_depends_on_nothing_but_itself(
    params: Params, bands: EuclidBands, drawer: FieldDrawer, drawn: list[Field]
) -> None:
    for number in (5, 2):  # in another order than the first time
        same_bits(drawer.draw("train", number), drawn[number])
    same_bits(FieldDrawer(params, bands, read_galaxy_templates()).draw("train", 2), drawn[2])


def test_fields_and_samples_share_nothing(drawer: FieldDrawer, drawn: list[Field]) -> None:
    others = [drawn[1], drawer.draw("test", 0)]
    for other in others:
        assert not set(other.catalogue["z_lens"]) & set(drawn[0].catalogue["z_lens"])
        assert not set(other.scenes.sources.z) & set(drawn[0].scenes.sources.z)
        assert not set(other.scenes.galaxies.x_arcsec) & set(drawn[0].scenes.galaxies.x_arcsec)


@pytest.mark.parametrize("n", [1, 37, FIELD_STAMPS])
def test_head_is_a_prefix(drawn: list[Field], n: int) -> None:
    whole, part = drawn[0], drawn[0].head(n)
    pd.testing.assert_frame_equal(part.catalogue, whole.catalogue.iloc[:n])
    assert len(part.scenes) == n
    for name in PARTS:
        cut, uncut = getattr(part.scenes, name), getattr(whole.scenes, name)
        assert isinstance(cut, Mass | GalaxyLight | Sources)
        for item in fields(cut):
            values = getattr(cut, item.name)
            np.testing.assert_array_equal(values, getattr(uncut, item.name)[: len(values)])
    assert set(part.scenes.galaxies.owner) == set(range(n))
    s, all_sources = part.scenes.sources, whole.scenes.sources
    assert len(s.owner) == (all_sources.owner < n).sum()
    assert len(s.clump_owner) == (all_sources.owner[all_sources.clump_owner] < n).sum()


def test_rows_have_names_and_declared_columns(catalogue: pd.DataFrame, drawer: FieldDrawer) -> None:
    assert set(catalogue.columns) < set(CATALOGUE_COLUMNS)
    assert catalogue["object_id"].iloc[[0, -1]].tolist() == ["euclid-train-0000000", "euclid-train-0003999"]
    assert catalogue["ID"].tolist() == list(range(200_001, 200_001 + len(catalogue)))
    assert drawer.draw("test", 1).catalogue["ID"].iloc[0] == 5_200_001 + FIELD_STAMPS
    assert set(catalogue["origin"]) == {"simulated"}


def test_kinds_have_their_parts(catalogue: pd.DataFrame, params: Params) -> None:
    systems = params.euclid.systems
    lensed, front = systems.lensed_fraction, systems.in_front_fraction
    expected = np.array([lensed, front, 1 - lensed - front]) * len(catalogue)
    found = catalogue["kind"].value_counts()[list(KINDS)]
    assert stats.chisquare(found, expected).pvalue > 1e-3
    assert (catalogue["n_sources"][catalogue["kind"] == "no_source"] == 0).all()
    assert (catalogue["n_sources"][catalogue["kind"] == "source_in_front"] == 1).all()
    two, n = int((catalogue["n_sources"] == 2).sum()), int(found["lensed_source"])
    assert stats.binomtest(two, n, systems.second_source_fraction).pvalue > 1e-3


def test_einstein_radii_are_those_of_the_redshifts(catalogue: pd.DataFrame, sources: AllSources) -> None:
    rows = catalogue.iloc[sources.owner]
    behind = (rows["kind"] == "lensed_source").to_numpy()
    z_lens = rows["z_lens"].to_numpy()
    assert (sources.z[behind] > z_lens[behind]).all()
    assert (sources.z[~behind] < z_lens[~behind]).all()
    expected = einstein_radius_arcsec(rows["sigma_v_km_s"].to_numpy(), z_lens, sources.z, COSMOLOGY)
    np.testing.assert_allclose(sources.theta_e, expected, rtol=1e-12)
    assert (sources.theta_e[~behind] == 0).all()
    # What a survey like this finds: SLACS and SL2S lenses have 0.5"–2.5".
    main = sources.theta_e[behind & sources.first]
    assert 0.8 < np.median(main) < 1.2
    assert ((main > 0.4) & (main < 2.5)).mean() > 0.9


def test_impact_parameters_follow_the_declared_choice(sources: AllSources, params: Params) -> None:
    systems = params.euclid.systems
    behind = sources.theta_e > 0
    part = sources.distance[behind] / sources.theta_e[behind] / systems.impact_max
    first = sources.first[behind]
    assert stats.kstest(part[first] ** systems.impact_exponent, "uniform").pvalue > 1e-3
    assert stats.kstest(part[~first] ** 2, "uniform").pvalue > 1e-3


def test_neither_place_nor_magnitude_betrays_a_source_in_front(sources: AllSources) -> None:
    main = sources.first
    front = sources.theta_e == 0
    for values in (sources.distance, sources.mag):
        assert stats.ks_2samp(values[main & front], values[main & ~front]).pvalue > 1e-3


def weighted_ks(values: np.ndarray, weights: np.ndarray, cdf) -> float:
    order = np.argsort(values)
    running = np.cumsum(weights[order]) / weights.sum()
    distance = np.abs(running - cdf(values[order])).max()
    effective = weights.sum() ** 2 / (weights**2).sum()
    return float(stats.kstwobign.sf(distance * np.sqrt(effective)))


def test_weights_sum_to_the_number_of_stamps(catalogue: pd.DataFrame) -> None:
    weight = catalogue["sampling_weight"]
    assert (weight > 0).all()
    error = weight.std() / np.sqrt(len(weight))
    assert error < 0.05
    assert weight.mean() == pytest.approx(1.0, abs=4 * error)


def test_weights_lead_back_to_the_sky(catalogue: pd.DataFrame, sources: AllSources, params: Params) -> None:
    one = sources.first & (catalogue["n_sources"].to_numpy()[sources.owner] == 1) & (sources.theta_e > 0)
    weight = catalogue["sampling_weight"].to_numpy()[sources.owner[one]]
    impact = sources.distance[one] / sources.theta_e[one] / params.euclid.systems.impact_max
    assert weighted_ks(impact, weight, lambda u: u**2) > 1e-3  # uniform on the sky
    # Unweighted they are not: the test can tell.
    assert weighted_ks(impact, np.ones_like(impact), lambda u: u**2) < 1e-6
    counts = FieldCounts(params.euclid.field)
    rng = np.random.default_rng(8)
    sky = sky_in_zones(params, counts, z_lens=0.5, sigma_v=260.0, n=4000, rng=rng)
    like_it = catalogue["z_lens"].between(0.4, 0.6).to_numpy()[sources.owner[one]]
    sky_mag = np.sort(np.concatenate([mag for mag, _ in sky]))
    mag = sources.mag[one][like_it]
    assert weighted_ks(mag, weight[like_it], lambda m: np.searchsorted(sky_mag, m) / len(sky_mag)) > 1e-3


def sky_in_zones(
    params: Params, counts: FieldCounts, z_lens: float, sigma_v: float, n: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Magnitudes and redshifts of the field behind a deflector, in its zone: a uniform sky, n times."""
    largest = params.euclid.systems.impact_max * float(
        einstein_radius_arcsec(sigma_v, z_lens, params.euclid.field.redshift_max, COSMOLOGY)
    )
    mean = counts.density_arcsec2(counts.mag_high) * np.pi * largest**2
    number = rng.poisson(mean, n)
    owner = np.repeat(np.arange(n), number)
    mag = counts.draw_mags(owner.shape, counts.slope_dex, rng)
    z = counts.draw_redshifts(mag, rng)
    theta_e = einstein_radius_arcsec(sigma_v, z_lens, z, COSMOLOGY)
    radius = largest * np.sqrt(rng.random(owner.shape))
    inside = radius < params.euclid.systems.impact_max * theta_e
    return [(mag[inside & (owner == i)], z[inside & (owner == i)]) for i in range(n)]


def test_expected_numbers_are_those_of_a_uniform_sky(params: Params) -> None:
    counts = FieldCounts(params.euclid.field)
    redshifts = params.euclid.galaxies.redshift
    alignments = Alignments(counts, params.euclid.systems, COSMOLOGY, (redshifts.low, redshifts.high))
    rng = np.random.default_rng(9)
    for z_lens, sigma_v in ((0.3, 240.0), (0.7, 300.0)):
        sky = sky_in_zones(params, counts, z_lens, sigma_v, 2000, rng)
        number = np.array([len(mag) for mag, _ in sky])
        behind, in_front = alignments.expected(np.array([sigma_v]), np.array([z_lens]))
        assert number.mean() == pytest.approx(behind[0], abs=4 * number.std() / np.sqrt(len(number)))
        assert 0 < in_front[0] < behind[0]


def test_stamps_hold_deflector_and_neighbours(
    drawn: list[Field], catalogue: pd.DataFrame, params: Params
) -> None:
    jitter = params.euclid.observation.jitter_arcsec
    for axis in ("deflector_x_arcsec", "deflector_y_arcsec"):
        assert stats.kstest(catalogue[axis], "uniform", (-jitter, 2 * jitter)).pvalue > 1e-3
    rows, light, mass = drawn[0].catalogue, drawn[0].scenes.galaxies, drawn[0].scenes.mass
    assert (np.diff(light.owner) >= 0).all()
    deflector = light.of_deflector
    assert light.sersic_n[deflector].reshape(-1, 2).tolist() == [[4.0, 1.0]] * FIELD_STAMPS
    np.testing.assert_array_equal(light.x_arcsec[deflector], np.repeat(mass.x_arcsec, 2))
    vis = light.flux_ujy[deflector, 0].reshape(-1, 2)
    np.testing.assert_allclose(ab_magnitude(vis.sum(axis=1)), rows["mag_lens"])
    np.testing.assert_allclose(vis[:, 0] / vis.sum(axis=1), rows["bulge_fraction"])
    other = ~deflector
    assert np.abs(light.x_arcsec[other]).max() < 10.0
    assert np.abs(light.y_arcsec[other]).max() < 10.0
    assert ab_magnitude(light.flux_ujy[other, 0]).max() <= params.euclid.field.neighbour_vis_mag_max
    owner = light.owner[other]
    x, y = light.x_arcsec[other] - mass.x_arcsec[owner], light.y_arcsec[other] - mass.y_arcsec[owner]
    for radius in (3, 5, 10):
        inside = np.bincount(owner[np.hypot(x, y) < radius], minlength=FIELD_STAMPS)
        np.testing.assert_array_equal(rows[f"n_gal_{radius}"], inside)


def test_neighbours_are_the_field_outside_the_zone(catalogue: pd.DataFrame, params: Params) -> None:
    counts = FieldCounts(params.euclid.field)
    density = counts.density_arcsec2(params.euclid.field.neighbour_vis_mag_max)
    # Beyond 5" no galaxy would be a source. Of the 10" circle next to nothing lies outside the stamp.
    ring = catalogue["n_gal_10"] - catalogue["n_gal_5"]
    error = ring.std() / np.sqrt(len(ring))
    assert ring.mean() == pytest.approx(0.998 * np.pi * 75 * density, abs=4 * error)
    assert ring.var() == pytest.approx(ring.mean(), rel=0.1)  # Poisson
    near = catalogue["n_gal_3"]
    assert near.mean() < 0.8 * np.pi * 9 * density
    *others, alone = (near[catalogue["kind"] == kind] for kind in KINDS)
    for of_kind in others:
        assert stats.ks_2samp(of_kind, alone).pvalue > 1e-3


def test_sources_are_laid_out_as_the_scenes_say(drawn: list[Field]) -> None:
    for field in drawn[:3]:
        s = field.scenes.sources
        assert (np.diff(s.owner) >= 0).all()
        assert (np.diff(s.clump_owner) >= 0).all()
        reach = 2 * s.r_eff_arcsec / np.sqrt(s.axis_ratio)
        offset = np.hypot(
            s.clump_x_arcsec - s.x_arcsec[s.clump_owner], s.clump_y_arcsec - s.y_arcsec[s.clump_owner]
        )
        assert (offset <= reach[s.clump_owner] + 1e-9).all()
        assert (s.disc_flux_ujy > 0).all()
        assert (s.clump_flux_ujy > 0).all()


def test_a_field_that_ends_before_the_deflectors_is_refused(params: Params) -> None:
    near = params.euclid.field.model_copy(update={"redshift_max": 1.0})
    with pytest.raises(UserError, match=r"redshift_max = 1\.0 must be greater"):
        Alignments(FieldCounts(near), params.euclid.systems, COSMOLOGY, (0.2, 1.2))
