"""The simulation stage: same bits however the work is cut, resumed after a kill, honest rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from support.project import Killed, changed, make_project

from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.simulate import simulate
from lensfinder.surveys.jpas import simulate as simulate_jpas
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.jpas.export_fits import export_objects
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, SceneBuilder
from lensfinder.surveys.jpas.simulation.render import noise_sigma
from lensfinder.surveys.jpas.simulation.render_compiled import render_signal
from lensfinder.surveys.jpas.simulation.simulator import simulate_rows
from lensfinder.workspace.paths import SurveyPaths


def builder_of(paths: SurveyPaths, params: Params) -> SceneBuilder:
    instrument = Instrument.build(params, read_filters(paths.tables))
    tables = (read_table(path) for path in (paths.galaxies, paths.quasars, paths.neighbours))
    return SceneBuilder.build(params, instrument, *tables)


def with_cut(params: Params, chunk_size: int, workers: int) -> Params:
    return changed(params, {"jpas.simulation.chunk_size": chunk_size, "jpas.simulation.workers": workers})


def test_bits_do_not_depend_on_chunks_workers_or_order(
    paths: SurveyPaths, smoke_params: Params, tmp_path: Path
) -> None:
    other = JpasPaths(make_project(tmp_path))
    simulate(other, with_cut(smoke_params, chunk_size=7, workers=3))
    for name in (
        "cubes.npy",
        "catalogue.parquet",
        "galaxies.parquet",
        "quasars.parquet",
        "neighbours.parquet",
    ):
        assert (other.images_dir / name).read_bytes() == (paths.images_dir / name).read_bytes(), name


def test_rows_can_be_simulated_alone(paths: SurveyPaths, smoke_params: Params) -> None:
    catalogue = read_table(paths.catalogue)
    rows = catalogue.iloc[[150, 3, 77]]
    alone = simulate_rows(rows, builder_of(paths, smoke_params))
    assert np.array_equal(alone.view(np.uint16), open_images(paths.cubes)[[150, 3, 77]].view(np.uint16))


def test_an_interrupted_run_resumes_and_ends_alike(
    paths: SurveyPaths, smoke_params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = JpasPaths(make_project(tmp_path))
    params = with_cut(smoke_params, chunk_size=25, workers=1)
    simulated = []
    real = simulate_jpas.simulate_chunks

    def killed_after_three(catalogue, builder, chunks, write, workers):  # type: ignore[no-untyped-def]
        real(catalogue, builder, list(chunks)[:3], write, workers)
        raise Killed

    monkeypatch.setattr(simulate_jpas, "simulate_chunks", killed_after_three)
    with pytest.raises(Killed):
        simulate(other, params)
    assert not other.images_dir.exists()

    def counting(catalogue, builder, chunks, write, workers):  # type: ignore[no-untyped-def]
        simulated.extend(chunks)
        real(catalogue, builder, simulated, write, workers)

    monkeypatch.setattr(simulate_jpas, "simulate_chunks", counting)
    simulate(other, params)
    assert len(simulated) == 200 / 25 - 3
    assert other.cubes.read_bytes() == paths.cubes.read_bytes()
    made, expected = ({path.name for path in of.images_dir.iterdir()} for of in (other, paths))
    assert made == expected


def test_rounding_error_is_below_a_tenth_of_the_noise(paths: SurveyPaths, smoke_params: Params) -> None:
    """Half precision keeps 11 bits; the worst error is half a spacing, and worst for the brightest."""
    catalogue = read_table(paths.catalogue)
    rows = catalogue.sort_values("quasar_r_mag_observed").iloc[:60]
    builder = builder_of(paths, smoke_params)
    signal = render_signal(builder.scenes(rows), builder.instrument.camera).astype(float)
    sigma = noise_sigma(signal, builder.instrument.camera)
    half_spacing = 0.5 * np.spacing(np.abs(signal + 3 * sigma).astype(np.float16)).astype(float)
    assert (half_spacing / sigma).max() < 0.1


def test_array_opens_memory_mapped_in_half_precision(paths: SurveyPaths) -> None:
    images = open_images(paths.cubes)
    assert isinstance(images, np.memmap)
    assert images.dtype == np.float16
    assert images.shape == (200, 50, 50, 56)


@pytest.mark.parametrize("damage", ["missing", "cut short", "not an array"])
def test_damaged_arrays_are_named(paths: SurveyPaths, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cubes.npy"
    if damage == "cut short":
        path.write_bytes(paths.cubes.read_bytes()[:100_000])
    elif damage == "not an array":
        path.write_text("lens")
    with pytest.raises(UserError, match=r"cubes\.npy"):
        open_images(path)


def test_export_carries_image_and_truth(paths: SurveyPaths, smoke_params: Params, tmp_path: Path) -> None:
    catalogue = read_table(paths.catalogue)
    row = int(np.flatnonzero(catalogue["kind"] == "quasar_alone")[0])
    name = catalogue["object_id"][row]
    (path,) = export_objects(paths, smoke_params, [name], tmp_path)
    with fits.open(path) as hdus:
        hdus.verify("exception")
        cube = hdus["CUBE"]
        assert np.array_equal(np.moveaxis(cube.data, 0, -1), open_images(paths.cubes)[row].astype(np.float32))
        assert cube.header["BUNIT"] == "uJy"
        assert cube.header["CDELT1"] == smoke_params.jpas.observation.pixel_scale_arcsec
        assert hdus["PSEUDO_X"].data.shape == (56, 50)
        assert hdus["BANDS"].data["name"][0] == "uJAVA"
        truth = hdus["TRUTH"]
        assert set(truth.columns.names) == set(CATALOGUE_COLUMNS)
        for column in CATALOGUE_COLUMNS:
            written, meant = truth.data[column][0], catalogue[column][row]
            assert written == meant or (np.isnan(written) and np.isnan(meant)), column
            assert not isinstance(written, np.bool_), column
        assert truth.columns["theta_e_arcsec"].unit == "arcsec"


def test_an_unknown_object_is_named(paths: SurveyPaths, smoke_params: Params, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="jpas-train-9999999"):
        export_objects(paths, smoke_params, ["jpas-train-9999999"], tmp_path)


def test_a_missing_table_is_named(smoke_params: Params, tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / "data" / "jpas_filters.ecsv").unlink()
    with pytest.raises(UserError, match="jpas_filters"):
        simulate(JpasPaths(root), smoke_params)
