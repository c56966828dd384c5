"""A small made-up survey on disk, as the stages before judging would have left it."""

from __future__ import annotations

import shutil
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.frames import blank
from support.project import PARAMS, changed

from lensfinder.datasets.table import write_table
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

BANDS, PIXELS, SCALE = 56, 50, 0.2267
KINDS = ("lensed_quasar", "quasar_near_galaxy", "quasar_alone")


def small_params(samples: int = 200) -> Params:
    few = {f"{survey}.judging.bootstrap_samples": samples for survey in ("jpas", "euclid")}
    return changed(read_params(PARAMS), few)


def make_survey(root: Path, per_tile: int = 8, tiles: int = 30, seed: int = 1) -> SurveyPaths:
    """Write all that judging reads; the last 20 tiles are the test part, the 4 before them validation."""
    rng = np.random.default_rng(seed)
    paths = JpasPaths(root)
    catalogue = _catalogue(rng, per_tile * tiles, tiles)
    write_table(paths.catalogue, catalogue, CATALOGUE_COLUMNS)
    tile = catalogue["tile"].to_numpy()
    part = np.select([tile >= tiles - 20, tile >= tiles - 24], ["test", "validation"], "train")
    splits = catalogue[["object_id", "label", "kind", "tile"]].assign(row=np.arange(len(tile)), part=part)
    write_table(PARTS.files(paths.splits)[0], splits[list(SPLIT_COLUMNS)], SPLIT_COLUMNS)
    wavelength = np.linspace(3600, 10100, BANDS)
    cubes = _cubes(rng, catalogue, wavelength)
    np.save(paths.cubes, cubes)
    paths.pseudo_spectra.parent.mkdir(parents=True)
    summed = cubes.astype(np.float32)
    pseudo = np.stack([summed.sum(axis=1), summed.sum(axis=2)], axis=1).transpose(0, 1, 3, 2)
    np.save(paths.pseudo_spectra, pseudo.astype(np.float16))
    sizes = {
        "cube": {"bytes_per_object_memory": 280000, "bytes_total_disk": cubes.nbytes + 128},
        "pseudo_spectra": {"bytes_per_object_memory": 11200, "bytes_total_disk": cubes.nbytes // 25 + 128},
        "saving_memory": 25.0,
        "saving_disk": (cubes.nbytes + 128) / (cubes.nbytes // 25 + 128),
    }
    write_json(paths.sizes, sizes)
    paths.tables.mkdir(parents=True)
    shutil.copy(PARAMS.parent / "catalogs" / "jpas_filters.ecsv", paths.tables)
    write_json(paths.validation, {})
    for name in ("cube", "pseudo_spectra"):
        write_training(paths, name, rng)
    return paths


def use_network(monkeypatch: pytest.MonkeyPatch, predict_scores: Callable[..., np.ndarray]) -> None:
    """Let a function stand for all of the networks, and for TensorFlow."""
    module = types.ModuleType("lensfinder.networks.predict")
    module.predict_scores = predict_scores  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def fake_scores(paths: SurveyPaths, name: str, rows: np.ndarray) -> np.ndarray:
    """Plausible scores: lenses of small θ_E are missed more often; pseudo-spectra are noisier."""
    catalogue = pd.read_parquet(paths.catalogue).iloc[rows]
    rng = np.random.default_rng(7)
    shared = rng.normal(size=len(rows))
    own = rng.normal(size=len(rows)) * (0.5 if name == "cube" else 0.9)
    hard = np.where(catalogue["label"] == 1, 4.0 * np.nan_to_num(catalogue["theta_e_arcsec"]) - 1.0, -4.0)
    return (1 / (1 + np.exp(-(hard + 1.6 * shared + own)))).astype(np.float32)


def _catalogue(rng: np.random.Generator, n: int, tiles: int) -> pd.DataFrame:
    tile = np.sort(np.arange(n) % tiles)
    kind = np.array(KINDS)[rng.choice(3, n, p=(0.45, 0.35, 0.2))]
    lensed, alone = kind == "lensed_quasar", kind == "quasar_alone"
    frame = blank(n, CATALOGUE_COLUMNS)
    frame["object_id"] = [f"jpas-test-{i:07d}" for i in range(n)]
    frame["sample"] = "test"
    frame["tile"] = tile.astype(np.int32)
    frame["kind"] = kind
    frame["label"] = lensed.astype(np.int8)
    galaxy = [f"g{t:03d}-{g}" for t, g in zip(tile, rng.integers(0, 4, n), strict=True)]
    frame["galaxy_id"] = np.where(alone, "", np.array(galaxy, dtype=object))
    frame["quasar_id"] = [f"q{t:03d}-{s}" for t, s in zip(tile, rng.integers(0, 6, n), strict=True)]
    frame["z_source"] = rng.uniform(0.8, 3.8, n)
    frame["z_lens"] = np.where(alone, np.nan, rng.uniform(0.1, 0.8, n))
    frame["theta_e_arcsec"] = np.where(alone, np.nan, 0.5 + rng.exponential(0.5, n))
    of_images, of_pair = 2 * frame["theta_e_arcsec"], rng.uniform(3, 6, n)
    frame["separation_arcsec"] = np.select([alone, lensed], [np.nan, of_images], of_pair)
    frame["quasar_r_mag_observed"] = rng.uniform(17.2, 22.4, n)
    frame["snr_median"] = 10 ** (0.4 * (24.5 - frame["quasar_r_mag_observed"])) * rng.uniform(0.7, 1.3, n)
    return frame


def _cubes(rng: np.random.Generator, catalogue: pd.DataFrame, wavelength: np.ndarray) -> np.ndarray:
    offset = (np.arange(PIXELS) - (PIXELS - 1) / 2) * SCALE
    red, lines = (wavelength / 6500) ** 2.5, 1 + 3 * np.exp(-0.5 * ((wavelength - 5200) / 90) ** 2)
    cubes = np.empty((len(catalogue), PIXELS, PIXELS, BANDS), dtype=np.float16)
    for i, row in enumerate(catalogue.itertuples()):
        flux = 10 ** (0.4 * (23.9 - row.quasar_r_mag_observed))
        angle = rng.uniform(0, 2 * np.pi)

        def spot(distance: float, width: float, angle: float = angle) -> np.ndarray:
            x, y = offset - distance * np.cos(angle), offset - distance * np.sin(angle)
            light = np.exp(-0.5 * (x[None, :] ** 2 + y[:, None] ** 2) / width**2)
            return light * SCALE**2 / (2 * np.pi * width**2)

        apart = row.separation_arcsec
        if row.kind == "lensed_quasar":
            quasar = 0.65 * spot(0.7 * apart, 0.4) + 0.35 * spot(-0.3 * apart, 0.4)
            galaxy = 20 * spot(0.0, 0.8)
        elif row.kind == "quasar_near_galaxy":
            quasar, galaxy = spot(0.0, 0.4), 20 * spot(min(apart, 5.0), 0.9)
        else:
            quasar, galaxy = spot(0.0, 0.4), np.zeros((PIXELS, PIXELS))
        signal = flux * quasar[..., None] * lines + galaxy[..., None] * red
        cubes[i] = signal + rng.normal(0, 0.06, signal.shape)
    return cubes


def write_training(paths: SurveyPaths, name: str, rng: np.random.Generator) -> None:
    """Write a model's files, as training would have left them."""
    model = paths.model(name)
    model.model_dir.mkdir(parents=True)
    model.model.write_bytes(b"not a real network")
    epoch = np.arange(1, 26)
    loss = 0.6 * np.exp(-epoch / 5) + 0.03
    validation = loss + 0.02 + 0.002 * np.maximum(epoch - 15, 0) + rng.normal(0, 0.004, epoch.size)
    history = {
        "epoch": epoch,
        "loss": loss,
        "accuracy": 1 - loss / 2,
        "val_loss": validation,
        "val_accuracy": 1 - validation / 2,
        "learning_rate": 0.001,
    }
    pd.DataFrame(history).to_csv(model.history, index=False)
