"""A good dataset passes the gate; broken in one way, it fails by what is meant for that, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.gate_dataset import Dataset, InMemory, good_dataset, small_params

from lensfinder.gate.outcome import Outcome
from lensfinder.params import Params
from lensfinder.surveys.jpas.suites.tables import jpas_tables

Break = Callable[[Dataset], None]
COUNT_LEARNING = "splits.count_learning_lensed_quasar"


@pytest.fixture(scope="module")
def params() -> Params:
    return small_params()


@pytest.fixture(scope="module")
def good() -> Dataset:
    return good_dataset()


def tables_of(dataset: Dataset, params: Params):
    arrays = InMemory(dataset.cubes), InMemory(dataset.pseudo_spectra)
    return jpas_tables(dataset.catalogue, dataset.splits, *arrays, params.seed)


def check(dataset: Dataset, params: Params, good: Dataset | None = None) -> Outcome:
    """Apply all suites; with ``good``, only those whose table differs from the good one's, to save time."""
    from lensfinder.gate.run import Gate
    from lensfinder.surveys.jpas.suites.suites import jpas_suites

    tables = tables_of(dataset, params)
    unbroken = tables_of(good, params) if good is not None else {}
    suites = jpas_suites(params.jpas, n_bands=56)
    changed = [s for s in suites if not (good and tables[s.table].equals(unbroken[s.table]))]
    assert changed, "the dataset was not broken"
    return Gate("jpas").check(changed, tables)


def test_good_dataset_passes(good: Dataset, params: Params) -> None:
    outcome = check(good, params)
    assert outcome.success, outcome.message
    names = [(finding.table, finding.name) for finding in outcome.findings]
    assert len(names) == len(set(names)) > 75
    assert all(finding.checks for finding in outcome.findings)
    # An expectation that looked at nothing would hold of anything.
    idle = [finding.name for finding in outcome.findings if finding.n_checked == 0]
    assert idle == []


def at(kind: str, sample: str = "train") -> Callable[[Dataset], int]:
    """Row of the first object of a kind."""

    def row(d: Dataset) -> int:
        return int(d.catalogue.index[(d.catalogue["kind"] == kind) & (d.catalogue["sample"] == sample)][0])

    return row


def pair_of_training(d: Dataset) -> int:
    """Row of a pair in the largest part, whose balance one object hardly changes."""
    return int(d.splits.index[(d.splits["part"] == "train") & (d.splits["kind"] == "quasar_near_galaxy")][0])


LENSED, PAIR, ALONE = at("lensed_quasar"), at("quasar_near_galaxy"), at("quasar_alone")


def set_value(column: str, row: Callable[[Dataset], int], value: object) -> Break:
    def change(d: Dataset) -> None:
        d.catalogue.loc[row(d), column] = value

    return change


