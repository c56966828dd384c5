"""The same data on every processor: NumPy's functions for AVX-512 round otherwise than all others."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import REPOSITORY

FLAGS = Path("/proc/cpuinfo")
DRAW = """
import sys
from pathlib import Path
import lensfinder
import numpy as np
import pandas as pd
from lensfinder.params import read_params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.simulation.populations import draw_populations
from lensfinder.surveys.jpas.simulation.sources import open_populations
from lensfinder.surveys.jpas.paths import JpasPaths
root = Path(sys.argv[1])
params = read_params(root / "params.yaml")
sky = params.jpas.sky.model_copy(
    update={"tiles": 4, "test_tiles": 1, "galaxies": 40, "quasars_per_tile": 60}
)
small = params.model_copy(update={"jpas": params.jpas.model_copy(update={"sky": sky})})
class Paths(JpasPaths):
    tables = root / "catalogs"
bands = read_filters(root / "catalogs").cube().names
for table in draw_populations(small, *open_populations(Paths(root), small), bands):
    print(int(pd.util.hash_pandas_object(table).sum()))
"""


def has_avx512() -> bool:
    return FLAGS.is_file() and "avx512f" in FLAGS.read_text()


def drawn(features: str | None) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "NPY_DISABLE_CPU_FEATURES"}
    if features is not None:
        environment["NPY_DISABLE_CPU_FEATURES"] = features
    done = subprocess.run(
        [sys.executable, "-c", DRAW, str(REPOSITORY)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86 processor")
@pytest.mark.skipif(
    not has_avx512(), reason="the processor has no AVX-512, and all of it is as if switched off"
)
def test_the_same_populations_with_and_without_avx512() -> None:
    assert drawn(None) == drawn("X86_V4 AVX512_ICL") == drawn("")
