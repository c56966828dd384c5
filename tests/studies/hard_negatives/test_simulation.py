"""Hard negatives: they take the place of lenses, share nothing with them, and are imaged like everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.project import changed, changed_file, make_project

from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import column_meanings, read_table
from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.files import HardNegativeFiles
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS
from lensfinder.studies.hard_negatives.simulate import simulate_impostors
from lensfinder.studies.hard_negatives.simulation.catalogue import (
    HardNegativeSet,
    draw_hard_negatives,
    draw_tiles,
    lay_out_hard_negatives,
)
from lensfinder.studies.hard_negatives.simulation.images import placed, scenes_of, simulate_hard_negatives
from lensfinder.studies.hard_negatives.simulation.impostors import offset_inside
from lensfinder.studies.hard_negatives.simulation.light import ImpostorLight
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra_plain
from lensfinder.surveys.jpas.simulation.catalogue import Instrument
from lensfinder.surveys.jpas.simulation.render import Galaxies, Points, Scenes, render_signal_plain
from lensfinder.surveys.jpas.simulation.render_compiled import render_signal
from lensfinder.surveys.jpas.simulation.sources import open_neighbours, open_quasar_population
from lensfinder.workspace.paths import SurveyPaths

PAIRS = ("star_near_galaxy", "two_stars", "quasar_pair", "merger")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    return JpasPaths(make_project(tmp_path_factory.mktemp("hard")))


@pytest.fixture(scope="module")
def params(paths: SurveyPaths) -> Params:
    return read_params(paths.root / "params.yaml")


@pytest.fixture(scope="module")
def instrument(paths: SurveyPaths, params: Params) -> Instrument:
    return Instrument.build(params, read_filters(paths.tables))


@pytest.fixture(scope="module")
def drawn(paths: SurveyPaths, params: Params, instrument: Instrument) -> HardNegativeSet:
    filters, templates = read_filters(paths.tables), read_galaxy_templates()
    galaxies = GalaxyPopulation(params.jpas.galaxies, params.cosmology, filters, templates)
    population = draw_tiles(params, galaxies, open_quasar_population(paths.tables, params))
    lines, trends = read_composite_lines(paths.tables), read_line_trends(paths.tables)
    light = ImpostorLight(params, filters, templates, lines, trends)
    beside = open_neighbours(paths, params)
    return draw_hard_negatives(params, population, beside, light, instrument)


@pytest.fixture(scope="module")
def files(paths: SurveyPaths, params: Params) -> HardNegativeFiles:
    simulate_impostors(paths, params)
    return HardNegativeFiles(paths)


def impostors_of(drawn: HardNegativeSet, kind: str):  # type: ignore[no-untyped-def]
    rows = np.flatnonzero(drawn.catalogue["kind"] == kind)
    return [(int(row), drawn.impostors[row], drawn.catalogue.iloc[row]) for row in rows]


def test_names_tiles_and_counts_are_as_declared(drawn: HardNegativeSet, params: Params) -> None:
    catalogue, sky = drawn.catalogue, params.jpas.sky
    assert catalogue["kind"].value_counts().to_dict() == dict.fromkeys(IMPOSTOR_KINDS, 8)
    assert (catalogue["label"] == 0).all()
    assert catalogue["object_id"].tolist() == [f"jpas-hard_negative-{i:07d}" for i in range(40)]
    assert set(catalogue["tile"]) == set(range(sky.tiles, sky.tiles + 20))
    for column, prefix in (("galaxy_id", "gal"), ("spectrum_id", "qso")):
        named = catalogue[catalogue[column] != ""]
        # No tile of training or test makes such a name.
        assert (named[column].str.slice(0, 8) == [f"{prefix}-{tile:04d}" for tile in named["tile"]]).all()
    assert set(catalogue.loc[catalogue["galaxy_id"] == "", "kind"]) == {"two_stars", "quasar_pair"}
    assert set(catalogue.loc[catalogue["spectrum_id"] != "", "kind"]) == {"quasar_pair"}


def test_tiles_get_equal_numbers_of_every_kind(params: Params) -> None:
    counts = {f"jpas.hard_negatives.counts.{kind}": 50 for kind in IMPOSTOR_KINDS}
    layout = lay_out_hard_negatives(changed(params, counts))
    for kind in IMPOSTOR_KINDS:
        _, per_tile = np.unique(layout.tile[layout.kind == kind], return_counts=True)
        assert len(per_tile) == 20
        assert np.ptp(per_tile) <= 1


def test_the_brightest_part_is_at_the_centre_and_the_other_inside(
    drawn: HardNegativeSet, params: Params
) -> None:
    catalogue, camera = drawn.catalogue, params.jpas.observation
    jitter = camera.jitter_pixels * camera.pixel_scale_arcsec
    edge = 0.5 * camera.stamp_pixels * camera.pixel_scale_arcsec
    columns = [f"part_{part}_{axis}_arcsec" for part in (1, 2) for axis in ("x", "y")]
    at = catalogue[columns].to_numpy().reshape(-1, 2, 2)
    brightest = catalogue[["part_1_r_mag", "part_2_r_mag"]].to_numpy().argmin(axis=1)
    offset = np.abs(at[np.arange(len(at)), brightest]).max(axis=1)
    # A ring lies around its core, which is its centre, be it brighter than all of the ring or not.
    assert offset.max() <= jitter
    assert np.abs(at).max() <= edge
    distance = np.hypot(*(at[:, 0] - at[:, 1]).T)
    pair = catalogue["kind"].isin(PAIRS).to_numpy()
    np.testing.assert_allclose(distance[pair], catalogue["separation_arcsec"][pair], rtol=1e-12)


def test_stars_and_quasars_pass_the_quasars_own_cut(drawn: HardNegativeSet, params: Params) -> None:
    catalogue, limits = drawn.catalogue, params.jpas.systems.quasar_r_mag_observed
    points = catalogue["kind"].isin(("star_near_galaxy", "two_stars", "quasar_pair"))
    assert catalogue["mimic_r_mag"][points].between(limits.low, limits.high).all()
    two = catalogue[catalogue["kind"].isin(("two_stars", "quasar_pair"))]
    light = 10 ** (-0.4 * two["part_1_r_mag"]) + 10 ** (-0.4 * two["part_2_r_mag"])
    np.testing.assert_allclose(-2.5 * np.log10(light), two["mimic_r_mag"], atol=1e-9)
    assert (two["part_1_r_mag"] <= two["part_2_r_mag"]).all()


def test_separations_are_those_of_lensed_images(drawn: HardNegativeSet) -> None:
    """Two images of an isothermal lens are 2 θ_E apart, but for core and shear."""
    two = drawn.catalogue[drawn.catalogue["kind"].isin(("two_stars", "quasar_pair"))]
    assert (two["separation_arcsec"] / two["theta_e_arcsec"]).median() == pytest.approx(2.0, abs=0.15)
    star = drawn.catalogue[drawn.catalogue["kind"] == "star_near_galaxy"]
    # The brighter image is outside the Einstein radius, the farthest at twice that.
    assert (star["separation_arcsec"] / star["theta_e_arcsec"]).between(0.7, 2.3).all()


def test_quasar_pairs_have_one_redshift_and_two_spectra(drawn: HardNegativeSet, params: Params) -> None:
    for _, impostor, row in impostors_of(drawn, "quasar_pair"):
        assert abs(row["pair_velocity_km_s"]) <= params.jpas.hard_negatives.pair_velocity_max_km_s
        first, second = (point.flux_ujy for point in impostor.points)
        seen = (first > 0.01 * first.max()) & (second > 0.01 * second.max())
        ln_ratio = np.log(second[seen] / first[seen])
        # Images of one quasar would differ by the trays' variability alone: four steps.
        assert len(np.unique(ln_ratio.round(6))) > 10
        assert ln_ratio.std() > 0.02


def test_a_ring_is_a_ring(drawn: HardNegativeSet, instrument: Instrument, params: Params) -> None:
    camera = instrument.camera
    distance = np.hypot(*np.meshgrid(camera.pixel_centres_arcsec, camera.pixel_centres_arcsec))
    best = np.full(len(instrument.filters), params.jpas.observation.psf_fwhm_arcsec.low)
    for _, impostor, row in impostors_of(drawn, "ring_galaxy"):
        core, *knots = impostor.extended
        radius = row["separation_arcsec"]
        ring = sum(knot.flux_ujy for knot in knots)
        np.testing.assert_allclose(ring, impostor.mimic_ujy)
        assert core.r_eff_arcsec <= 0.3 * radius
        # Knots are on an ellipse of that semi-major axis.
        reach = np.array([np.hypot(knot.x_arcsec, knot.y_arcsec) for knot in knots])
        assert reach.max() == pytest.approx(radius, rel=0.02)
        assert reach.min() >= 0.7 * radius - 1e-9
        # Without its core there is a hole in the middle, seen at the best seeing where the ring is wide.
        if radius > 1.5:
            middle = np.zeros((1, 2))
            alone = Scenes(
                placed(Galaxies, [tuple(knots)], middle, len(best)),
                placed(Points, [()], middle, len(best)),
                best[None],
            )
            image = render_signal(alone, camera)[0, ..., 30]
            around = image[(distance > 0.7 * radius) & (distance < radius)].mean()
            assert around > 1.7 * image[distance < 0.3].mean()
        ratio = 10 ** (-0.4 * (row["part_2_r_mag"] - row["part_1_r_mag"]))
        fraction = row["ring_light_fraction"]
        assert ratio == pytest.approx(fraction / (1 - fraction))


def test_mergers_are_two_types_at_one_redshift(drawn: HardNegativeSet, params: Params) -> None:
    limits = params.jpas.hard_negatives.merger_r_mag_difference
    for _, impostor, row in impostors_of(drawn, "merger"):
        first, second = impostor.extended
        assert limits.low <= row["part_2_r_mag"] - row["part_1_r_mag"] <= limits.high
        # Templates of two types at the same redshift differ in more than brightness.
        assert np.ptp(np.log(first.flux_ujy / second.flux_ujy)) > 0.02


def test_the_scene_of_an_impostor_has_its_light(drawn: HardNegativeSet, instrument: Instrument) -> None:
    """Without neighbours: against the plain renderer, and its flux in the stamp against that asked for."""
    camera = instrument.camera
    for kind in IMPOSTOR_KINDS:
        row, impostor, _ = impostors_of(drawn, kind)[0]
        centre = drawn.centre_arcsec[[row]]
        scenes = Scenes(
            placed(Galaxies, [impostor.extended], centre, 56),
            placed(Points, [impostor.points], centre, 56),
            drawn.psf_fwhm_arcsec[[row]],
        )
        fast, plain = (of(scenes, camera)[0] for of in (render_signal, render_signal_plain))
        np.testing.assert_allclose(fast, plain, atol=2e-5 * plain.max())
        total = sum(of.flux_ujy for of in (*impostor.extended, *impostor.points))
        inside = plain.sum(axis=(0, 1))[total > 0] / total[total > 0]
        assert 0.6 < inside.min() <= inside.max() < 1.01
        beside = drawn.neighbours.of(drawn.catalogue["object_id"].iloc[[row]])
        light = render_signal(scenes_of(drawn, np.array([row])), camera)[0] - fast
        only = render_signal(Scenes(*beside, drawn.psf_fwhm_arcsec[[row]]), camera)[0]
        np.testing.assert_allclose(light, only, atol=1e-5 * plain.max())


def test_a_cube_depends_on_its_own_object_alone(
    files: HardNegativeFiles, drawn: HardNegativeSet, instrument: Instrument, params: Params
) -> None:
    (cubes,) = files.images_of("cube")
    alone = simulate_hard_negatives(drawn, np.array([31, 2]), instrument.camera, params.seed)
    assert np.array_equal(alone.view(np.uint16), open_images(cubes)[[31, 2]].view(np.uint16))


def test_the_stage_leaves_tables_with_units_and_sums_of_cubes(
    files: HardNegativeFiles, drawn: HardNegativeSet
) -> None:
    catalogue = read_table(files.catalogue, IMPOSTOR_COLUMNS)
    assert catalogue["separation_arcsec"].tolist() == drawn.catalogue["separation_arcsec"].tolist()
    assert column_meanings(files.catalogue)["part_1_r_mag"].unit == "mag(AB)"
    cubes, sums = (open_images(files.images_of(name)[0]) for name in ("cube", "pseudo_spectra"))
    assert cubes.dtype == sums.dtype == np.float16
    assert cubes.shape == (40, 50, 50, 56)
    exact = pseudo_spectra_plain(cubes[:8].astype(np.float64))
    assert np.abs(sums[:8] - exact).max() <= 0.51 * np.spacing(np.abs(exact).max().astype(np.float16))
    assert set(written(files)) == {"catalogue.parquet", "cubes.npy", "pseudo_spectra.npy"}


def written(files: HardNegativeFiles) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.images_dir.iterdir()}


def test_the_stage_makes_the_same_bytes_again(
    files: HardNegativeFiles, paths: SurveyPaths, params: Params
) -> None:
    before = written(files)
    simulate_impostors(paths, changed(params, {"jpas.simulation.chunk_size": 7}))
    assert written(files) == before


@pytest.mark.parametrize("separation", [0.5, 3.0, 5.0, 6.5, 9.0])
def test_a_companion_is_inside_at_any_separation(separation: float) -> None:
    rng = np.random.default_rng(3)
    at = np.array([offset_inside(separation, 5.0, rng) for _ in range(400)])
    assert np.hypot(*at.T).max() <= 5.0 + 1e-9
    np.testing.assert_allclose(np.hypot(*at.T), min(separation, 5.0))
    assert abs(at.mean(axis=0)).max() < 0.15 * separation


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tiles", 19, r"hard_negatives\.tiles = 19"),
        ("star_g_i", {"low": 0.3, "high": 4.0}, r"must lie within 0\.2–3\.0"),
        ("ring_light_fraction", {"low": 0.4, "high": 1.0}, "must lie between 0 and 1"),
        ("ring_radius_arcsec", {"low": 1.0, "high": 6.0}, "reaches 6.0 arcsec and does not fit"),
        ("merger_separation_arcsec", {"low": 0.0, "high": 4.0}, "must be greater than 0"),
        ("merger_r_mag_difference", {"low": -1.0, "high": 1.0}, "must not be negative"),
        ("counts", dict.fromkeys(IMPOSTOR_KINDS, 3), r"counts \(15 objects\)"),
    ],
)
def test_impossible_parameters_are_refused(
    paths: SurveyPaths, tmp_path: Path, name: str, value: object, message: str
) -> None:
    source, path = paths.root / "params.yaml", tmp_path / "params.yaml"
    with pytest.raises(UserError, match=message):
        read_params(
            changed_file(path, source, f"jpas.hard_negatives.{name}", value), None, ["hard_negatives"]
        )
