"""The stage: files in, outcome and report out, or a message that says which, where and how many."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.gate_dataset import Dataset, good_dataset, small_params

from lensfinder.errors import CheckFailed, UserError
from lensfinder.stages.validate import validate
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.surveys.jpas.paths import JpasPaths

PARAMS = small_params()


@pytest.fixture
def good() -> Dataset:
    return good_dataset()


def test_good_dataset_leaves_an_outcome_and_a_report(good: Dataset, tmp_path: Path) -> None:
    paths = good.write(tmp_path)
    validate(paths, PARAMS)
    first = paths.validation.read_bytes()
    outcome = json.loads(first)
    assert outcome["success"]
    assert outcome["n_failed"] == 0
    assert outcome["n_rows"]["catalogue"] == len(good.catalogue)
    # DVC caches it: the same data must give the same bytes, wherever and whenever.
    assert str(tmp_path) not in first.decode()
    assert not re.search(rb"\d{4}-\d\d-\d\d|\d{8}T\d{6}", first)
    validate(paths, PARAMS)
    assert paths.validation.read_bytes() == first

    entry = paths.data_docs / "index.html"
    text = entry.read_text(encoding="utf-8")
    for expectation in outcome["expectations"]:
        assert expectation["name"] in text
    pages = list(paths.data_docs.rglob("*.html"))
    linked = {entry.parent / link for link in re.findall(r'href="(validations/[^"]+)"', text)}
    assert len(linked) == 6
    assert linked < set(pages)
    fetched = r"(<script[^>]*src|<link[^>]*href|<img[^>]*src)\s*=\s*\"https?:|url\('?https?:"
    assert [page for page in pages if re.search(fetched, page.read_text(encoding="utf-8"))] == []


def test_failure_says_which_where_how_many_and_leaves_no_outcome(good: Dataset, tmp_path: Path) -> None:
    row = int(good.splits.index[good.splits["part"] == "validation"][2])
    good.cubes[row, 1, 2, 3] = np.nan
    good.catalogue.loc[row, "theta_e_arcsec"] = 0.25
    paths = good.write(tmp_path)
    paths.validation.parent.mkdir()
    paths.validation.write_text("an outcome of yesterday")
    with pytest.raises(CheckFailed) as failure:
        validate(paths, PARAMS)
    message = str(failure.value)
    name = good.catalogue.loc[row, "object_id"]
    n = len(good.catalogue)
    assert message.startswith("jpas: 2 of ")
    assert "catalogue: theta_e_of_lensed" in message
    assert "images: cubes_finite" in message
    assert f"1 of {n} rows fail" in message
    assert f"object_id = {name}, part = validation, kind = lensed_quasar, cubes_n_not_finite = 1" in message
    assert "theta_e_arcsec = 0.25" in message
    assert not paths.validation.exists()
    entry = paths.data_docs / "index.html"
    assert str(entry) in message
    assert str(name) in entry.read_text(encoding="utf-8")


def test_a_leak_shows_both_its_sides(good: Dataset, tmp_path: Path) -> None:
    """Fifty objects of a galaxy are in training, one in the test part: the message must name that one too."""
    galaxy = good.catalogue.loc[good.catalogue["tile"] == 12, "galaxy_id"].iloc[0]
    last = good.catalogue.index[good.catalogue["galaxy_id"] == galaxy][-1]
    good.splits.loc[last, "part"] = "test"
    with pytest.raises(CheckFailed) as failure:
        validate(good.write(tmp_path), PARAMS)
    told = str(failure.value).split("galaxy_in_one_part")[1].split("spectrum_in_one_part")[0]
    assert good.catalogue.loc[last, "object_id"] in told
    assert "part = test" in told
    assert "part = train" in told


DAMAGES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(path.read_bytes()[:-1000]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_text("not what the name says"),
    Path.unlink,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["cut", "empty", "other", "missing"])
@pytest.mark.parametrize("name", ["cubes", "pseudo_spectra", "catalogue", "splits"])
def test_unreadable_file_is_named(
    name: str, damage: Callable[[Path], object], good: Dataset, tmp_path: Path
) -> None:
    paths = good.write(tmp_path)
    path: Path = PARTS.files(paths.splits)[0] if name == "splits" else getattr(paths, name)
    damage(path)
    with pytest.raises(UserError, match=re.escape(str(path))):
        validate(paths, PARAMS)


def test_missing_column_is_named(good: Dataset, tmp_path: Path) -> None:
    paths = good.write(tmp_path)
    good.catalogue.drop(columns="theta_e_arcsec").to_parquet(paths.catalogue)
    with pytest.raises(UserError, match="theta_e_arcsec"):
        validate(paths, PARAMS)


def test_great_expectations_is_imported_only_when_the_gate_runs() -> None:
    code = (
        "import sys, lensfinder.gate.outcome, lensfinder.gate.tables, lensfinder.stages.validate; "
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_paths_may_be_relative(good: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    validate(JpasPaths(Path()), PARAMS)
    assert Path("validation/docs/jpas/index.html").is_file()
