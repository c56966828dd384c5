"""A DVC that is killed while it writes ``dvc.lock``, played by a process that leaves the file cut short."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lensfinder.workspace.lockguard import mend, watch

WHOLE = "schema: '2.0'\nstages:\n  simulate-jpas:\n    cmd: lensfinder simulate jpas\n    outs: []\n"
STUDY = WHOLE.replace("simulate-jpas", "split-cv-jpas")
# Starts a stage, which keeps its copy and ends; then dies like DVC in the middle of writing.
DVC = """
import os, signal, subprocess, sys, time
stage = "from lensfinder.workspace.lockguard import watch; from pathlib import Path; watch(Path.cwd())"
subprocess.run([sys.executable, "-c", stage])
time.sleep(1.5)
open({lock!r}, "w").write({cut!r})
os.killpg(0, signal.SIGKILL)
"""


def make_study(root: Path) -> Path:
    """Lay out a study's pipeline; return its lock file, which is not there yet."""
    folder = root / "studies" / "jpas" / "cv"
    folder.mkdir(parents=True)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    return folder / "dvc.lock"


def kill_while_writing(root: Path, lock: str, cut: str) -> None:
    code = DVC.format(lock=lock, cut=cut)
    dvc = subprocess.Popen([sys.executable, "-c", code], cwd=root, start_new_session=True)
    assert dvc.wait() == -signal.SIGKILL


def wait_for(lock: Path, content: str) -> None:
    deadline = time.monotonic() + 20
    while lock.read_text() != content:
        assert time.monotonic() < deadline, "not mended"
        time.sleep(0.05)


@pytest.mark.parametrize("cut", [0, 20, 45])
def test_a_lock_file_cut_short_by_a_kill_is_put_back(tmp_path: Path, cut: int) -> None:
    lock = tmp_path / "dvc.lock"
    lock.write_text(WHOLE)
    kill_while_writing(tmp_path, "dvc.lock", WHOLE[:cut])
    wait_for(lock, WHOLE)


def test_a_studys_lock_file_is_put_back_too(tmp_path: Path) -> None:
    lock = make_study(tmp_path)
    lock.write_text(STUDY)
    (tmp_path / "dvc.lock").write_text(WHOLE)
    kill_while_writing(tmp_path, "studies/jpas/cv/dvc.lock", STUDY[:40])
    wait_for(lock, STUDY)
    assert (tmp_path / "dvc.lock").read_text() == WHOLE


def test_a_whole_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    (tmp_path / ".lensfinder").mkdir()
    (tmp_path / ".lensfinder" / "dvc.lock.kept").write_text(WHOLE)
    assert not mend(tmp_path)
    assert (tmp_path / "dvc.lock").read_text() == "schema: '2.0'\n"


def test_a_first_lock_file_that_is_broken_goes(tmp_path: Path) -> None:
    """Without a lock file DVC starts from its cache; with an empty one it does not start."""
    locks = [tmp_path / "dvc.lock", make_study(tmp_path)]
    watch(tmp_path)
    for lock in locks:
        lock.write_text("")
    assert mend(tmp_path)
    assert not [lock for lock in locks if lock.exists()]
