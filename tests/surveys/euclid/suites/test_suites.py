"""A good Euclid dataset passes the gate; each fault is caught by what is meant for it, and named.

Faults of different objects are put into one dataset: what fails must be all that they cause, and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.euclid_dataset import EuclidDataset, good_euclid_dataset, small_euclid_params
from support.gate_dataset import InMemory
from support.gate_dataset import check as apply

from lensfinder.errors import UserError
from lensfinder.gate.outcome import Finding, Outcome
from lensfinder.params import Params
from lensfinder.stages.validate import validate
from lensfinder.surveys.euclid.columns import TRUTH_COLUMNS
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.suites.tables import euclid_tables

Expected = dict[str, set[str]]
"""Failing expectations, and the objects that each must name."""
Fault = Callable[[EuclidDataset], Expected]
PARAMS = small_euclid_params()
ANY = {"more objects than are named"}


@pytest.fixture(scope="module")
def good() -> EuclidDataset:
    return good_euclid_dataset(PARAMS)


def tables_of(d: EuclidDataset) -> dict[str, pd.DataFrame]:
    arrays = {"vis": InMemory(d.vis), "nisp": InMemory(d.nisp)}
    return euclid_tables(d.catalogue, d.sets, d.assessable, arrays)


def check(broken: EuclidDataset, good: EuclidDataset, params: Params = PARAMS) -> Outcome:
    from lensfinder.surveys.euclid.suites.suites import euclid_suites

    tables = tables_of(broken)
    return apply("euclid", euclid_suites(params.euclid, tables), tables, tables_of(good))


def named_in(finding: Finding) -> set[str]:
    return {str(example.get("object_id")) for example in finding.examples}


def some(d: EuclidDataset, number: int, sample: str = "train", **values: object) -> int:
    """Row of the ``number``-th stamp of a sample with these values that is in no training set."""
    chosen = (d.catalogue["sample"] == sample) & ~d.catalogue.index.isin(d.sets["set_6"]["row"])
    for column, value in values.items():
        chosen &= d.catalogue[column] == value
    return int(d.catalogue.index[chosen][number])


def name_of(d: EuclidDataset, row: int) -> str:
    return str(d.catalogue.loc[row, "object_id"])


def naming(d: EuclidDataset, row: int, *failing: str) -> Expected:
    return {where: {name_of(d, row)} for where in failing}


def in_catalogue(row: Callable[[EuclidDataset], int], expected: str, **values: object) -> Fault:
    """Stamp whose values in the catalogue are changed, and the expectations that it must fail."""

    def fault(d: EuclidDataset) -> Expected:
        chosen = row(d)
        d.catalogue.loc[chosen, list(values)] = list(values.values())
        return naming(d, chosen, *(f"catalogue.{name}" for name in expected.split()))

    return fault


def at(number: int, **values: object) -> Callable[[EuclidDataset], int]:
    return lambda d: some(d, number, **values)


def new_lens_of_set_6(d: EuclidDataset, number: int) -> tuple[int, list[str]]:
    """Row of a lens that no smaller set has, and the names of the sets that have it."""
    known = set(d.sets["set_5"]["row"])
    lenses = d.sets["set_6"].loc[d.sets["set_6"]["label"] == 1, "row"]
    row = [int(row) for row in lenses if row not in known][number]
    return row, [name for name in ("set_6", "control") if row in set(d.sets[name]["row"])]


def faint_lens_of_set_6(d: EuclidDataset) -> Expected:
    row, sets = new_lens_of_set_6(d, 0)
    d.catalogue.loc[row, "n_pix_source"] = 20
    return naming(d, row, *(f"{table}.lens_n_pix_source" for table in ("catalogue", *sets)))


def hardly_magnified_lens_of_set_6(d: EuclidDataset) -> Expected:
    row, sets = new_lens_of_set_6(d, 1)
    d.catalogue.loc[row, "mag_eff"] = np.nextafter(4.0, 0)
    return naming(d, row, *(f"{table}.lens_mag_eff" for table in sets))


def same_id_twice(d: EuclidDataset) -> Expected:
    first, second = (some(d, i, label=-1) for i in (0, 1))
    d.catalogue.loc[first, "ID"] = d.catalogue.loc[second, "ID"]
    return {"catalogue.ID_unique": {name_of(d, first), name_of(d, second)}}


def imported_stamp_among_simulated(d: EuclidDataset) -> Expected:
    d.catalogue.loc[some(d, 8, label=-1), "origin"] = "imported"
    return {"catalogue.sample_of_one_origin": ANY}


CATALOGUE_FAULTS: list[Fault] = [
    imported_stamp_among_simulated,
    faint_lens_of_set_6,
    hardly_magnified_lens_of_set_6,
    same_id_twice,
    in_catalogue(at(6, mag_eff=2.0), "lens_numbers_present source_numbers_present", mag_eff=np.nan),
    # Labels at the boundaries, of stamps that are in no set.
    in_catalogue(at(2, label=-1), "left_out_mag_eff", mag_eff=1.6),
    in_catalogue(at(3, label=-1), "left_out_mag_eff", mag_eff=1.0),
    in_catalogue(at(4, label=-1), "left_out_mag_eff_present source_numbers_present", mag_eff=np.nan),
    in_catalogue(at(0, mag_eff=2.0), "non_lens_not_left_out", mag_eff=np.nextafter(1.0, 2), label=0),
    in_catalogue(at(1, mag_eff=2.0), "non_lens_no_lens", mag_eff=1.6, n_pix_source=21, label=0),
    in_catalogue(at(2, mag_eff=2.0), "lens_mag_eff", mag_eff=np.nextafter(1.6, 0)),
    in_catalogue(at(3, mag_eff=2.0), "lens_n_source_im", n_source_im=0),
    in_catalogue(at(4, mag_eff=2.0), "label_known", label=2),
    in_catalogue(
        at(5, mag_eff=2.0),
        "lens_numbers_present rule_numbers_present source_numbers_present mag_eff_of_lensed",
        mag_eff=np.inf,
    ),
    in_catalogue(at(0, kind="source_in_front"), "mag_eff_in_front", mag_eff=0.9999),
    in_catalogue(at(0, kind="no_source"), "mag_eff_without_source", mag_eff=0.5),
    in_catalogue(at(1, kind="no_source"), "n_sources_without_source", n_sources=1),
    in_catalogue(at(1, kind="source_in_front"), "theta_e_in_front", theta_e_arcsec=0.2),
    in_catalogue(at(2, kind="source_in_front"), "source_in_front", z_source=3.0),
    in_catalogue(at(5, label=-1), "source_behind", z_source=0.1),
    in_catalogue(at(6, label=-1), "n_gal_5_holds_3", n_gal_3=9),
    in_catalogue(at(7, label=-1), "numbers_present", sigma_v_km_s=np.nan),
    in_catalogue(at(9, label=-1), "mass_axis_ratio_in_range", mass_axis_ratio=1.2),
    in_catalogue(at(10, label=-1), "source_numbers_present", mag_source=np.inf),
    in_catalogue(at(11, label=-1), "arc_snr_present", arc_snr=np.nan),
]


def lens_missing_from_set_2(d: EuclidDataset) -> Expected:
    first = d.sets["set_1"]
    name = first.loc[(first["label"] == 1) & (first["part"] == "train"), "object_id"].iloc[0]
    d.sets["set_2"] = d.sets["set_2"][d.sets["set_2"]["object_id"] != name]
    return {"set_1.in_set_2": {name}, "set_2.as_many_of_both": set()}


def object_of_test_in_set_3(d: EuclidDataset) -> Expected:
    row = d.assessable[d.assessable["row"] == some(d, 0, sample="test", mag_eff=12.0)]
    d.sets["set_3"] = pd.concat([d.sets["set_3"], row.assign(part="train")], ignore_index=True)
    name = set(row["object_id"])
    caught = ("set_3.sample_known", "set_3.not_in_test", "set_3.in_set_4", "assessable_1.not_in_training")
    return {**dict.fromkeys(caught, name), "set_3.as_many_of_both": set()}


def other_part_in_set_4(d: EuclidDataset) -> Expected:
    """Two lenses that are new in set 4 exchange their parts there."""
    table = d.sets["set_4"]
    new = table[(table["label"] == 1) & ~table["row"].isin(d.sets["set_3"]["row"])]
    two = new.drop_duplicates("part")
    d.sets["set_4"].loc[two.index, "part"] = two["part"].to_numpy()[::-1]
    return {"set_4.part_as_in_set_5": set(two["object_id"])}


def other_label_in_set_5(d: EuclidDataset) -> Expected:
    table = d.sets["set_5"]
    one = table[(table["kind"] == "no_source") & (table["part"] == "train")].iloc[:1]
    table.loc[one.index, "label"] = 1
    caught = [f"set_5.lens_{column}" for column in ("numbers_present", "n_source_im", "n_pix_source")]
    caught += ["set_5.label_agrees", "set_5.label_as_in_set_6"]
    if one["object_id"].isin(d.sets["set_4"]["object_id"]).all():
        caught.append("set_4.label_as_in_set_5")
    return {**{where: set(one["object_id"]) for where in caught}, "set_5.as_many_of_both": set()}


def rows_exchanged_in_set_6(d: EuclidDataset) -> Expected:
    table = d.sets["set_6"]
    two = table[table["kind"] == "no_source"].iloc[:2]
    table.loc[two.index, "row"] = two["row"].to_numpy()[::-1]
    return {"set_6.object_id_agrees": set(two["object_id"])}


def control_with_another_non_lens(d: EuclidDataset) -> Expected:
    table = d.sets["control"]
    spare = d.catalogue[(d.catalogue["sample"] == "train") & (d.catalogue["kind"] == "no_source")]
    one = spare[~spare["object_id"].isin(d.sets["set_6"]["object_id"])].iloc[0]
    place = table.index[(table["kind"] == "no_source") & (table["part"] == "train")][0]
    table.loc[place, ["object_id", "row"]] = [one["object_id"], one.name]
    return {"control.in_set_6": {one["object_id"]}}


def control_too_small(d: EuclidDataset) -> Expected:
    table = d.sets["control"]
    last = table[table["part"] == "train"].drop_duplicates("label", keep="last")
    d.sets["control"] = table.drop(index=last.index)
    return {"control.size": set()}


SET_FAULTS: list[Fault] = [
    lens_missing_from_set_2,
    object_of_test_in_set_3,
    other_part_in_set_4,
    other_label_in_set_5,
    rows_exchanged_in_set_6,
    control_with_another_non_lens,
    control_too_small,
]


def too_many_for_validation(d: EuclidDataset) -> Expected:
    """Lenses that are new in set 6 all go to validation there."""
    table = d.sets["set_6"]
    known = table["row"].isin(d.sets["set_5"]["row"])
    new = table[(table["label"] == 1) & (table["part"] == "train") & ~known]
    table.loc[new.index, "part"] = "validation"
    in_control = set(new["object_id"]) & set(d.sets["control"]["object_id"])
    names = ("validation_fraction", "balance_train", "balance_validation")
    wrong: Expected = {f"set_6.{name}": set() for name in names}
    return wrong | ({"control.part_as_in_set_6": in_control} if in_control else {})


def left_out_stamp_in_test(d: EuclidDataset) -> Expected:
    row = some(d, 0, sample="test", label=-1)
    added = d.assessable.iloc[:1].assign(
        object_id=name_of(d, row), row=row, label=np.int8(0), kind=d.catalogue.loc[row, "kind"]
    )
    d.assessable = pd.concat([d.assessable, added], ignore_index=True)
    of_test = ("assessable_1.label_agrees", "assessable_1.non_lens_not_left_out")
    return naming(d, row, *of_test, "coverage.left_out")


def stamp_missing_from_test(d: EuclidDataset) -> Expected:
    row = some(d, 0, sample="test", kind="no_source")
    d.assessable = d.assessable[d.assessable["row"] != row]
    return naming(d, row, "coverage.all_others")


def stamp_twice_in_test(d: EuclidDataset) -> Expected:
    row = some(d, 1, sample="test", kind="no_source")
    d.assessable = pd.concat([d.assessable, d.assessable[d.assessable["row"] == row]], ignore_index=True)
    return naming(d, row, "coverage.all_others", "assessable_1.object_id_once")


def lens_called_non_lens_in_test(d: EuclidDataset) -> Expected:
    row = some(d, 0, sample="test", mag_eff=2.0)
    d.assessable.loc[d.assessable["row"] == row, "label"] = 0
    return naming(d, row, "assessable_1.label_agrees", "assessable_1.non_lens_no_lens")


def nan_pixel(d: EuclidDataset) -> Expected:
    row = int(d.sets["set_1"]["row"].iloc[0])
    d.vis[row, 100, 120, 0] = np.nan
    return naming(d, row, "images.vis_finite")


def blank_nisp(d: EuclidDataset) -> Expected:
    row = some(d, 2, sample="test")
    d.nisp[row] = 0
    return naming(d, row, "images.nisp_not_blank")


def image_missing(d: EuclidDataset) -> Expected:
    d.vis = d.vis[:-1]
    return {"arrays.vis_count": {"None"}, "images.vis_present": {name_of(d, len(d.catalogue) - 1)}}


def stamp_of_training_in_test(d: EuclidDataset) -> Expected:
    """The test has a VIS stamp of training, whose deflector happens to be as bright."""
    test = some(d, 3, sample="test", kind="no_source")
    train = d.catalogue[(d.catalogue["sample"] == "train") & (d.catalogue["kind"] == "no_source")]
    twin = int((train["mag_lens"] - d.catalogue.loc[test, "mag_lens"]).abs().idxmin())
    d.vis[test] = d.vis[twin]
    return {"images.vis_not_repeated": {name_of(d, test), name_of(d, twin)}}


def stamp_of_another_deflector(d: EuclidDataset) -> Expected:
    row = some(d, 4, sample="test", kind="no_source")
    d.vis[row] = 0.1 * d.vis[row]
    return naming(d, row, "images.vis_not_too_faint")


def other_shape_and_dtype(d: EuclidDataset) -> Expected:
    d.nisp = d.nisp[:, :-1].astype(np.float32)
    return {"arrays.nisp_shape": {"None"}, "arrays.nisp_dtype": {"None"}}


TEST_AND_IMAGE_FAULTS: list[Fault] = [
    too_many_for_validation,
    left_out_stamp_in_test,
    stamp_missing_from_test,
    stamp_twice_in_test,
    lens_called_non_lens_in_test,
    nan_pixel,
    blank_nisp,
    image_missing,
    stamp_of_training_in_test,
    stamp_of_another_deflector,
    other_shape_and_dtype,
]


def test_an_object_of_both_samples_is_found_by_row_and_by_name(good: EuclidDataset) -> None:
    broken = good.copy()
    test = broken.assessable["row"].iloc[0]
    broken.sets["set_6"].loc[0, "row"] = test
    broken.sets["set_6"].loc[1, "object_id"] = broken.assessable["object_id"].iloc[0]
    tables = tables_of(broken)
    assert list(np.flatnonzero(tables["set_6"]["in_assessable_1"])) == [0, 1]
    assert "set_6" in tables["assessable_1"]["training_sets"].iloc[0].split()


@pytest.mark.parametrize("faults", [CATALOGUE_FAULTS, SET_FAULTS, TEST_AND_IMAGE_FAULTS])
def test_each_fault_is_caught_and_named(faults: list[Fault], good: EuclidDataset) -> None:
    broken = good.copy()
    expected: Expected = {}
    for fault in faults:
        for where, names in fault(broken).items():
            expected[where] = expected.get(where, set()) | names
    found = {f"{f.table}.{f.name}": named_in(f) for f in check(broken, good).failed}
    assert {where: ANY if expected.get(where) == ANY else names for where, names in found.items()} == expected


def test_good_dataset_leaves_an_outcome_and_a_report(good: EuclidDataset, tmp_path: Path) -> None:
    paths = good.write(tmp_path)
    validate(paths, PARAMS)
    outcome = json.loads(paths.validation.read_text(encoding="utf-8"))
    assert outcome["success"]
    listed = {row["number"]: row for row in outcome["shown"]["shortcuts"]}
    assert listed["vis_noise"]["gated"]
    assert abs(listed["vis_noise"]["auc"] - 0.5) < 0.2
    assert not listed["source_flux"]["gated"]
    assert listed["source_flux"]["p_holm"] is None
    assert outcome["n_rows"]["set_6"] == len(good.sets["set_6"])
    names = [(entry["table"], entry["name"]) for entry in outcome["expectations"]]
    assert len(names) == len(set(names)) > 200
    # An expectation that looked at nothing would hold of anything.
    assert [entry["name"] for entry in outcome["expectations"] if entry["n_checked"] == 0] == []
    assert str(tmp_path) not in paths.validation.read_text(encoding="utf-8")
    text = (paths.data_docs / "index.html").read_text(encoding="utf-8")
    assert all(f"<td>{name}</td>" in text for name in listed)
    for name in (*good.sets, "assessable_1"):
        assert f'<h2 id="{name}">' in text
        assert re.search(rf'href="validations/{name}/[^"]+"', text)


def test_failure_names_set_object_and_value(good: EuclidDataset) -> None:
    from lensfinder.gate.run import Gate
    from lensfinder.surveys.euclid.suites.suites import euclid_suites

    broken = good.copy()
    name = faint_lens_of_set_6(broken)["set_6.lens_n_pix_source"].pop()
    tables = tables_of(broken)
    of_set_6 = [suite for suite in euclid_suites(PARAMS.euclid, tables) if suite.table == "set_6"]
    message = Gate("euclid").check(of_set_6, tables).message(Path("report"))
    assert message.startswith("euclid: 1 of ")
    assert "set_6: lens_n_pix_source: every lens has n_pix > 20" in message
    named = rf"object_id = {name}, ID = \d+, part = \w+, kind = lensed_source, n_pix_source = 20"
    assert re.search(named, message)


def test_missing_set_is_named(good: EuclidDataset, tmp_path: Path) -> None:
    paths = good.write(tmp_path)
    PARTS.files(paths.splits, "set_3")[0].unlink()
    with pytest.raises(UserError, match=r"set_3\.parquet"):
        validate(paths, PARAMS)


def test_imported_catalogue_needs_no_truth_and_no_declared_number(good: EuclidDataset) -> None:
    imported = good.copy()
    imported.catalogue["origin"] = "imported"
    for name, column in TRUTH_COLUMNS.items():
        imported.catalogue[name] = "" if column.dtype == "str" else np.nan
    imported.catalogue[["z_lens", "ein_area", "n_gal_3", "n_sources", "arc_snr"]] = np.nan
    more = small_euclid_params(train=10**5, test=10**5)
    outcome = check(imported, good, more)
    assert {finding.table for finding in outcome.findings} == {"catalogue", "images"}
    assert outcome.success, outcome.failed
