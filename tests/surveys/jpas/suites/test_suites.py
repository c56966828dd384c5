"""A good dataset passes the gate; broken in one way, it fails by what is meant for that, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import Dataset, InMemory, good_dataset, small_params, summed
from support.gate_dataset import check as apply

from lensfinder.gate.outcome import Outcome
from lensfinder.surveys.jpas.params import KINDS
from lensfinder.surveys.jpas.suites.tables import jpas_tables

Break = Callable[[Dataset], None]
PARAMS = small_params()
LIGHT_BANDS = slice(18, 33, 3)
COUNT_LEARNING = "splits.count_learning_lensed_quasar"
IN_ONE_PART = {f"splits.{name}_in_one_part" for name in ("tile", "galaxy", "quasar")}


@pytest.fixture(scope="module")
def good() -> Dataset:
    return good_dataset()


def tables_of(dataset: Dataset) -> dict[str, pd.DataFrame]:
    arrays = InMemory(dataset.cubes), InMemory(dataset.pseudo_spectra)
    return jpas_tables(dataset.catalogue, dataset.splits, *arrays, LIGHT_BANDS, PARAMS.seed)


def check(dataset: Dataset, good: Dataset | None = None) -> Outcome:
    from lensfinder.surveys.jpas.suites.suites import jpas_suites

    unbroken = tables_of(good) if good is not None else None
    return apply("jpas", jpas_suites(PARAMS.jpas, n_bands=56), tables_of(dataset), unbroken)


def test_good_dataset_passes(good: Dataset) -> None:
    outcome = check(good)
    assert outcome.success, outcome.message
    names = [(finding.table, finding.name) for finding in outcome.findings]
    assert len(names) == len(set(names)) > 75
    assert all(finding.checks for finding in outcome.findings)
    # An expectation that looked at nothing would hold of anything.
    assert [finding.name for finding in outcome.findings if finding.n_checked == 0] == []


def at(kind: str, sample: str = "train") -> Callable[[Dataset], int]:
    """Row of the first object of a kind."""

    def row(d: Dataset) -> int:
        return int(d.catalogue.index[(d.catalogue["kind"] == kind) & (d.catalogue["sample"] == sample)][0])

    return row


def pair_of_training(d: Dataset) -> int:
    """Row of a pair in the largest part, whose balance one object hardly changes."""
    return int(d.splits.index[(d.splits["part"] == "train") & (d.splits["kind"] == "quasar_near_galaxy")][0])


LENSED, PAIR, ALONE = at("lensed_quasar"), at("quasar_near_galaxy"), at("quasar_alone")


def set_value(
    column: str | list[str], row: object, value: object, tables: Sequence[str] = ("catalogue",)
) -> Break:
    def change(d: Dataset) -> None:
        for table in tables:
            getattr(d, table).loc[row(d) if callable(row) else row, column] = value

    return change


def copy_value(column: str, row: object, of: object, tables: Sequence[str] = ("catalogue",)) -> Break:
    def change(d: Dataset) -> None:
        there = of(d) if callable(of) else of
        set_value(column, row, d.catalogue.loc[there, column], tables)(d)

    return change


def set_pixel(array: str, row: Callable[[Dataset], int], place: tuple[int, ...], value: float) -> Break:
    def change(d: Dataset) -> None:
        getattr(d, array)[(row(d), *place)] = value

    return change


def change_array(array: str, how: Callable[[np.ndarray], np.ndarray]) -> Break:
    return lambda d: setattr(d, array, how(getattr(d, array)))


BOTH, SPLITS = ("catalogue", "splits"), ("splits",)


def remove_third_of_positives(d: Dataset) -> None:
    positive = d.splits.index[(d.splits["part"] == "train") & (d.splits["label"] == 1)]
    drop = np.random.default_rng(0).choice(positive, len(positive) // 3, replace=False)
    d.splits = d.splits.drop(index=drop)


def move_galaxy(d: Dataset) -> None:
    """Half of one galaxy's systems go from training to validation; each has its own quasar, for once."""
    rows = d.catalogue.index[d.catalogue["galaxy_id"] == "g-010-0"]
    d.splits.loc[rows[:1], "part"] = "validation"


