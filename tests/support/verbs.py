"""Verbs of ``lensfinder`` one after the other, each in a process of its own, and the modules that each loads.

A process that has imported the heavy libraries, and nothing of lensfinder, forks one for each verb: to import
them anew would take longer than most verbs do on a small dataset.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_SERVER = """\
import json, os, sys, traceback
from pathlib import Path

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
os.environ |= {"GX_ANALYTICS_ENABLED": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
import astropy.cosmology, astropy.table, great_expectations, keras, mlflow, numba, pandas, scipy.stats

assert not [name for name in sys.modules if name.startswith("lensfinder")]
out = Path(sys.argv[1])
for verb in json.loads(sys.argv[2]):
    if (child := os.fork()) == 0:
        code = 1
        try:
            from lensfinder.cli import app

            app(verb, standalone_mode=False)
            files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
            loaded = sorted({file for file in files if file and "/src/lensfinder/" in file})
            (out / ("-".join(verb) + ".json")).write_text(json.dumps(loaded))
            code = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"{' '.join(verb)} failed")
"""


def run_verbs(root: Path, verbs: Sequence[str], records: Path) -> None:
    """Run verbs at the root of a project; each leaves its modules in ``records``, under its words."""
    arguments = [str(records), json.dumps([verb.split() for verb in verbs])]
    done = subprocess.run(
        [sys.executable, "-c", _SERVER, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "DVC_STAGE"},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
