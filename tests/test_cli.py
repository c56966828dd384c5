"""The command line as a user meets it: help, exit codes, messages without tracebacks."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PARAMS, changed_file, make_project

from lensfinder.cli import show_anywhere
from lensfinder.datasets.table import read_table
from lensfinder.params import read_params
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.provenance import flatten

VERBS = ["simulate", "represent", "split", "select", "validate", "baselines", "train", "evaluate", "compare"]


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


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "μ_eff ≥ 4, 5σ of 1 µJy, 3″–6″, ½ é 網"),
        ("latin-1", "mu_eff >= 4, 5sigma of 1 µJy, 3''-6'', ½ é ?"),
        ("ascii", "mu_eff >= 4, 5sigma of 1 muJy, 3''-6'', 1/2 e ?"),
    ],
)
def test_every_terminal_can_show_every_output(encoding: str, shown: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    show_anywhere([stream])
    print("μ_eff ≥ 4, 5σ of 1 µJy, 3″–6″, ½ é 網", end="", file=stream, flush=True)
    assert stream.buffer.getvalue().decode(encoding) == shown  # type: ignore[attr-defined]


def test_a_message_is_shown_in_the_letters_that_a_terminal_has(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    changed_file(root / "params.yaml", PARAMS, "jpas.hard_negatives.star_g_i", {"low": 0.1, "high": 1.0})
    done = subprocess.run(
        [sys.executable, "-m", "lensfinder.cli", "hard-negatives", "judge", "jpas"],
        cwd=root,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert b"must lie within 0.2-3.0, F0 to M4" in done.stderr


def test_no_unknown_model_is_trained_and_none_before_the_gate(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    assert "lensfinder validate" in refused(root, "train", "jpas", "cube")
    assert re.search("'transformer'.*cube, pseudo_spectra", refused(root, "train", "jpas", "transformer"))


def test_spectra_are_written_checked_and_simulated_with(sdss_root: Path) -> None:
    """The commands of the README's section on own spectra."""
    root = sdss_root
    # As in a fresh clone, where DVC has brought no tables yet.
    (root / "data").rename(root / "catalogs")
    done = lensfinder(root, "spectra", "write", "spectra", "--count", "240")
    assert done.returncode == 0, done.stderr
    (root / "spectra" / "spec-9999-99999-0001.fits").write_bytes(b"damaged")
    done = lensfinder(root, "spectra", "check", "spectra", "--figure", "figure.png")
    assert done.returncode == 0, done.stderr
    assert "241 files, 240 quasars, a spectrum of each is used; 1 file(s) left out" in done.stdout
    assert "1 × damaged or truncated file:\n    spec-9999-99999-0001.fits" in done.stdout
    assert "240 quasars suffice for jpas.sky.tiles = 24" in done.stdout
    assert (root / "figure.png").stat().st_size > 10_000

    (root / "catalogs").rename(root / "data")
    done = lensfinder(root, "simulate", "jpas")
    assert done.returncode == 0, done.stderr
    quasars = read_table(JpasPaths(root).quasars)
    assert set(quasars["source"]) == {"sdss"}
    assert quasars["spectrum_id"].is_unique


def test_fewer_spectra_than_tiles_is_an_error_with_both_numbers(sdss_root: Path) -> None:
    assert lensfinder(sdss_root, "spectra", "write", "spectra", "--count", "5").returncode == 0
    told = refused(sdss_root, "simulate", "jpas")
    assert "5 quasars cannot be dealt to jpas.sky.tiles = 24" in told
    assert "set jpas.sky.tiles to 5 and jpas.sky.test_tiles to 1" in told