def move_tile(d: Dataset) -> None:
    """Parts of two tiles, cut between galaxies and quasars, are exchanged between training and validation."""
    for tile, part in ((3, "train"), (10, "validation")):
        rows = d.catalogue.index[d.catalogue["quasar_id"] == f"q-{tile:03d}-1"]
        d.splits.loc[rows, "part"] = part


def exchange_rows(d: Dataset) -> None:
    """Two quasars alone of one tile point to each other's row."""
    first = d.splits.loc[ALONE(d)]
    same = d.splits.index[(d.splits["tile"] == first["tile"]) & (d.splits["kind"] == first["kind"])]
    d.splits.loc[same, "row"] = d.splits.loc[same, "row"].to_numpy()[::-1]


def repeat_object(d: Dataset) -> None:
    d.splits.loc[len(d.splits)] = d.splits.loc[PAIR(d)]


def unbalance(d: Dataset) -> None:
    """Validation and training exchange objects, kind for kind in number but not in kind."""
    spare = {kind: d.splits["kind"] == kind for kind in ("lensed_quasar", "quasar_alone")}
    leaving = d.splits.index[(d.splits["part"] == "validation") & spare["lensed_quasar"]][:5]
    coming = d.splits.index[(d.splits["part"] == "train") & spare["quasar_alone"]][:5]
    d.splits.loc[leaving, "part"] = "train"
    d.splits.loc[coming, "part"] = "validation"


def pair_too_close(d: Dataset) -> None:
    row = PAIR(d)
    d.catalogue.loc[row, "separation_arcsec"] = 2.5
    d.catalogue.loc[row, "galaxy_x_arcsec"] = d.catalogue.loc[row, "image_1_x_arcsec"] - 2.5
    d.catalogue.loc[row, "galaxy_y_arcsec"] = d.catalogue.loc[row, "image_1_y_arcsec"]


def even_images(d: Dataset) -> None:
    row = LENSED(d)
    d.catalogue.loc[row, "n_images"] = 2
    for name in ("x_arcsec", "y_arcsec"):
        d.catalogue.loc[row, f"image_3_{name}"] = np.nan


def excessive_magnification(d: Dataset) -> None:
    row = LENSED(d)
    d.catalogue.loc[row, "image_1_magnification"] = 5000.0
    d.catalogue.loc[row, "magnification"] = 5002.01


def other_pseudo_spectrum(d: Dataset) -> None:
    d.pseudo_spectra[60] = d.pseudo_spectra[61]


def blank_cube(d: Dataset) -> None:
    d.cubes[70] = 0
    d.pseudo_spectra[70] = 0


def images_of_training_in_test(d: Dataset) -> None:
    """Some images of the test are those of training, and the pseudo-spectra follow."""
    test, train = (np.flatnonzero(d.splits["part"] == part)[:7] for part in ("test", "train"))
    d.cubes[test] = d.cubes[train]
    d.pseudo_spectra = summed(d.cubes)


def images_exchanged(d: Dataset) -> None:
    """The brightest and the faintest quasar alone have each other's images."""
    mags = d.catalogue.loc[d.catalogue["kind"] == "quasar_alone", "quasar_r_mag_observed"]
    two = [mags.idxmin(), mags.idxmax()]
    d.cubes[two], d.pseudo_spectra[two] = d.cubes[two[::-1]], d.pseudo_spectra[two[::-1]]


