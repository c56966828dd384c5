"""A small dataset that passes the gate, to be broken in one way at a time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from support.project import CATALOGS, PARAMS, changed

from lensfinder.datasets.table import write_table
from lensfinder.gate.outcome import Outcome
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, IMAGES_MAX, SPLIT_COLUMNS
from lensfinder.surveys.jpas.params import KINDS
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:  # Great Expectations takes seconds to load
    from lensfinder.gate.expectations import Suite

BANDS = 56
PIXELS = 16
TILES = 15
TEST_TILES = 3
PER_TILE = {"lensed_quasar": 4, "quasar_near_galaxy": 3, "quasar_alone": 2}
MEMBERS = [(kind, str(i)) for kind in KINDS for i in range(PER_TILE[kind])]
NOISE = 0.1


@dataclass
class InMemory:
    """An array with the reading interface of a stored one."""

    array: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.array.dtype)

    def rows(self, start: int, stop: int) -> Any:
        return self.array[start:stop]


def check(
    survey: str,
    suites: Sequence[Suite],
    tables: Mapping[str, pd.DataFrame],
    good: Mapping[str, pd.DataFrame] | None = None,
) -> Outcome:
    """Apply suites; with ``good`` tables, only those whose table differs from the good one, to save time."""
    from lensfinder.gate.run import Gate

    chosen = [suite for suite in suites if not (good and tables[suite.table].equals(good[suite.table]))]
    assert chosen, "nothing was broken"
    outcome = Gate(survey).check(chosen, tables)
    for finding in outcome.failed:
        assert finding.n_unexpected or finding.observed is not None
        assert finding.n_unexpected is None or finding.examples
    return outcome


def summed(cubes: np.ndarray) -> np.ndarray:
    """Make pseudo-spectra without the code that is tested."""
    sums = [cubes.sum(axis=axis, dtype=np.float32).swapaxes(-1, -2) for axis in (1, 2)]
    return np.stack(sums, axis=1).astype(np.float16)


@dataclass
class Dataset:
    """Everything that the gate looks at."""

    catalogue: pd.DataFrame
    splits: pd.DataFrame
    cubes: Any
    pseudo_spectra: Any

    def copy(self) -> Dataset:
        return deepcopy(self)

    def write(self, root: Path) -> SurveyPaths:
        paths = JpasPaths(root)
        write_table(paths.catalogue, self.catalogue, CATALOGUE_COLUMNS)
        write_table(PARTS.files(paths.splits)[0], self.splits, SPLIT_COLUMNS)
        paths.pseudo_spectra.parent.mkdir(parents=True)
        np.save(paths.cubes, self.cubes)
        np.save(paths.pseudo_spectra, self.pseudo_spectra)
        paths.tables.mkdir(exist_ok=True)
        shutil.copy(CATALOGS / "jpas_filters.ecsv", paths.tables)
        return paths


def small_params() -> Params:
    """The project's own parameters, with few tiles, objects and draws, and few but large pixels."""
    tiles = {"train": TILES - TEST_TILES, "test": TEST_TILES}
    few = {f"jpas.counts.{of}.{kind}": n * tiles[of] for of in tiles for kind, n in PER_TILE.items()}
    few |= {"jpas.sky.tiles": TILES, "jpas.sky.test_tiles": TEST_TILES}
    large = {"jpas.observation.stamp_pixels": PIXELS, "jpas.observation.pixel_scale_arcsec": 0.75}
    split = {"jpas.split.validation_fraction": 3 / tiles["train"]}
    draws = {f"{survey}.judging.bootstrap_samples": 200 for survey in ("jpas", "euclid")}
    return changed(read_params(PARAMS), few | large | split | draws)


