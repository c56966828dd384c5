"""numba's cache follows the kernel's file only; ours must follow the file of the formulae too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lensfinder import compiled

FORMULA = """
from room.compiled import jitable

@jitable
def formula(x):
    return {factor} * x
"""
KERNEL = """
from room.compiled import compiled
from room.formula import formula

@compiled
def kernel(x):
    return formula(x)

print(kernel(1.0), sum(kernel.stats.cache_hits.values()))
"""


def run_kernel(folder: Path) -> list[float]:
    """The kernel's result in a process of its own, and how often it came from the cache."""
    done = subprocess.run(
        [sys.executable, "-m", "room.kernel"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def test_a_changed_formula_is_compiled_anew_and_an_old_one_is_not(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    shutil.copy(compiled.__file__, room / "compiled.py")
    (room / "kernel.py").write_text(KERNEL)
    (room / "formula.py").write_text(FORMULA.format(factor=2.0))
    assert run_kernel(tmp_path) == [2.0, 0.0]
    assert run_kernel(tmp_path) == [2.0, 1.0]
    (room / "formula.py").write_text(FORMULA.format(factor=3.0))
    assert run_kernel(tmp_path) == [3.0, 0.0]
