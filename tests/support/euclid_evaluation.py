"""A small made-up Euclid survey on disk, as the stages before judging would have left it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from support.frames import blank
from support.survey_evaluation import write_training

from lensfinder.datasets.table import write_table
from lensfinder.lensing.lens import Lens
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, KINDS, SET_COLUMNS, object_id
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

SETS = ("set_1", "set_2", "set_3", "set_4", "set_5", "set_6")
MODELS = (*SETS, "control")
N_TRAIN = 80
VIS_PIXELS, NISP_PIXELS, NOISE_UJY = 200, 66, 0.0018


def make_euclid(root: Path, n_test: int = 240, seed: int = 1) -> SurveyPaths:
    """Write all that judging reads: :data:`N_TRAIN` training stamps without images, then the test stamps."""
    rng = np.random.default_rng(seed)
    paths = EuclidPaths(root)
    catalogue = _catalogue(rng, n_test)
    write_table(paths.catalogue, catalogue, CATALOGUE_COLUMNS)
    _write_images(rng, paths, catalogue)
    rows = catalogue[["object_id", "label", "kind", "sample"]].assign(row=np.arange(len(catalogue)))
    in_part = [rows["sample"] == "test", rows["row"] % 5 > 0]
    rows["part"] = np.select(in_part, ["test", "train"], "validation")
    test = rows[(rows["part"] == "test") & (rows["label"] >= 0)]
    write_table(PARTS.files(paths.splits, "set_1")[1], test[list(SET_COLUMNS)], SET_COLUMNS)
    counts = {}
    for name, size in zip(MODELS, (30, 40, 50, 60, 70, 80, 30), strict=True):
        chosen = rows.iloc[:size]
        write_table(PARTS.files(paths.splits, name)[0], chosen[list(SET_COLUMNS)], SET_COLUMNS)
        talk = None if name == "control" else 9441
        counts[name] = {"count": size // 2, "scaled_to_100000": 500.0 * size, "talk": talk}
        write_training(paths, name, rng)
    counts["assessable_1"] = {"count": len(test), "scaled_to_100000": 1e5 * len(test) / n_test, "talk": 88910}
    write_json(paths.selection, counts)
    write_json(paths.validation, {})
    return paths


def fake_euclid_scores(paths: SurveyPaths, name: str, rows: np.ndarray) -> np.ndarray:
    """Plausible scores: small arcs are missed more often, and models trained on few of them miss more."""
    catalogue = pd.read_parquet(paths.catalogue).iloc[rows]
    rng = np.random.default_rng(7)
    shared = rng.normal(size=len(rows))
    place = MODELS.index(name)
    own = np.random.default_rng(place).normal(size=len(rows)) * (0.8 if name == "control" else 0.4)
    size = np.log10(np.maximum(catalogue["n_pix_source"], 1))
    hard = np.where(catalogue["label"] == 1, 3.0 * size - 6.0 + 0.3 * min(place, 5), -3.0)
    return (1 / (1 + np.exp(-(hard + 1.5 * shared + own)))).astype(np.float32)


def _catalogue(rng: np.random.Generator, n_test: int) -> pd.DataFrame:
    n = N_TRAIN + n_test
    frame = blank(n, CATALOGUE_COLUMNS)
    sample = np.repeat(["train", "test"], [N_TRAIN, n_test])
    lensed, front, none = KINDS
    # Training stamps: lens and non-lens in turn; test stamps as they come.
    kind = np.where(np.arange(n) % 2 == 0, lensed, none).astype(object)
    kind[N_TRAIN:] = rng.choice(KINDS, n_test, p=(0.65, 0.1, 0.25))
    frame["object_id"] = [object_id(of, i) for i, of in enumerate(sample)]
    frame["sample"], frame["origin"], frame["kind"] = sample, "simulated", kind
    of_kind = [kind == lensed, kind == front]
    frame["theta_e_arcsec"] = np.select(of_kind, [rng.uniform(0.6, 2.2, n), 0.0], np.nan)
    frame["mag_eff"] = np.select(of_kind, [1.1 + rng.exponential(4.0, n), 1.0], np.nan)
    frame["n_pix_source"] = np.where(kind == none, 0.0, 10 ** rng.uniform(0.8, 3.2, n))
    frame["arc_snr"] = np.where(kind == none, np.nan, 0.4 * frame["n_pix_source"] ** 0.8)
    frame["mag_lens"], frame["z_lens"] = rng.uniform(18.5, 22.0, n), rng.uniform(0.2, 1.1, n)
    seen = (kind == lensed) & (frame["mag_eff"] >= 1.6) & (frame["n_pix_source"] > 20)
    left_out = (kind == lensed) & (frame["mag_eff"] < 1.6)
    frame["label"] = np.select([seen, left_out], [1, -1], 0).astype(np.int8)
    frame.loc[: N_TRAIN - 1, "label"] = (kind[:N_TRAIN] == lensed).astype(np.int8)
    return frame


def _write_images(rng: np.random.Generator, paths: SurveyPaths, catalogue: pd.DataFrame) -> None:
    grids = {}
    for pixels, scale in ((VIS_PIXELS, 0.1), (NISP_PIXELS, 0.3)):
        offset = (np.arange(pixels) - (pixels - 1) / 2) * scale
        grids[pixels] = np.meshgrid(offset, offset)
    vis = np.zeros((len(catalogue), VIS_PIXELS, VIS_PIXELS, 1), dtype=np.float16)
    nisp = np.zeros((len(catalogue), NISP_PIXELS, NISP_PIXELS, 3), dtype=np.float16)
    for i, row in enumerate(catalogue.itertuples()):
        if row.sample == "train":
            continue
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.5)
        galaxy_flux = 10 ** (0.4 * (23.9 - row.mag_lens))
        for images, pixels, noise, red, blue in (
            (vis, VIS_PIXELS, NOISE_UJY, (1.0,), (1.0,)),
            (nisp, NISP_PIXELS, 13 * NOISE_UJY, (2.0, 2.5, 3.0), (1.1, 1.2, 1.2)),
        ):
            x, y = grids[pixels]
            area = (20.0 / pixels) ** 2
            galaxy = galaxy_flux * area * np.exp(-4.0 * (np.hypot(x, y) / 0.8) ** 0.5) / 0.6
            source = np.zeros_like(x)
            if row.kind != KINDS[2]:
                sx, sy = x, y
                if row.theta_e_arcsec > 0:
                    sx, sy = _lens(row.theta_e_arcsec).source_position(x, y)
                r2 = (sx - distance * np.cos(angle)) ** 2 + (sy - distance * np.sin(angle)) ** 2
                source = 6e-5 * row.n_pix_source**0.8 * area / 0.01 * np.exp(-0.5 * r2 / 0.15**2)
            signal = galaxy[..., None] * red + source[..., None] * blue
            images[i] = signal + rng.normal(0, noise, signal.shape)
    paths.images_dir.mkdir(parents=True, exist_ok=True)
    np.save(paths.vis, vis)
    np.save(paths.nisp, nisp)


def _lens(theta_e_arcsec: float) -> Lens:
    return Lens(theta_e_arcsec=theta_e_arcsec, theta_g_arcsec=0.05, axis_ratio=0.75, position_angle_rad=0.3)