def good_dataset(tiles: int = TILES, test: int = TEST_TILES, validation: int = 3) -> Dataset:
    """The first tiles are the test part, those after them validation."""
    rng = np.random.default_rng(1)
    catalogue = pd.DataFrame(
        _object(rng, tile, *member, "test" if tile < test else "train")
        for tile in range(tiles)
        for member in rng.permutation(MEMBERS)
    )
    catalogue["object_id"] = [f"jpas-{s}-{i:07d}" for i, s in enumerate(catalogue["sample"])]
    catalogue = catalogue[list(CATALOGUE_COLUMNS)].astype(
        {name: column.dtype for name, column in CATALOGUE_COLUMNS.items()}
    )
    splits = catalogue[["object_id", "label", "kind", "tile"]].copy()
    splits["row"] = np.arange(len(catalogue))
    tile = catalogue["tile"]
    splits["part"] = np.select([tile < test, tile < test + validation], ["test", "validation"], "train")
    cubes = rng.normal(0.0, NOISE, (len(catalogue), PIXELS, PIXELS, BANDS))
    mags = catalogue[["galaxy_r_mag", "quasar_r_mag_observed"]]
    cubes += ((10 ** (0.4 * (23.9 - mags))).sum(axis=1).to_numpy() / PIXELS**2)[:, None, None, None]
    cubes = cubes.astype(np.float16)
    return Dataset(catalogue, splits[list(SPLIT_COLUMNS)], cubes, summed(cubes))


def _object(rng: np.random.Generator, tile: int, kind: str, number: str, sample: str) -> dict[str, Any]:
    """One row of the catalogue; systems of one tile share galaxies and spectra, as real ones do."""
    row: dict[str, Any] = dict.fromkeys(CATALOGUE_COLUMNS, np.nan)
    i = int(number)
    lensed, alone = kind == "lensed_quasar", kind == "quasar_alone"
    n_images = 3 if lensed else 1
    magnification = [4.0, -2.0, 0.01] if lensed else [1.0]
    row |= {
        "sample": sample,
        "tile": tile,
        "kind": kind,
        "label": int(lensed),
        "quasar_id": f"q-{tile:03d}-{i // 2}",
        "spectrum_id": f"s-{tile:03d}-{kind}-{i}",
        "galaxy_id": "" if alone else f"g-{tile:03d}-{i // 2}",
        "galaxy_type": "" if alone else "early",
        "z_source": rng.uniform(1.5, 3.0),
        "quasar_r_mag": 21.0,
        "quasar_r_mag_observed": rng.uniform(18.0, 22.0),
        "n_images": n_images,
        "n_bright_images": 2 if lensed else 1,
        "magnification": float(np.sum(np.abs(magnification))),
        "n_neighbours": 1 + rng.poisson(1.0),
        "neighbour_r_mag": rng.uniform(22.0, 25.0),
        "snr_median": 20.0,
        "psf_fwhm_median_arcsec": 0.9,
    }
    for image in range(n_images):
        row |= {
            f"image_{image + 1}_x_arcsec": 0.1 - 0.7 * image,
            f"image_{image + 1}_y_arcsec": 0.1,
            f"image_{image + 1}_magnification": magnification[image],
        }
    assert n_images <= IMAGES_MAX
    if not alone:
        separation = 1.4 if lensed else rng.uniform(3.2, 5.0)
        distance, direction = 0.5 if lensed else separation, rng.uniform(0.0, 2 * np.pi)
        row |= {
            "z_lens": rng.uniform(0.2, 0.8),
            "galaxy_r_mag": 19.0,
            "galaxy_r_eff_arcsec": 0.8,
            "galaxy_sersic_n": 4.0,
            "galaxy_axis_ratio": 0.7,
            "galaxy_pa_deg": 30.0,
            "sigma_v_km_s": 250.0,
            "theta_e_arcsec": rng.uniform(0.8, 1.5),
            "theta_g_arcsec": 0.1,
            "mass_axis_ratio": 0.8,
            "mass_pa_deg": 35.0,
            "shear_1": 0.01,
            "shear_2": -0.02,
            "galaxy_x_arcsec": 0.1 - distance * np.cos(direction),
            "galaxy_y_arcsec": 0.1 - distance * np.sin(direction),
            "source_x_arcsec": 0.1,
            "source_y_arcsec": 0.0,
            "separation_arcsec": separation,
        }
    return row
