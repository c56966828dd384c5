"""The catalogue obeys the lens equation, its sampling rules and its seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy.cosmology import FlatLambdaCDM
from astropy.table import Table
from support.project import changed

from lensfinder.datasets.table import column_meanings, read_table
from lensfinder.errors import UserError
from lensfinder.lensing.caustics import caustic_area_arcsec2
from lensfinder.lensing.distances import einstein_radius_arcsec
from lensfinder.lensing.lens import Lens
from lensfinder.params import Params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, IMAGES_MAX
from lensfinder.surveys.jpas.params import KINDS, KindCounts
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, draw_catalogue
from lensfinder.surveys.jpas.simulation.layout import STREAMS, lay_out, tiles_of_samples
from lensfinder.surveys.jpas.simulation.populations import draw_populations
from lensfinder.surveys.jpas.simulation.sources import open_neighbours, open_populations
from lensfinder.surveys.jpas.simulation.systems import Drawn, Population, SystemFactory
from lensfinder.workspace.paths import SurveyPaths


@pytest.fixture
def catalogue(paths: SurveyPaths) -> pd.DataFrame:
    return read_table(paths.catalogue, CATALOGUE_COLUMNS)


def lens_of(rows: pd.DataFrame) -> Lens:
    return Lens(
        theta_e_arcsec=rows["theta_e_arcsec"].to_numpy(),
        theta_g_arcsec=rows["theta_g_arcsec"].to_numpy(),
        axis_ratio=rows["mass_axis_ratio"].to_numpy(),
        position_angle_rad=np.radians(rows["mass_pa_deg"].to_numpy()),
        shear_1=rows["shear_1"].to_numpy(),
        shear_2=rows["shear_2"].to_numpy(),
    )


@pytest.fixture(scope="module")
def toy_population() -> Population:
    """One tile, two galaxies whose caustics differ in area by a lot, one distant quasar each."""
    galaxies = pd.DataFrame(
        {
            "tile": [0, 0],
            "r_mag": [19.0, 19.0],
            "z": [0.3, 0.3],
            "sigma_v_km_s": [220.0, 300.0],
            "theta_g_arcsec": [0.05, 0.05],
            "mass_axis_ratio": [0.8, 0.5],
            "mass_pa_deg": [20.0, 70.0],
            "shear_1": [0.02, -0.05],
            "shear_2": [0.03, 0.0],
        }
    )
    quasars = pd.DataFrame(
        {"tile": [0], "r_mag": [20.0], "z": [2.0], "quasar_id": ["q"], "spectrum_id": ["q"]}
    )
    return Population(galaxies, quasars)


def factory_of(population: Population, params: Params) -> SystemFactory:
    wide = changed(params, {"jpas.systems.quasar_r_mag_observed.low": 5.0}).jpas
    cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
    return SystemFactory(population, wide, cosmology, STREAMS, 3, "train")


@pytest.fixture(scope="module")
def factory(toy_population: Population, smoke_params: Params) -> SystemFactory:
    return factory_of(toy_population, smoke_params)


def draw(factory: SystemFactory, kind: str, n: int) -> Drawn:
    return factory.draw(kind, np.arange(n), np.zeros(n, dtype=np.int64))


def test_counts_are_those_of_the_parameters(catalogue: pd.DataFrame, smoke_params: Params) -> None:
    for sample in ("train", "test"):
        counts = catalogue.loc[catalogue["sample"] == sample, "kind"].value_counts()
        assert {kind: counts[kind] for kind in KINDS} == smoke_params.jpas.counts.of(sample).model_dump()


def test_every_bright_image_solves_the_lens_equation(catalogue: pd.DataFrame, smoke_params: Params) -> None:
    rows = catalogue[(catalogue["galaxy_id"] != "") & (catalogue["theta_e_arcsec"] > 0)]
    checked = 0
    for i in range(1, IMAGES_MAX + 1):
        some = rows[rows["n_images"] >= i]
        x = some[f"image_{i}_x_arcsec"] - some["galaxy_x_arcsec"]
        y = some[f"image_{i}_y_arcsec"] - some["galaxy_y_arcsec"]
        lens = lens_of(some)
        beta_x, beta_y = lens.source_position(x.to_numpy(), y.to_numpy())
        assert beta_x == pytest.approx(some["source_x_arcsec"].to_numpy(), abs=1e-6)
        assert beta_y == pytest.approx(some["source_y_arcsec"].to_numpy(), abs=1e-6)
        magnification = lens.magnification(x.to_numpy(), y.to_numpy())
        assert magnification == pytest.approx(some[f"image_{i}_magnification"].to_numpy(), rel=1e-4)
        checked += len(some)
    assert checked > 3 * smoke_params.jpas.counts.train.lensed_quasar


def test_central_images_are_as_faint_as_in_nature(paths: SurveyPaths, smoke_params: Params) -> None:
    counts = KindCounts(lensed_quasar=400, quasar_near_galaxy=1, quasar_alone=1)
    many = {"sky.galaxies": 1500, "sky.quasars_per_tile": 400, "counts.train": counts, "counts.test": counts}
    params = changed(smoke_params, {f"jpas.{name}": value for name, value in many.items()})
    instrument = Instrument.build(params, read_filters(paths.tables))
    populations = draw_populations(params, *open_populations(paths, params), instrument.filters.names)
    catalogue, _ = draw_catalogue(params, *populations, open_neighbours(paths, params), instrument)
    lenses = catalogue[catalogue["kind"] == "lensed_quasar"]
    images = range(1, IMAGES_MAX + 1)
    magnification = np.abs(lenses[[f"image_{i}_magnification" for i in images]].to_numpy())
    distance = np.hypot(
        *(
            lenses[[f"image_{i}_{axis}_arcsec" for i in images]].to_numpy()
            - lenses[[f"galaxy_{axis}_arcsec"]].to_numpy()
            for axis in "xy"
        )
    )
    central = magnification[np.arange(len(lenses)), np.nanargmin(distance, axis=1)] / magnification[:, 0]
    assert (central > 0.1).mean() <= 0.01
    assert (central > 0.01).mean() <= 0.06


def test_theta_e_follows_from_dispersion_and_redshifts(catalogue: pd.DataFrame, smoke_params: Params) -> None:
    rows = catalogue[catalogue["galaxy_id"] != ""]
    cosmology = FlatLambdaCDM(H0=smoke_params.cosmology.h0_km_s_mpc, Om0=smoke_params.cosmology.omega_m)
    values = (rows[name].to_numpy() for name in ("sigma_v_km_s", "z_lens", "z_source"))
    expected = einstein_radius_arcsec(*values, cosmology)
    assert rows["theta_e_arcsec"].to_numpy() == pytest.approx(expected)
    assert np.all((rows["theta_e_arcsec"] > 0) == (rows["z_source"] > rows["z_lens"]))


def test_centre_is_the_brightest_object(catalogue: pd.DataFrame, smoke_params: Params) -> None:
    observation = smoke_params.jpas.observation
    jitter = observation.jitter_pixels * observation.pixel_scale_arcsec
    image_r = catalogue["quasar_r_mag"] - 2.5 * np.log10(catalogue["image_1_magnification"].abs())
    on_galaxy = catalogue["galaxy_r_mag"] < image_r
    x = np.where(on_galaxy, catalogue["galaxy_x_arcsec"], catalogue["image_1_x_arcsec"])
    y = np.where(on_galaxy, catalogue["galaxy_y_arcsec"], catalogue["image_1_y_arcsec"])
    assert on_galaxy.any()
    assert not on_galaxy.all()
    assert max(np.abs(x).max(), np.abs(y).max()) <= jitter
    assert max(np.abs(x).max(), np.abs(y).max()) > 0.9 * jitter


def test_bright_images_lie_in_the_circle_that_the_stamp_holds(
    catalogue: pd.DataFrame, smoke_params: Params
) -> None:
    """One rule for all kinds; the galaxy of a pair may be cut by the edge."""
    columns = [
        (f"image_{i}_x_arcsec", f"image_{i}_y_arcsec", f"image_{i}_magnification") for i in range(1, 6)
    ]
    observation = smoke_params.jpas.observation
    edge = 0.5 * observation.stamp_pixels * observation.pixel_scale_arcsec
    for x, y, magnification in columns:
        bright = catalogue[catalogue[magnification].abs() >= 0.1]
        assert (bright[[x, y]].abs() <= edge).all(axis=None)
    assert (
        catalogue["galaxy_x_arcsec"].abs().max()
        <= smoke_params.jpas.systems.pair_separation_arcsec.high + 0.2
    )


def test_kind_is_not_told_by_index_or_tile(smoke_params: Params) -> None:
    layout = lay_out(smoke_params)["train"]
    positive = layout.kind == "lensed_quasar"
    index = np.arange(len(positive))
    assert abs(index[positive].mean() / index.mean() - 1) < 0.25
    per_tile = pd.crosstab(layout.tile, layout.kind)
    assert (per_tile.max() - per_tile.min()).max() <= 1


def test_samples_share_no_tile(smoke_params: Params) -> None:
    tiles = tiles_of_samples(smoke_params)
    assert not set(tiles["train"]) & set(tiles["test"])
    assert len(tiles["train"]) + len(tiles["test"]) == smoke_params.jpas.sky.tiles


def test_galaxies_host_lenses_in_proportion_to_the_area_of_their_caustics(
    toy_population: Population, factory: SystemFactory
) -> None:
    drawn = draw(factory, "lensed_quasar", 6000)
    theta_e = np.array([drawn.theta_e_arcsec[drawn.galaxy == g][0] for g in (0, 1)])
    area = caustic_area_arcsec2(toy_population.lens(np.array([0, 1]), theta_e))
    expected = area[1] / area.sum()
    found = (drawn.galaxy == 1).mean()
    # Lenses whose images leave the stamp stay out; these galaxies make none.
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 6000))


def test_as_many_lenses_as_the_caustics_cover(toy_population: Population, factory: SystemFactory) -> None:
    theta_e = np.array([factory._theta_e(np.array([g]), np.array([0]))[0] for g in (0, 1)])
    area = caustic_area_arcsec2(toy_population.lens(np.array([0, 1]), theta_e)).sum()
    found = factory.lens_area_arcsec2(20_000, np.random.default_rng(1))
    assert found == pytest.approx(area, rel=0.03)


def test_sources_are_uniform_inside_the_caustic(toy_population: Population, factory: SystemFactory) -> None:
    """The density in an inner disc, wholly inside the caustic, is that of the whole."""
    drawn = draw(factory, "lensed_quasar", 6000)
    of = drawn.galaxy == 0
    area = caustic_area_arcsec2(toy_population.lens(np.array([0]), drawn.theta_e_arcsec[of][:1]))[0]
    radius = 0.5 * np.sqrt(area / np.pi)
    inside = np.hypot(drawn.source_x_arcsec[of], drawn.source_y_arcsec[of]) < radius
    assert inside.mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / of.sum()))


def test_objects_are_drawn_alike_in_any_order_and_company(factory: SystemFactory) -> None:
    index = np.array([5, 17, 300, 2])
    for kind in KINDS:
        together = draw(factory, kind, 320)
        some = factory.draw(kind, index, np.zeros(4, dtype=np.int64))
        for name in ("galaxy", "quasar", "source_x_arcsec", "separation_arcsec"):
            assert np.array_equal(getattr(some, name), getattr(together, name)[index], equal_nan=True)
        assert np.array_equal(some.images.x_arcsec, together.images.x_arcsec[index], equal_nan=True)


def test_pairs_are_unrelated_on_the_sky(toy_population: Population, smoke_params: Params) -> None:
    # Light galaxies: a heavy one makes several images of a quasar 3" away, which is then no pair.
    light = Population(toy_population.galaxies.assign(sigma_v_km_s=170.0), toy_population.quasars)
    drawn = draw(factory_of(light, smoke_params), "quasar_near_galaxy", 4000)
    assert np.all(drawn.images.n_images == 1)
    assert drawn.separation_arcsec.min() >= 3.0
    # These galaxies are brighter than the quasar and so in the middle, and the quasar is in the stamp.
    reach = smoke_params.jpas.reach_arcsec
    assert drawn.separation_arcsec.max() <= reach < 6.0
    # Uniform on the sky: the number within r grows as r² − 3².
    inner = (drawn.separation_arcsec < 4.5).mean()
    assert inner == pytest.approx((4.5**2 - 3**2) / (reach**2 - 3**2), abs=0.04)


def test_a_tile_without_lenses_or_seen_quasars_is_an_error_that_names_it(
    toy_population: Population, smoke_params: Params
) -> None:
    weak = Population(toy_population.galaxies.assign(sigma_v_km_s=50.0), toy_population.quasars)
    with pytest.raises(UserError, match=r"theta_e_min_arcsec = 0.5.*\b0\b.*train"):
        factory_of(weak, smoke_params)
    dark = Population(toy_population.galaxies, toy_population.quasars.assign(r_mag=25.0))
    with pytest.raises(UserError, match=r"quasar_r_mag_observed = .*\b0\b.*train.*no quasar that is seen"):
        factory_of(dark, smoke_params)


def test_catalogue_opens_in_astropy_and_its_columns_have_units(paths: SurveyPaths) -> None:
    table = Table.read(paths.catalogue)
    assert len(table) == len(pd.read_parquet(paths.catalogue))
    meanings = column_meanings(paths.catalogue)
    assert meanings["theta_e_arcsec"].unit == "arcsec"
    assert all(column.description for column in meanings.values())
