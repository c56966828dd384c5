"""A DVC that is killed while it writes ``dvc.lock``, played by a process that leaves the file cut short."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lensfinder.lockguard import mend, watch

WHOLE = "schema: '2.0'\nstages:\n  simulate-jpas:\n    cmd: lensfinder simulate jpas\n    outs: []\n"
# Starts a stage, which keeps its copy and ends; then dies like DVC in the middle of writing.
DVC = """
import os, signal, subprocess, sys, time
stage = "from lensfinder.lockguard import watch; from pathlib import Path; watch(Path.cwd())"
subprocess.run([sys.executable, "-c", stage])
time.sleep(1.5)
open("dvc.lock", "w").write({cut!r})
os.killpg(0, signal.SIGKILL)
"""


@pytest.mark.parametrize("cut", [0, 20, 45])
def test_a_lock_file_cut_short_by_a_kill_is_put_back(tmp_path: Path, cut: int) -> None:
    lock = tmp_path / "dvc.lock"
    lock.write_text(WHOLE)
    dvc = subprocess.Popen(
        [sys.executable, "-c", DVC.format(cut=WHOLE[:cut])], cwd=tmp_path, start_new_session=True
    )
    assert dvc.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while lock.read_text() != WHOLE:
        assert time.monotonic() < deadline, "not mended"
        time.sleep(0.05)


def test_a_whole_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    (tmp_path / ".lensfinder").mkdir()
    (tmp_path / ".lensfinder" / "dvc.lock.kept").write_text(WHOLE)
    assert not mend(tmp_path)
    assert (tmp_path / "dvc.lock").read_text() == "schema: '2.0'\n"


def test_a_first_lock_file_that_is_broken_goes(tmp_path: Path) -> None:
    """Without a lock file DVC starts from its cache; with an empty one it does not start."""
    watch(tmp_path)
    (tmp_path / "dvc.lock").write_text("")
    assert mend(tmp_path)
    assert not (tmp_path / "dvc.lock").exists()
