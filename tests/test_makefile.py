"""The way from a bare machine to a running pipeline: Makefile, lock file and CI script."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.project import REPOSITORY

REQUIREMENTS = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")

OVERRIDES = ("PYTHON", "PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PRESET", "PORT", "PYTEST_ARGS")


def make(
    folder: Path, *arguments: str, path: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in OVERRIDES}
    if path is not None:
        environment["PATH"] = f"{path}:/usr/bin:/bin"
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=check
    )


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a project whose environment holds stand-ins that tell where and how they were called."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("Makefile", "params.yaml", ".gitignore"):
        shutil.copy(REPOSITORY / name, root)
    shutil.copytree(REPOSITORY / "presets", root / "presets")
    (root / "src").mkdir()
    (root / "src" / "code.py").write_text("version = 1\n")
    (root / "metrics").mkdir()
    (root / "metrics" / "cube.json").write_text("of the checkout\n")
    for tool in ("dvc", "lensfinder", "mlflow", "python"):
        script(root / ".venv" / "bin" / tool, f'echo "{tool} $* in $PWD with $PYTHONPATH"')
    (root / "requirements.txt").touch()
    (root / "pyproject.toml").touch()
    place = subprocess.run(
        ["cksum"], input=str(root), capture_output=True, text=True, check=True
    ).stdout.split()[0]
    for stamp in ("locked", "installed"):
        (root / ".venv" / f".{stamp}-{place}").touch()
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    return root


def test_help_is_the_default_and_names_every_target() -> None:
    text = make(REPOSITORY).stdout
    for target in ("repro", "test", "lint", "ui", "bench", "lock", "clean", "help"):
        assert re.search(rf"^  {target} +\w", text, re.MULTILINE), target
    assert "Presets: laptop smoke talk" in text


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ({"python3.13": "fails", "python3.12": "3.12.1", "python3": "3.12.1"}, "python3.12"),
        (
            {"python3.13": "fails", "python3.12": "fails", "python3.11": "fails", "python3": "3.13.0"},
            "python3",
        ),
        (
            {"python3.13": "3.10.2", "python3.12": "3.14.0", "python3.11": "3.11.0", "python3": "3.9.1"},
            "python3.11",
        ),
        (dict.fromkeys(("python3.13", "python3.12", "python3.11", "python3", "python"), "fails"), ""),
    ],
)
def test_first_python_that_runs_and_fits_is_chosen(
    tmp_path: Path, versions: dict[str, str], chosen: str
) -> None:
    for name, version in versions.items():
        if version == "fails":
            script(tmp_path / name, 'echo "command not found" >&2', "exit 127")
            continue
        info = tuple(int(part) for part in version.split("."))
        # The Makefile's own program runs, in this interpreter, under the version that the stand-in has.
        script(
            tmp_path / name,
            f"""exec {shutil.which("python3")} -c "import sys; sys.version_info = {info}; exec('''$2''')" """,
        )
    done = make(
        REPOSITORY, "--eval", "print-python: ; @echo 'chosen: $(PYTHON)'", "print-python", path=tmp_path
    )
    assert done.stdout.strip() == f"chosen: {chosen}".strip()


def test_no_python_is_said_clearly(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    done = make(checkout, "test", "PYTHON=", check=False)
    assert done.returncode == 2
    assert "found no Python 3.11, 3.12 or 3.13" in done.stderr
    done = make(checkout, "test", "PYTHON=/bin/false", check=False)
    assert "PYTHON=/bin/false is no Python" in done.stderr


def test_repro_runs_dvc_in_place_with_the_environment_active(checkout: Path) -> None:
    assert make(checkout, "repro").stdout == f"dvc repro in {checkout} with \n"


def test_surveys_are_those_of_the_installed_package(checkout: Path) -> None:
    script(checkout / ".venv" / "bin" / "lensfinder", "echo jpas", "echo toy")
    (checkout / "pipelines" / "toy").mkdir(parents=True)
    (checkout / "pipelines" / "toy" / "dvc.yaml").touch()
    for survey, target in (("jpas", "compare-jpas"), ("toy", "pipelines/toy/dvc.yaml")):
        assert make(checkout, "repro", f"SURVEY={survey}").stdout.startswith(f"dvc repro {target} in ")
    done = make(checkout, "repro", "SURVEY=mars", check=False)
    assert done.returncode == 2
    assert "no survey mars; there are: jpas toy" in done.stderr


def test_repro_of_a_preset_works_in_a_clone_of_its_own(checkout: Path) -> None:
    clone = checkout / ".lensfinder" / "presets" / "smoke"
    (checkout / "src" / "code.py").write_text("version = 2\n")  # not committed, and yet what the user means
    done = make(checkout, "repro", "PRESET=smoke")
    assert done.stdout.splitlines() == [
        f"lensfinder preset smoke in {clone} with {clone}/src",
        f"dvc repro in {clone} with {clone}/src",
        "Results of preset smoke: .lensfinder/presets/smoke (`make ui PRESET=smoke` shows its runs)",
    ]
    assert (clone / "src" / "code.py").read_text() == "version = 2\n"

    # What the clone's pipeline wrote stays; sources follow the checkout's: changed, new and removed ones.
    (clone / "metrics" / "cube.json").write_text("of the clone\n")
    (checkout / "src" / "new.py").write_text("\n")
    (checkout / "src" / "code.py").unlink()
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "change")
    make(checkout, "repro", "PRESET=smoke")
    assert [path.name for path in (clone / "src").iterdir()] == ["new.py"]
    assert (clone / "metrics" / "cube.json").read_text() == "of the clone\n"
    assert (checkout / "metrics" / "cube.json").read_text() == "of the checkout\n"
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_unknown_preset_lists_those_there_are(checkout: Path) -> None:
    done = make(checkout, "repro", "PRESET=tlak", check=False)
    assert done.returncode == 2
    assert "no preset tlak; there are: laptop smoke talk" in done.stderr
    assert not (checkout / ".lensfinder").exists()


@pytest.mark.parametrize("target", ["repro", "cv"])
def test_a_tree_without_git_is_refused_before_anything_is_installed(checkout: Path, target: str) -> None:
    shutil.rmtree(checkout / ".git")
    shutil.rmtree(checkout / ".venv")
    cv = checkout / "studies" / "jpas" / "cv" / "dvc.yaml"
    cv.parent.mkdir(parents=True)
    cv.touch()
    done = make(checkout, target, check=False)
    assert done.returncode == 2
    assert "no git repository" in done.stderr
    assert "git clone" in done.stderr
    assert "git init" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_worktree_of_git_is_one(checkout: Path) -> None:
    shutil.rmtree(checkout / ".git")
    (checkout / ".git").write_text("gitdir: elsewhere\n")
    assert make(checkout, "repro").stdout.startswith("dvc repro")


def test_ui_of_a_preset_that_never_ran_says_so(checkout: Path) -> None:
    assert make(checkout, "ui", "PORT=5099").stdout == (
        f"python -m lensfinder.tracking.database in {checkout} with \n"
        f"mlflow ui --workers 1 --port 5099 in {checkout} with \n"
    )
    done = make(checkout, "ui", "PRESET=talk", check=False)
    assert "make repro PRESET=talk" in done.stderr


def test_clean_keeps_results_runs_and_environment(checkout: Path) -> None:
    kept = ["datasets/x", "mlflow.db", ".lensfinder/presets/talk/x", ".venv/bin/dvc", "metrics/cube.json"]
    gone = [f"{folder}/x" for folder in (".lensfinder/work", ".mypy_cache", "src/__pycache__")]
    for name in (*kept, *gone):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    (checkout / "tests").mkdir()
    make(checkout, "clean")
    assert [name for name in kept if not (checkout / name).exists()] == []
    assert [name for name in gone if (checkout / name).exists()] == []


def pinned() -> Iterable[str]:
    return re.findall(r"^([a-z0-9.-]+)==", REQUIREMENTS, re.MULTILINE)


def test_every_requirement_is_pinned_and_hashed() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", REQUIREMENTS, flags=re.MULTILINE).strip())
    assert len(blocks) > 100
    for block in blocks:
        first, *hashes = block.replace("\\\n", "\n").splitlines()
        assert re.fullmatch(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==[^ ;]+( ; .+)? *", first), first
        assert hashes, first
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64} *", line) for line in hashes), first


def test_lock_file_names_no_place() -> None:
    assert not re.search(r"://|@ |^-|(?<![a-z])/[a-z]+/", REQUIREMENTS, re.MULTILINE)


def test_lock_file_holds_every_direct_dependency_and_what_the_bootstrap_needs() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = project["dependencies"] + project["optional-dependencies"]["dev"] + ["uv", "setuptools"]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in direct}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in names} - set(pinned()) == set()


def test_ci_installs_lints_and_tests_through_make() -> None:
    text = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line.split("#")[0].strip() for line in text.splitlines() if line.startswith("make")]
    assert commands[-1] == "make test"  # pytest's closing line is the last
    assert "make lint" in commands
    assert "set -euo pipefail" in text
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)
