"""What a result was computed on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "numpy", "mlflow", "dvc", "great-expectations", "astropy")


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, memory and versions, without anything that names a host or a user."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")  # Linux; elsewhere the platform module knows
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory_gib() -> float:
    import psutil

    return round(float(psutil.virtual_memory().total) / 2**30, 1)