def lenses_first(d: Dataset) -> None:
    """Objects are sorted by label in each sample, images with them, and named in that order."""
    order = d.catalogue.sort_values(["sample", "label"], ascending=False, kind="stable").index
    names = [f"jpas-{sample}-{i:07d}" for i, sample in enumerate(d.catalogue.loc[order, "sample"])]
    d.catalogue = d.catalogue.loc[order].reset_index(drop=True).assign(object_id=names)
    d.splits = d.splits.loc[order].reset_index(drop=True).assign(object_id=names, row=np.arange(len(order)))
    d.cubes, d.pseudo_spectra = d.cubes[order], d.pseudo_spectra[order]


def pairs_on_diagonals(d: Dataset) -> None:
    pairs = d.catalogue["kind"] == "quasar_near_galaxy"
    rng = np.random.default_rng(0)
    for axis in "xy":
        side = d.catalogue.loc[pairs, "separation_arcsec"] / np.sqrt(2) * rng.choice([-1, 1], pairs.sum())
        d.catalogue.loc[pairs, f"galaxy_{axis}_arcsec"] = (
            d.catalogue.loc[pairs, f"image_1_{axis}_arcsec"] - side
        )


def neighbours_of_others_alone(d: Dataset) -> None:
    d.catalogue.loc[d.catalogue["label"] == 1, "n_neighbours"] = 0


def noisy_lenses(d: Dataset) -> None:
    """The noise of lenses is 4 % higher."""
    lenses = np.flatnonzero(d.catalogue["label"] == 1)
    mean = d.cubes[lenses].mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    d.cubes[lenses] = mean + 1.04 * (d.cubes[lenses] - mean)
    d.pseudo_spectra = summed(d.cubes)


LIGHT = {"images.cubes_not_too_bright", "images.cubes_not_too_faint"}