def remove_third_of_positives(d: Dataset) -> None:
    positive = d.splits.index[(d.splits["part"] == "train") & (d.splits["label"] == 1)]
    drop = np.random.default_rng(0).choice(positive, len(positive) // 3, replace=False)
    d.splits = d.splits.drop(index=drop)


def move_galaxy(d: Dataset) -> None:
    """Half of one galaxy's systems go from training to validation; each has its own spectrum, for once."""
    rows = d.catalogue.index[d.catalogue["galaxy_id"] == "g-010-0"]
    d.splits.loc[rows[:1], "part"] = "validation"


def move_tile(d: Dataset) -> None:
    """Parts of two tiles, cut between galaxies and spectra, are exchanged between training and validation."""
    for tile, part in ((3, "train"), (10, "validation")):
        rows = d.catalogue.index[d.catalogue["spectrum_id"] == f"q-{tile:03d}-1"]
        d.splits.loc[rows, "part"] = part


def share_galaxy_across_parts(d: Dataset) -> None:
    train, test = LENSED(d), at("lensed_quasar", "test")(d)
    d.catalogue.loc[train, "galaxy_id"] = d.catalogue.loc[test, "galaxy_id"]


def share_spectrum_across_parts(d: Dataset) -> None:
    train, test = ALONE(d), at("quasar_alone", "test")(d)
    d.catalogue.loc[train, "spectrum_id"] = d.catalogue.loc[test, "spectrum_id"]


def duplicate_id(d: Dataset) -> None:
    for table in (d.catalogue, d.splits):
        table.loc[50, "object_id"] = table.loc[51, "object_id"]


def relabel(d: Dataset) -> None:
    for table in (d.catalogue, d.splits):
        table.loc[pair_of_training(d), "label"] = 1


def relabel_split(d: Dataset) -> None:
    d.splits.loc[pair_of_training(d), "label"] = 1


def swap_rows(d: Dataset) -> None:
    d.splits.loc[[40, 41], "row"] = [41, 40]


def point_nowhere(d: Dataset) -> None:
    d.splits.loc[40, "row"] = 10**6


def unknown_part(d: Dataset) -> None:
    d.splits.loc[d.splits["tile"] == 10, "part"] = "holdout"


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


def even_images(d: Dataset) -> None:
    row = LENSED(d)
    d.catalogue.loc[row, "n_images"] = 2
    for name in ("x_arcsec", "y_arcsec"):
        d.catalogue.loc[row, f"image_3_{name}"] = np.nan


def infinite_magnification(d: Dataset) -> None:
    d.catalogue.loc[LENSED(d), ["magnification", "image_1_magnification"]] = np.inf


def excessive_magnification(d: Dataset) -> None:
    row = LENSED(d)
    d.catalogue.loc[row, "image_1_magnification"] = 5000.0
    d.catalogue.loc[row, "magnification"] = 5002.01


def quasar_in_front(d: Dataset) -> None:
    d.catalogue.loc[LENSED(d), "z_source"] = 0.1


def nan_in_cube(d: Dataset) -> None:
    d.cubes[LENSED(d), 3, 4, 5] = np.nan


def inf_in_pseudo_spectrum(d: Dataset) -> None:
    d.pseudo_spectra[PAIR(d), 1, 20, 3] = -np.inf


def other_pseudo_spectrum(d: Dataset) -> None:
    d.pseudo_spectra[60] = d.pseudo_spectra[61]


def blank_cube(d: Dataset) -> None:
    d.cubes[70] = 0
    d.pseudo_spectra[70] = 0


def missing_cube(d: Dataset) -> None:
    d.cubes = d.cubes[:-1]


def surplus_pseudo_spectrum(d: Dataset) -> None:
    d.pseudo_spectra = np.concatenate([d.pseudo_spectra, d.pseudo_spectra[:1]])


def float32_cubes(d: Dataset) -> None:
    d.cubes = d.cubes.astype(np.float32)


def bands_missing(d: Dataset) -> None:
    d.cubes = d.cubes[..., :-1].copy()


BREAKS: list[tuple[Break, set[str]]] = [
    (
        remove_third_of_positives,
        {"coverage.in_splits_once", COUNT_LEARNING, "splits.balance_train", "splits.validation_fraction"},
    ),
    (move_galaxy, {f"splits.{name}_in_one_part" for name in ("tile", "galaxy", "spectrum")}),
    (move_tile, {"splits.tile_in_one_part"}),
    (share_galaxy_across_parts, {"catalogue.galaxy_in_one_tile", "splits.galaxy_in_one_part"}),
    (share_spectrum_across_parts, {"catalogue.spectrum_in_one_tile", "splits.spectrum_in_one_part"}),
    (
        duplicate_id,
        {"catalogue.object_id_unique", "splits.object_id_once", "coverage.in_splits_once"},
    ),
    (relabel, {"catalogue.label_of_quasar_near_galaxy"}),
    (relabel_split, {"splits.label_agrees"}),
    (swap_rows, {"splits.object_id_agrees"}),
    (
        point_nowhere,
        {
            "splits.row_known",
            *(f"splits.{name}_agrees" for name in ("object_id", "label", "kind", "tile")),
        },
    ),
    (
        unknown_part,
        {
            "splits.part_known",
            "splits.train_sample_stays",
            "splits.validation_fraction",
            *(f"splits.count_learning_{k}" for k in ("lensed_quasar", "quasar_near_galaxy", "quasar_alone")),
        },
    ),
    (
        repeat_object,
        {"splits.object_id_once", "coverage.in_splits_once", "splits.count_learning_quasar_near_galaxy"},
    ),
    (
        unbalance,
        {
            "splits.balance_validation",
            "splits.balance_train",
            *(f"splits.{name}_in_one_part" for name in ("tile", "galaxy", "spectrum")),
        },
    ),
    (set_value("theta_e_arcsec", LENSED, 0.3), {"catalogue.theta_e_of_lensed"}),
    (set_value("theta_e_arcsec", LENSED, np.nan), {"catalogue.galaxy_numbers_present"}),
    (set_value("snr_median", ALONE, np.inf), {"catalogue.numbers_present"}),
    (
        infinite_magnification,
        {
            "catalogue.numbers_present",
            "catalogue.magnification_not_excessive",
        },
    ),
    (excessive_magnification, {"catalogue.magnification_not_excessive"}),
    (set_value("magnification", LENSED, 7.0), {"catalogue.magnification_is_sum"}),
    (quasar_in_front, {"catalogue.lensed_behind_lens"}),
    (pair_too_close, {"catalogue.pair_separation_in_range"}),
    (set_value("separation_arcsec", PAIR, 5.9), {"catalogue.pair_separation_is_distance"}),
    (even_images, {"catalogue.n_images_of_lensed"}),
    (set_value("n_images", PAIR, 3), {"catalogue.n_images_of_others", "catalogue.images_listed"}),
    (set_value("quasar_r_mag_observed", ALONE, 24.0), {"catalogue.quasar_r_mag_in_range"}),
    (set_value("galaxy_axis_ratio", PAIR, 1.2), {"catalogue.galaxy_axis_ratio_in_range"}),
    (set_value("galaxy_x_arcsec", LENSED, 6.1), {"catalogue.galaxy_in_stamp"}),
    (set_value("image_2_y_arcsec", LENSED, -6.1), {"catalogue.images_in_stamp"}),
    (set_value("galaxy_id", PAIR, ""), {"catalogue.galaxy_id_given"}),
    (set_value("galaxy_id", ALONE, "g-003-0"), {"catalogue.alone_without_galaxy"}),
    (set_value("spectrum_id", ALONE, None), {"catalogue.spectrum_id_given"}),
    (nan_in_cube, {"images.cubes_finite"}),
    (inf_in_pseudo_spectrum, {"images.pseudo_spectra_finite", "images.pseudo_spectra_are_sums"}),
    (other_pseudo_spectrum, {"images.pseudo_spectra_are_sums"}),
    (blank_cube, {"images.cubes_not_blank", "images.pseudo_spectra_not_blank"}),
    (missing_cube, {"arrays.cubes_count", "images.cubes_present"}),
    (surplus_pseudo_spectrum, {"arrays.pseudo_spectra_count"}),
    (float32_cubes, {"arrays.cubes_dtype"}),
    (bands_missing, {"arrays.cubes_shape"}),
]


@pytest.mark.parametrize(("change", "expected"), BREAKS)
def test_each_fault_is_caught_by_what_is_meant_for_it(
    change: Break, expected: set[str], good: Dataset, params: Params
) -> None:
    broken = good.copy()
    change(broken)
    outcome = check(broken, params, good)
    assert {f"{finding.table}.{finding.name}" for finding in outcome.failed} == expected
    for finding in outcome.failed:
        assert finding.n_unexpected or finding.observed is not None
        assert finding.n_unexpected is None or finding.examples
