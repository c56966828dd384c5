"""What several benchmarks share: the clock, a project to simulate in, lenstronomy's pixel grid."""

from __future__ import annotations

import argparse
import resource
import shutil
from pathlib import Path

import numpy as np

from lensfinder.params import read_params
from lensfinder.sky.tables import read_galaxy_templates
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.euclid.simulation.simulator import Simulator
from lensfinder.workspace.presets import apply_preset

ROOT = Path(__file__).resolve().parents[1]


def described(doc: str) -> argparse.ArgumentParser:
    """A parser whose help is the script's docstring as it stands."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def user_seconds() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def peak_memory_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def lay_out_project(folder: Path, preset: str | None = None) -> None:
    """A copy of the project, with a preset if one is named, to simulate in."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder / name)
    for name, copy in (("presets", "presets"), ("catalogs", "data"), ("spectra", "spectra")):
        shutil.copytree(ROOT / name, folder / copy)
    (folder / "src").symlink_to(ROOT / "src")
    if preset:
        apply_preset(preset, folder / "params.yaml")


def stamp_simulator() -> Simulator:
    """The simulator of stamps with the parameters of the checkout."""
    return Simulator.build(
        read_params(ROOT / "params.yaml"), read_euclid_bands(ROOT / "catalogs"), read_galaxy_templates()
    )


def lenstronomy_grid(side: int, scale: float) -> dict[str, object]:
    """An empty image of ``side``² pixels about the origin, as lenstronomy's ImageData takes it."""
    begin = -0.5 * (side - 1) * scale
    return {
        "ra_at_xy_0": begin,
        "dec_at_xy_0": begin,
        "transform_pix2angle": np.eye(2) * scale,
        "image_data": np.zeros((side, side)),
    }


def print_ratio(ours: list[float], theirs: list[float]) -> None:
    """How many times as fast ours is, on the average and round by round; both are seconds per object."""
    rounds = ", ".join(f"{b / a:.0f}" for a, b in zip(ours, theirs, strict=True))
    print(f"ratio        {np.mean(theirs) / np.mean(ours):8.1f}  (per round: {rounds})")
