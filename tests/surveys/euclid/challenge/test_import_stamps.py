"""Import of a folder in the challenge's layout: quirks are counted, mistakes named, kills survived."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from support.challenge_folder import (
    BANDS,
    FIRST,
    NOISE,
    catalogue_text,
    image_path,
    rewrite,
    with_pixels,
    write_folder,
    write_images,
)
from support.project import Killed, changed, make_project

from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.euclid.challenge import import_images
from lensfinder.surveys.euclid.challenge.images import ChallengeImages
from lensfinder.surveys.euclid.challenge.import_source import Source
from lensfinder.surveys.euclid.challenge.import_stamps import import_challenge
from lensfinder.surveys.euclid.challenge.layout import drawn_for_test
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import assessable_set
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import SurveyPaths

NUMBERS = list(range(FIRST, FIRST + 12))
SHUFFLED = [int(number) for number in np.random.default_rng(3).permutation(NUMBERS)]


@pytest.fixture
def euclid(tmp_path: Path) -> SurveyPaths:
    return EuclidPaths(make_project(tmp_path / "project"))


def run(paths: SurveyPaths, *arguments: object, **options: object) -> pd.DataFrame:
    import_challenge(paths, read_params(paths.root / "params.yaml"), *arguments, **options)  # type: ignore[arg-type]
    return read_table(paths.catalogue, CATALOGUE_COLUMNS)


def image_of(paths: SurveyPaths, row: int, band: str) -> np.ndarray:
    images = open_images(paths.vis if band == "VIS" else paths.nisp)
    return images[row, ..., max(BANDS.index(band) - 1, 0)]


def written(paths: SurveyPaths) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths.images_dir.iterdir()}


def test_quirks_are_counted_and_nothing_is_lost(
    euclid: SurveyPaths, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, catalogue = write_folder(tmp_path / "files", SHUFFLED)
    # Contradicting rows, a row twice, a source without a magnification.
    text = catalogue_text([*SHUFFLED, FIRST, FIRST + 2], {(FIRST + 10, "mag_eff"): ""}).splitlines()
    text[-2] = text[-2].replace("9.25", "1.0")
    catalogue.write_text("\n".join(text))
    write_images(folder, [7])  # an image that the catalogue does not know
    image_path(folder, "J", FIRST + 1).unlink()
    cut = image_path(folder, "VIS", FIRST + 6)
    cut.write_bytes(cut.read_bytes()[:100_000])
    rewrite(image_path(folder, "VIS", FIRST + 7), np.zeros_like)
    rewrite(image_path(folder, "H", FIRST + 8), lambda pixels: pixels[:, 1:])
    table = run(euclid, folder, catalogue, test_fraction=0.4)
    said = capfd.readouterr()

    out = [FIRST, FIRST + 1, FIRST + 6, FIRST + 7, FIRST + 8, FIRST + 10]
    assert sorted(table["ID"]) == [number for number in NUMBERS if number not in out]
    assert table["sample"].tolist() == sorted(table["sample"], reverse=True)
    for _, sample in table.groupby("sample"):
        assert sample["ID"].is_monotonic_increasing
    assert set(table["sample"]) == {"train", "test"}
    for line in (
        f"1 of 12 IDs left out whose rows contradict each other: {FIRST} (2 rows)",
        f"1 of 12 IDs left out whose truth is unknown or impossible: {FIRST + 10} (mag_eff nan, ",
        f"1 of 12 IDs left out without an image in some band: {FIRST + 1} (J)",
        f"3 of 12 IDs left out with an image that cannot be used: {FIRST + 6} (EUC_VIS/imageEUC_VIS-",
        f"imageEUC_VIS-{FIRST + 7}.fits: the gate asks that not all pixels of a stamp are equal",
        f"imageEUC_H-{FIRST + 8}.fits: of another size, 65 × 66 pixels, expected 66 × 66 pixels",
    ):
        assert line in said.err
    assert "14 rows, 1 of them repeated" in said.out
    assert "1 image number(s) without a row" in said.out
    assert "dvc commit -f simulate-euclid" in said.out

    record = read_json(euclid.images_dir / "import.json")
    (source,) = record["sources"]
    assert source["left_out"]["without_image"] == {str(FIRST + 1): "J"}
    assert set(source["left_out"]["unusable_image"]) == {str(FIRST + i) for i in (6, 7, 8)}
    assert (source["rows"], source["repeated_rows"], source["imported"]) == (14, 1, 6)
    assert source["image_numbers_without_row"] == 1
    assert record["samples"] == {name: int((table["sample"] == name).sum()) for name in ("train", "test")}
    assert str(tmp_path) not in (euclid.images_dir / "import.json").read_text()

    bands = read_euclid_bands(euclid.tables)
    sigma = dict(zip(bands.names, bands.background_sigma_ujy, strict=True))
    assert open_images(euclid.vis).shape == (6, 200, 200, 1)
    assert open_images(euclid.nisp).shape == (6, 66, 66, 3)
    for band in BANDS:
        unit = source["pixel_units"][band]
        assert unit["ujy"] == pytest.approx(sigma[band] / NOISE[band], rel=0.05)
        assert unit["zero_point_mag"] == pytest.approx(-2.5 * np.log10(unit["ujy"] / 3631e6))
        for row, number in enumerate(table["ID"]):
            original = fits.getdata(image_path(folder, band, number)).astype(np.float64)
            expected = (original * unit["ujy"]).astype(np.float16)
            assert np.array_equal(image_of(euclid, row, band), expected), (band, number)
    assert set(written(euclid)) == {"catalogue.parquet", "import.json", "nisp.npy", "vis.npy"}
    flux = table.loc[table["ID"] == FIRST + 3, "source_flux"].item()
    assert flux == pytest.approx(3.1e-10 * source["pixel_units"]["VIS"]["ujy"])
    selection = read_params(euclid.root / "params.yaml").euclid.selection
    assert len(assessable_set(table, selection)) == sum(table["sample"] == "test")


def test_order_of_the_catalogue_does_not_matter(euclid: SurveyPaths, tmp_path: Path) -> None:
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS)
    run(euclid, folder, catalogue)
    before = {name: written(euclid)[name] for name in ("vis.npy", "nisp.npy", "catalogue.parquet")}
    catalogue.write_text(catalogue_text(SHUFFLED))
    run(euclid, folder, catalogue)
    assert {name: written(euclid)[name] for name in before} == before


def test_a_test_folder_is_the_test_sample_in_its_own_unit(
    euclid: SurveyPaths, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = write_folder(tmp_path / "train", NUMBERS[:4])
    test = write_folder(tmp_path / "test", NUMBERS[2:5], bunit="maggy", seed=1)
    table = run(euclid, *train, test=test)
    names = [f"euclid-train-0{number}" for number in NUMBERS[:4]]
    assert table["object_id"].tolist() == names + [f"euclid-test-0{number}" for number in NUMBERS[2:5]]
    sources = read_json(euclid.images_dir / "import.json")["sources"]
    assert [source["pixel_units"]["VIS"]["known_from"] for source in sources] == ["background noise", "BUNIT"]
    pixels = fits.getdata(image_path(test[0], "Y", NUMBERS[2])).astype(np.float64)
    assert np.array_equal(image_of(euclid, 4, "Y"), (pixels * 3631e6).astype(np.float16))
    assert "zero point 0.000 mag" in capfd.readouterr().out


def test_a_killed_import_resumes_and_ends_alike(
    euclid: SurveyPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS)
    params = read_params(euclid.root / "params.yaml")
    in_train = ~drawn_for_test(np.array(NUMBERS), 0.5, params.seed)
    image_path(folder, "H", np.array(NUMBERS)[in_train][0]).write_bytes(b"SIMPLE")
    run(euclid, folder, catalogue)
    undisturbed = written(euclid)

    monkeypatch.setattr(import_images, "_CHUNK", 2)
    real, rows = import_images.read_row, []

    def killing(source: Source, number: int) -> object:
        rows.append(number)
        if len(rows) >= 6:
            raise Killed
        return real(source, number)

    one_worker = changed(params, {"euclid.simulation.workers": 1})
    monkeypatch.setattr(import_images, "read_row", killing)
    with pytest.raises(Killed):
        import_challenge(euclid, one_worker, folder, catalogue)
    assert written(euclid) == undisturbed
    first, again = rows[:4], []
    monkeypatch.setattr(
        import_images, "read_row", lambda source, number: again.append(number) or real(source, number)
    )
    run(euclid, folder, catalogue)
    assert sorted([*first, *again]) == NUMBERS  # the damaged row was noted before the kill
    assert written(euclid) == undisturbed
    assert not any(euclid.work("import-euclid", "").parent.glob("import-euclid*"))


def test_changed_images_are_not_taken_from_a_killed_import(
    euclid: SurveyPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS[:4])
    real = import_images.kept_images

    def killing(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("lensfinder.surveys.euclid.challenge.import_stamps.kept_images", killing)
    with pytest.raises(Killed):
        run(euclid, folder, catalogue)
    monkeypatch.setattr("lensfinder.surveys.euclid.challenge.import_stamps.kept_images", real)
    rewrite(image_path(folder, "H", FIRST), np.negative)
    table = run(euclid, folder, catalogue)
    row = int(np.flatnonzero(table["ID"] == FIRST)[0])
    assert image_of(euclid, row, "H").astype(float).sum() < 0


SPOILT_PIXELS = {
    "shape": ("Y", lambda _: np.ones((101, 101))),
    "no noise": ("H", lambda pixels: with_pixels((33, 33), 1.0)(np.zeros_like(pixels))),
    "too bright": ("VIS", with_pixels((100, 100), 1.0)),
}


def spoil(folder: Path, catalogue: Path, what: str) -> None:
    if what == "band":
        for number in NUMBERS[:6]:
            image_path(folder, "J", number).unlink()
        (folder / "EUC_J").rmdir()
    elif what in SPOILT_PIXELS:
        band, change = SPOILT_PIXELS[what]
        for number in NUMBERS[:6]:
            rewrite(image_path(folder, band, number), change)
    elif what == "most images":
        for number in NUMBERS[:4]:
            image_path(folder, "Y", number).unlink()
    elif what == "units":
        fits.setval(image_path(folder, "Y", FIRST + 2), "BUNIT", value="maggy")
    elif what == "zero points":
        for number in NUMBERS[:6]:
            fits.setval(image_path(folder, "H", number), "MAGZERO", value=0.0)
    elif what == "cell":
        catalogue.write_text(catalogue_text(NUMBERS[:6], {(FIRST + 3, "n_source_im"): "many"}))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("band", r"EUC_J: no such folder"),
        (
            "shape",
            r"EUC_Y: 6 of 6 images looked at cannot be used: .*: of another size, 101 × 101 pixels, exp",
        ),
        ("most images", rf"4 of 6 IDs cannot be used; .*{FIRST} \(Y\)"),
        ("no noise", r"EUC_H: more than half of 6 stamps have no noise"),
        ("units", r"EUC_Y: images in different units: BUNIT = '' .*; BUNIT = 'maggy' \(ID 200003\)"),
        (
            "zero points",
            r"EUC_H: 6 of 6 images looked at cannot be .*-200001\.fits: MAGZERO = 0\.0 gives no flux",
        ),
        ("too bright", r"6 of 6 IDs cannot be used; .*does not fit half precision"),
        ("cell", r"catalogue\.csv, line 32: n_source_im = 'many' is not a number"),
    ],
)
def test_what_cannot_be_imported_is_named(
    euclid: SurveyPaths, tmp_path: Path, what: str, message: str
) -> None:
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS[:6])
    spoil(folder, catalogue, what)
    with pytest.raises(UserError, match=message):
        run(euclid, folder, catalogue)
    assert not euclid.images_dir.exists()


def test_a_sample_of_which_nothing_is_left_is_refused(euclid: SurveyPaths, tmp_path: Path) -> None:
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS[:4])
    run(euclid, folder, catalogue, test_fraction=0.25)
    (number,) = read_table(euclid.catalogue).query("sample == 'test'")["ID"]
    image_path(folder, "Y", number).unlink()
    with pytest.raises(UserError, match="no row of sample 'test'"):
        run(euclid, folder, catalogue, test_fraction=0.25)


def test_an_image_in_another_unit_is_left_out(
    euclid: SurveyPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only some images are looked at for the unit; the others are compared when they are read."""
    folder, catalogue = write_folder(tmp_path / "files", NUMBERS[:6])
    fits.setval(image_path(folder, "H", FIRST + 2), "BUNIT", value="maggy")
    monkeypatch.setattr("lensfinder.surveys.euclid.challenge.import_source._STAMPS_FOR_UNIT", 2)
    table = run(euclid, folder, catalogue)
    assert len(table) == 5
    (source,) = read_json(euclid.images_dir / "import.json")["sources"]
    why = source["left_out"]["unusable_image"][str(FIRST + 2)]
    assert "its unit is BUNIT = 'maggy', that of the others BUNIT = ''" in why


def test_listing_depends_on_what_is_in_the_folder(tmp_path: Path) -> None:
    folder, _ = write_folder(tmp_path / "files", NUMBERS[:2])
    before = ChallengeImages.open(folder).digest
    assert ChallengeImages.open(folder).digest == before
    image_path(folder, "H", FIRST).unlink()
    assert ChallengeImages.open(folder).digest != before
