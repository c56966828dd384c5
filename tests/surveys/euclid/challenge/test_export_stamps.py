"""Export of Euclid stamps in the challenge's layout: another group's loader reads it, and so do we."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from support.challenge_folder import BANDS, SIDES, image_path
from support.project import make_project

from lensfinder.datasets.store import ImageFile, open_images
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.surveys.euclid.challenge.export_stamps import export_challenge
from lensfinder.surveys.euclid.challenge.import_stamps import import_challenge
from lensfinder.surveys.euclid.challenge.layout import FLUX_COLUMNS
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, CHALLENGE_COLUMNS, object_id
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import assessable_labels
from lensfinder.workspace.paths import SurveyPaths

NAME = "euclid-train-00000{:02}"
COUNT = 5
"""Objects of each sample."""


def random_stamps(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Finite halves of every size, subnormal and negative ones among them."""
    halves = (rng.normal(size=shape) * 10 ** rng.uniform(-8, 4, shape)).astype(np.float16)
    halves.flat[:4] = 6e-8, -6e-8, 65504, -0.0
    return halves


@pytest.fixture(scope="module")
def euclid(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    """A dataset of ten objects; pixels and truth are random, the tests do not change it."""
    paths = EuclidPaths(make_project(tmp_path_factory.mktemp("project")))
    rng, n = np.random.default_rng(11), 2 * COUNT
    table = pd.DataFrame(
        {name: rng.lognormal(size=n) for name in CATALOGUE_COLUMNS}, columns=list(CATALOGUE_COLUMNS)
    )
    table["sample"] = np.repeat(["train", "test"], COUNT)
    table["ID"] = np.tile(np.arange(COUNT), 2)
    table["object_id"] = [
        object_id(sample, i) for sample, i in zip(table["sample"], table["ID"], strict=True)
    ]
    table["origin"], table["deflector_type"], table["kind"] = "simulated", "early", "lensed_source"
    table["n_sources"], table["n_source_im"], table["n_pix_source"] = 1.0, 2.0, 30.0
    table.loc[[1, 6], ["mag_eff", "ein_area"]] = np.nan
    table.loc[[1, 6], ["n_sources", "n_source_im", "n_pix_source"]] = 0.0
    table.loc[[1, 6], "kind"] = "no_source"
    table.loc[2, ["mag_eff", "kind"]] = 1.0, "source_in_front"
    table["label"] = assessable_labels(table, read_params(paths.root / "params.yaml").euclid.selection)
    write_table(paths.catalogue, table, CATALOGUE_COLUMNS)
    for path, shape in ((paths.vis, (200, 200, 1)), (paths.nisp, (66, 66, 3))):
        file = ImageFile(path, (n, *shape))
        file.write(0, random_stamps(rng, (n, *shape)))
        file.close()
    return paths


def test_another_loader_reads_it(euclid: SurveyPaths, tmp_path: Path) -> None:
    path = export_challenge(euclid, [], "test", tmp_path / "test")
    assert path == tmp_path / "test" / "catalogue.csv"
    table = pd.read_csv(path, comment="#", index_col=0, float_precision="round_trip")
    own = read_table(euclid.catalogue).iloc[COUNT:].reset_index(drop=True)
    assert list(table.columns[: len(CHALLENGE_COLUMNS)]) == list(CHALLENGE_COLUMNS)
    assert set(table.columns) == set(CATALOGUE_COLUMNS)
    assert table.index.tolist() == list(range(COUNT))
    assert table["theta_e_arcsec"].tolist() == own["theta_e_arcsec"].tolist()
    assert table["source_flux"].tolist() == pytest.approx((own["source_flux"] / 3631e6).tolist())
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "# source_flux [maggy]: " in text
    assert "# ein_area [rad2]: " in text
    assert len(list((tmp_path / "test").rglob("*.fits"))) == 4 * COUNT
    for row, number in enumerate(table["ID"]):
        for channel, band in enumerate(BANDS):
            file = image_path(tmp_path / "test", band, number)
            pixels, header = fits.getdata(file), fits.getheader(file)
            images = open_images(euclid.vis if band == "VIS" else euclid.nisp)
            stamp = images[COUNT + row, ..., max(channel - 1, 0)].astype(np.float64)
            assert pixels.dtype == np.dtype(">f4")
            assert np.allclose(pixels * 3631e6, stamp, rtol=1e-6, atol=0), (band, number)
            assert (header["ID"], header["BAND"], header["BUNIT"]) == (number, band, "maggy")
            assert header["OBJECT"] == own["object_id"][row]
            assert header["MAGZERO"] == 0
            scale = 0.1 if band == "VIS" else 0.3
            assert (header["PIXSCALE"], header["CDELT1"]) == (scale, scale)
            assert header["CRPIX2"] == 0.5 * (SIDES[band] + 1)


def test_files_obey_the_standard(euclid: SurveyPaths, tmp_path: Path) -> None:
    export_challenge(euclid, [object_id("train", 3)], None, tmp_path)
    for band in BANDS:
        with fits.open(image_path(tmp_path, band, 3)) as hdus:
            hdus.verify("exception")
            assert len(hdus) == 1
        assert image_path(tmp_path, band, 3).stat().st_size % 2880 == 0


def test_exported_and_imported_it_is_the_same(euclid: SurveyPaths, tmp_path: Path) -> None:
    exported = [
        (tmp_path / sample, export_challenge(euclid, [], sample, tmp_path / sample))
        for sample in ("train", "test")
    ]
    again = EuclidPaths(make_project(tmp_path / "again"))
    params = read_params(again.root / "params.yaml")
    import_challenge(again, params, *exported[0], test=exported[1])
    assert again.vis.read_bytes() == euclid.vis.read_bytes()
    assert again.nisp.read_bytes() == euclid.nisp.read_bytes()
    before, after = read_table(euclid.catalogue), read_table(again.catalogue)
    exact = [name for name in CHALLENGE_COLUMNS if name not in FLUX_COLUMNS]
    for name in ("object_id", "sample", "kind", "label", *exact):
        assert before[name].equals(after[name]), name
    for name in FLUX_COLUMNS:
        assert np.allclose(before[name], after[name], rtol=1e-15, atol=0)
    assert set(after["origin"]) == {"imported"}
    export_challenge(again, [object_id("test", 1)], None, tmp_path / "once more")
    origin = fits.getheader(image_path(tmp_path / "once more", "H", 1)).comments["ORIGIN"]
    assert origin == "imported, not simulated by lensfinder"


def test_a_file_in_the_way_is_named(euclid: SurveyPaths, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("")
    with pytest.raises(UserError, match=r"exports/EUC_VIS: cannot be made a folder"):
        export_challenge(euclid, [], "train", tmp_path / "exports")


@pytest.mark.parametrize(
    ("object_ids", "sample", "message"),
    [
        ([NAME.format(99)], None, f"no object_id {NAME.format(99)}; the first are {NAME.format(0)}"),
        ([], None, "one of the two"),
        ([NAME.format(1)], "train", "one of the two"),
        ([], "validation", "--sample validation: there are train and test"),
        (
            ["euclid-train-0000001", "euclid-test-0000002", "euclid-test-0000001"],
            None,
            "euclid-train-0000001 and euclid-test-0000001 have the same image number, ID = 1",
        ),
    ],
)
def test_wrong_use_is_named(
    euclid: SurveyPaths, tmp_path: Path, object_ids: list[str], sample: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        export_challenge(euclid, object_ids, sample, tmp_path)
    assert not list(tmp_path.iterdir())
