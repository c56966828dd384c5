"""The command line as a user meets it: help, exit codes, messages without tracebacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PARAMS, changed_file, make_project

from lensfinder.datasets.table import read_table
from lensfinder.params import read_params
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.provenance import flatten

VERBS = ["simulate", "represent", "split", "select", "validate", "train", "evaluate", "compare"]


def lensfinder(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lensfinder.cli", *arguments], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def sdss_root(tmp_path: Path) -> Path:
    """A project of preset smoke whose quasars come from spectra in its folder ``spectra``."""
    root = make_project(tmp_path)
    changed_file(root / "params.yaml", root / "params.yaml", "jpas.quasars.source", "sdss")
    return root


def test_help_lists_the_verbs_in_the_order_of_the_pipeline(tmp_path: Path) -> None:
    done = lensfinder(tmp_path, "--help")
    assert done.returncode == 0
    places = [done.stdout.index(f"│ {verb} ") for verb in VERBS]
    assert places == sorted(places)


@pytest.mark.parametrize("study", ["", "cv", "ablations", "hard-negatives"])
def test_help_shows_no_markup_and_no_parameter_that_there_is_not(tmp_path: Path, study: str) -> None:
    done = lensfinder(tmp_path, *study.split(), "--help")
    assert done.returncode == 0
    assert "`" not in done.stdout
    known = flatten(read_params(PARAMS).model_dump(mode="json"))
    for name in re.findall(r"\bjpas\.\S+", done.stdout):
        assert any(f"{key}.".startswith(f"{name}.") for key in known)


def refused(folder: Path, *arguments: str) -> str:
    """What a user is told whose wish cannot be met."""
    done = lensfinder(folder, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("simulate jpas", "params.yaml: no such file"), ("simulate hubble", "jpas"), ("preset huge", "huge")],
)
def test_wrong_use_exits_2_with_a_message(tmp_path: Path, arguments: str, message: str) -> None:
    assert message in refused(tmp_path, *arguments.split())


def test_no_unknown_model_is_trained_and_none_before_the_gate(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    assert "lensfinder validate" in refused(root, "train", "jpas", "cube")
    assert re.search("'transformer'.*cube, pseudo_spectra", refused(root, "train", "jpas", "transformer"))


def test_spectra_are_written_checked_and_simulated_with(sdss_root: Path) -> None:
    """The commands of the README's section on own spectra."""
    root = sdss_root
    done = lensfinder(root, "spectra", "write", "spectra", "--count", "240")
    assert done.returncode == 0, done.stderr
    (root / "spectra" / "spec-9999-99999-0001.fits").write_bytes(b"damaged")
    done = lensfinder(root, "spectra", "check", "spectra", "--figure", "figure.png")
    assert done.returncode == 0, done.stderr
    assert "240 quasar spectra read, 1 file(s) skipped" in done.stdout
    assert "spec-9999-99999-0001.fits" in done.stdout
    assert (root / "figure.png").stat().st_size > 10_000

    done = lensfinder(root, "simulate", "jpas")
    assert done.returncode == 0, done.stderr
    quasars = read_table(JpasPaths(root).quasars)
    assert set(quasars["source"]) == {"sdss"}
    assert quasars["spectrum_id"].is_unique


def test_fewer_spectra_than_tiles_is_an_error_with_both_numbers(sdss_root: Path) -> None:
    assert lensfinder(sdss_root, "spectra", "write", "spectra", "--count", "5").returncode == 0
    told = refused(sdss_root, "simulate", "jpas")
    assert "5 usable" in told
    assert "24" in told
