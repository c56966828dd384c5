"""A small Euclid dataset without a simulator: each kind of stamp that the rules tell apart, plain images.

It passes the gate, and can be broken in one way at a time.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from support.project import PARAMS, changed

from lensfinder.datasets.table import write_table
from lensfinder.params import Params, read_params
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS, object_id
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import assessable_labels, assessable_set, training_sets
from lensfinder.workspace.paths import SurveyPaths

BLOCK = [
    *[("lensed_source", 12.0, 3, 351)] * 5,  # a lens of every set
    ("lensed_source", 8.0, 2, 350),
    ("lensed_source", 7.0, 2, 300),
    ("lensed_source", 6.0, 2, 200),
    ("lensed_source", 5.0, 2, 100),
    ("lensed_source", 4.0, 1, 21),  # of set 6 alone
    *[("lensed_source", 2.0, 2, 80)] * 2,  # a lens of the test, not of training
    *[("lensed_source", 1.3, 1, 60)] * 3,  # neither
    ("lensed_source", 0.8, 1, 60),
    ("lensed_source", 5.0, 2, 20),  # a lens too faint to be one
    ("lensed_source", 1.6, 0, 40),
    *[("source_in_front", 1.0, 1, 40)] * 5,
    *[("no_source", np.nan, 0, 0)] * 7,
]
"""kind, μ_eff, n_im and n_pix of 30 stamps: 10 training lenses of set 6, 15 non-lenses."""

TRAIN, TEST = 5 * len(BLOCK), 2 * len(BLOCK)


@dataclass
class EuclidDataset:
    """Everything that the gate looks at."""

    catalogue: pd.DataFrame
    sets: dict[str, pd.DataFrame]
    assessable: pd.DataFrame
    vis: Any
    nisp: Any

    def copy(self) -> EuclidDataset:
        return deepcopy(self)

    def write(self, root: Path) -> SurveyPaths:
        paths = EuclidPaths(root)
        write_table(paths.catalogue, self.catalogue, CATALOGUE_COLUMNS)
        for name, table in self.sets.items():
            write_table(PARTS.files(paths.splits, name)[0], table, SET_COLUMNS)
        write_table(PARTS.files(paths.splits, "set_1")[1], self.assessable, SET_COLUMNS)
        np.save(paths.vis, self.vis)
        np.save(paths.nisp, self.nisp)
        return paths


def small_euclid_params(train: int = TRAIN, test: int = TEST) -> Params:
    """The project's own parameters, with so many stamps."""
    return changed(read_params(PARAMS), {"euclid.counts.train": train, "euclid.counts.test": test})


def good_euclid_catalogue(params: Params) -> pd.DataFrame:
    """As many stamps as the parameters declare, :data:`BLOCK` over and over."""
    rng = np.random.default_rng(1)
    counts = params.euclid.counts
    rows = [
        _stamp(rng, sample, i, BLOCK[place % len(BLOCK)])
        for sample in ("train", "test")
        for i, place in enumerate(rng.permutation(counts.of(sample)))
    ]
    catalogue = pd.DataFrame(rows)[list(CATALOGUE_COLUMNS)]
    catalogue["ID"] = 200_001 + np.arange(len(catalogue))
    catalogue["label"] = assessable_labels(catalogue, params.euclid.selection)
    return catalogue.astype({name: column.dtype for name, column in CATALOGUE_COLUMNS.items()})


def good_euclid_dataset(params: Params) -> EuclidDataset:
    """Catalogue, sets, and images: noise, a deflector, and a ring around a lens."""
    catalogue = good_euclid_catalogue(params)
    selection = params.euclid.selection
    sets = training_sets(catalogue, selection, 1)
    rng = np.random.default_rng(1)
    vis = _images(rng, catalogue, pixels=200, scale=0.1, noise=0.0018, bands=1)
    nisp = _images(rng, catalogue, pixels=66, scale=0.3, noise=0.024, bands=3)
    return EuclidDataset(catalogue, sets, assessable_set(catalogue, selection), vis, nisp)


def _images(
    rng: np.random.Generator, catalogue: pd.DataFrame, pixels: int, scale: float, noise: float, bands: int
) -> Any:
    offset = (np.arange(pixels) - (pixels - 1) / 2) * scale
    radius = np.hypot(offset[:, None], offset)
    galaxy = (scale / 0.6) ** 2 / np.pi * np.exp(-((radius / 0.6) ** 2))
    flux = (10 ** (0.4 * (23.9 - catalogue["mag_lens"]))).to_numpy(dtype=np.float32)
    ring = 10 * noise * np.exp(-(((radius - 1.2) / 0.2) ** 2))
    ringed = (catalogue["label"] == 1).to_numpy(dtype=np.float32)
    images = noise * rng.standard_normal((len(catalogue), pixels, pixels, bands), dtype=np.float32)
    images += flux[:, None, None, None] * galaxy[..., None].astype(np.float32)
    images += ringed[:, None, None, None] * ring[..., None].astype(np.float32)
    return images.astype(np.float16)


def _stamp(
    rng: np.random.Generator, sample: str, index: int, of_block: tuple[str, float, int, int]
) -> dict[str, Any]:
    kind, mag_eff, n_im, n_pix = of_block
    n_gal_3, n_farther = rng.integers(0, 2, 2)
    row: dict[str, Any] = dict.fromkeys(CATALOGUE_COLUMNS, np.nan)
    row |= {
        "object_id": object_id(sample, index),
        "sample": sample,
        "origin": "simulated",
        "kind": kind,
        "mag_eff": mag_eff,
        "n_source_im": n_im,
        "n_pix_source": n_pix,
        "z_lens": rng.uniform(0.3, 0.6),
        "mag_lens": rng.uniform(18, 20),
        "n_crit": 2 if kind == "lensed_source" else 0,
        "n_pix_lens": 900,
        "source_flux": 0.02 * n_pix,
        "lens_flux": 30.0,
        "n_gal_3": n_gal_3,
        "n_gal_5": n_gal_3 + n_farther,
        "n_gal_10": n_gal_3 + n_farther + rng.poisson(3.0),
        "n_sources": int(kind != "no_source"),
        "deflector_type": "early",
        "deflector_r_eff_arcsec": rng.uniform(0.4, 1.5),
        "deflector_axis_ratio": 0.7,
        "deflector_x_arcsec": 0.05,
        "deflector_y_arcsec": -0.05,
        "bulge_fraction": rng.uniform(0.5, 1.0),
        "sigma_v_km_s": rng.uniform(180, 320),
        "theta_g_arcsec": 0.05,
        "mass_axis_ratio": 0.8,
        "mass_pa_deg": rng.uniform(0.0, 180.0),
        "shear_1": 0.01,
        "shear_2": -0.02,
        "sampling_weight": 0.5,
    }
    if kind != "no_source":
        lensed = kind == "lensed_source"
        row |= {
            "z_source": rng.uniform(1.0, 2.0) if lensed else 0.2,
            "mag_source": rng.uniform(23, 26),
            "theta_e_arcsec": rng.uniform(0.6, 2.2) if lensed else 0.0,
            "ein_area": 1e-10 if lensed else np.nan,
            "source_x_arcsec": 0.2,
            "source_y_arcsec": 0.1,
            "source_r_eff_arcsec": rng.uniform(0.1, 0.4),
            "n_clumps": 3,
            "arc_snr": 0.5 * n_pix,
        }
    return row