BREAKS: list[tuple[Break, set[str]]] = [
    (
        remove_third_of_positives,
        {"coverage.in_splits_once", COUNT_LEARNING, "splits.balance_train", "splits.validation_fraction"},
    ),
    (move_galaxy, IN_ONE_PART),
    (move_tile, {"splits.tile_in_one_part"}),
    (
        copy_value("galaxy_id", LENSED, at("lensed_quasar", "test")),
        {"catalogue.galaxy_in_one_tile", "splits.galaxy_in_one_part"},
    ),
    (
        # A quasar observed twice: two spectra of different names, in training and test.
        copy_value("quasar_id", ALONE, at("quasar_alone", "test")),
        {"catalogue.quasar_in_one_tile", "splits.quasar_in_one_part"},
    ),
    (
        copy_value("spectrum_id", ALONE, at("quasar_alone", "test")),
        {"catalogue.spectrum_of_one_quasar"},
    ),
    (
        copy_value("object_id", 50, 51, BOTH),
        {"catalogue.object_id_unique", "splits.object_id_once", "coverage.in_splits_once"},
    ),
    (set_value("label", pair_of_training, 1, BOTH), {"catalogue.label_of_quasar_near_galaxy"}),
    (set_value("label", pair_of_training, 1, SPLITS), {"splits.label_agrees"}),
    (exchange_rows, {"splits.object_id_agrees"}),
    (
        set_value("row", 40, 10**6, SPLITS),
        {"splits.row_known"} | {f"splits.{of}_agrees" for of in ("object_id", "label", "kind", "tile")},
    ),
    (
        set_value("part", lambda d: d.splits["tile"] == 10, "holdout", SPLITS),
        {"splits.part_known", "splits.train_sample_stays", "splits.validation_fraction"}
        | {f"splits.count_learning_{kind}" for kind in KINDS},
    ),
    (
        repeat_object,
        {"splits.object_id_once", "coverage.in_splits_once", "splits.count_learning_quasar_near_galaxy"},
    ),
    (
        unbalance,
        {"splits.balance_validation", "splits.balance_train", *IN_ONE_PART},
    ),
    (set_value("theta_e_arcsec", LENSED, 0.3), {"catalogue.theta_e_of_lensed"}),
    (set_value("theta_e_arcsec", LENSED, np.nan), {"catalogue.galaxy_numbers_present"}),
    (set_value("snr_median", ALONE, np.inf), {"catalogue.numbers_present"}),
    (
        set_value(["magnification", "image_1_magnification"], LENSED, np.inf),
        {"catalogue.numbers_present", "catalogue.magnification_not_excessive"},
    ),
    (excessive_magnification, {"catalogue.magnification_not_excessive"}),
    (set_value("magnification", LENSED, 7.0), {"catalogue.magnification_is_sum"}),
    (set_value("z_source", LENSED, 0.1), {"catalogue.lensed_behind_lens"}),
    (pair_too_close, {"catalogue.pair_separation_in_range"}),
    (set_value("separation_arcsec", PAIR, 5.9), {"catalogue.pair_separation_is_distance"}),
    (even_images, {"catalogue.n_images_of_lensed"}),
    (set_value("n_images", PAIR, 3), {"catalogue.n_images_of_others", "catalogue.images_listed"}),
    (
        set_value("quasar_r_mag_observed", ALONE, 24.0),
        {"catalogue.quasar_r_mag_in_range", "images.cubes_not_too_bright"},
    ),
    (set_value("galaxy_axis_ratio", PAIR, 1.2), {"catalogue.galaxy_axis_ratio_in_range"}),
    (set_value("image_2_y_arcsec", LENSED, -6.1), {"catalogue.images_in_stamp"}),
    (set_value("galaxy_id", PAIR, ""), {"catalogue.galaxy_id_given"}),
    (set_value("galaxy_id", ALONE, "g-003-0"), {"catalogue.alone_without_galaxy"}),
    (set_value("quasar_id", ALONE, None), {"catalogue.quasar_id_given"}),
    (set_value("spectrum_id", ALONE, None), {"catalogue.spectrum_id_given"}),
    (set_pixel("cubes", LENSED, (3, 4, 5), np.nan), {"images.cubes_finite"}),
    (
        set_pixel("pseudo_spectra", PAIR, (1, 20, 3), -np.inf),
        {"images.pseudo_spectra_finite", "images.pseudo_spectra_are_sums"},
    ),
    (other_pseudo_spectrum, {"images.pseudo_spectra_are_sums", "images.pseudo_spectra_not_repeated"}),
    (
        blank_cube,
        {"images.cubes_not_blank", "images.pseudo_spectra_not_blank", "images.cubes_not_too_faint"},
    ),
    (
        images_of_training_in_test,
        {
            "images.cubes_not_repeated",
            "images.pseudo_spectra_not_repeated",
            "images.cubes_not_too_faint",  # some replace a far brighter object
        },
    ),
    (images_exchanged, LIGHT),
    (lenses_first, {"shortcuts.row_tells_nothing", "shortcuts.index_in_name_tells_nothing"}),
    (pairs_on_diagonals, {"shortcuts.direction_off_diagonal_deg_tells_nothing"}),
    (neighbours_of_others_alone, {"shortcuts.n_neighbours_tells_nothing"}),
    (noisy_lenses, {"shortcuts.cubes_noise_tells_nothing"}),
    (change_array("cubes", lambda of: of[:-1]), {"arrays.cubes_count", "images.cubes_present"}),
    (
        change_array("pseudo_spectra", lambda of: np.concatenate([of, of[:1]])),
        {"arrays.pseudo_spectra_count"},
    ),
    (change_array("cubes", lambda of: of.astype(np.float32)), {"arrays.cubes_dtype"}),
    (change_array("cubes", lambda of: of[..., :-1].copy()), {"arrays.cubes_shape"}),
]


@pytest.mark.parametrize(("change", "expected"), BREAKS, ids=[" ".join(sorted(of)) for _, of in BREAKS])
def test_each_fault_is_caught_by_what_is_meant_for_it(
    change: Break, expected: set[str], good: Dataset
) -> None:
    broken = good.copy()
    change(broken)
    assert {f"{finding.table}.{finding.name}" for finding in check(broken, good).failed} == expected
