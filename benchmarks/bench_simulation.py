"""Speed of the J-PAS simulator beside lenstronomy: same work, one run, interleaved, user CPU time.

The work on one object: find all images of a lensed quasar, render galaxy and images in 56 bands of 50 × 50
pixels, each with its own seeing, and add noise. Ours ends in half precision as it is stored.

    python benchmarks/bench_simulation.py [--disk]

``--disk`` also times preset talk to disk on all cores (12 GB in a temporary folder), with the peak memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import lay_out_project, lenstronomy_grid, peak_memory_gib, print_ratio, user_seconds
from lenstronomy.Data.imaging_data import ImageData
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LensModel.Solver.lens_equation_solver import LensEquationSolver
from lenstronomy.LightModel.light_model import LightModel
from lenstronomy.PointSource.point_source import PointSource
from lenstronomy.Util.param_util import phi_q2_ellipticity
from threadpoolctl import threadpool_limits

from lensfinder.params import read_params
from lensfinder.simulation.psf import moffat
from lensfinder.stages.simulate import simulate
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, SceneBuilder, draw_catalogue
from lensfinder.surveys.jpas.simulation.populations import draw_populations
from lensfinder.surveys.jpas.simulation.render import Scenes
from lensfinder.surveys.jpas.simulation.simulator import simulate_rows
from lensfinder.surveys.jpas.simulation.sources import open_neighbours, open_populations

ROUNDS, OURS_PER_ROUND, THEIRS_PER_ROUND = 4, 400, 4


def lenstronomy_cube(
    row: pd.Series, scenes: Scenes, n: int, instrument: Instrument, rng: np.random.Generator
) -> np.ndarray:
    """One object by lenstronomy's own means; its NIE stands in for our lens, which it does not have."""
    camera = instrument.camera
    e1, e2 = phi_q2_ellipticity(np.radians(row["mass_pa_deg"]), row["mass_axis_ratio"])
    lens = [
        {"theta_E": row["theta_e_arcsec"], "s_scale": row["theta_g_arcsec"], "e1": e1, "e2": e2},
        {"gamma1": row["shear_1"], "gamma2": row["shear_2"]},
    ]
    solver = LensEquationSolver(LensModel(["NIE", "SHEAR"]))
    x, y = solver.image_position_from_source(
        row["source_x_arcsec"], row["source_y_arcsec"], lens, min_distance=0.1, search_window=10.0
    )
    e1, e2 = phi_q2_ellipticity(scenes.galaxy_pa_rad[n], scenes.galaxy_axis_ratio[n])
    light = {
        "R_sersic": scenes.galaxy_r_eff_arcsec[n],
        "n_sersic": scenes.galaxy_sersic_n[n],
        "e1": e1,
        "e2": e2,
        "center_x": scenes.galaxy_x_arcsec[n],
        "center_y": scenes.galaxy_y_arcsec[n],
    }
    side, scale = camera.stamp_pixels, camera.pixel_scale_arcsec
    offsets = (np.arange(33) - 16) * scale
    out = np.empty((side, side, scenes.psf_fwhm_arcsec.shape[1]))
    for band in range(out.shape[2]):
        kernel = moffat(offsets**2 + offsets[:, None] ** 2, scenes.psf_fwhm_arcsec[n, band], 3.5)
        model = ImageModel(
            ImageData(**lenstronomy_grid(side, scale)),
            PSF(psf_type="PIXEL", kernel_point_source=kernel / kernel.sum()),
            lens_light_model_class=LightModel(["SERSIC_ELLIPSE"]),
            point_source_class=PointSource(["UNLENSED"]),
        )
        points = {
            "ra_image": x + scenes.galaxy_x_arcsec[n],
            "dec_image": y + scenes.galaxy_y_arcsec[n],
            "point_amp": np.resize(scenes.image_flux_ujy[n, :, band], len(x)),
        }
        amplitude = scenes.galaxy_flux_ujy[n, band]
        signal = model.image(kwargs_lens_light=[{"amp": amplitude, **light}], kwargs_ps=[points])
        variance = camera.background_variance[band] + np.maximum(signal, 0) / camera.electrons_per_ujy[band]
        out[:, :, band] = signal + np.sqrt(variance) * rng.standard_normal(signal.shape)
    return out


def beside_lenstronomy() -> None:
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        lay_out_project(Path(folder), "laptop")
        paths, params = JpasPaths(Path(folder)), read_params(Path(folder) / "params.yaml")
        instrument = Instrument.build(params, read_filters(paths.tables))
        galaxies, quasars = draw_populations(
            params, *open_populations(paths, params), instrument.filters.names
        )
        beside = open_neighbours(paths, params)
        catalogue, neighbours = draw_catalogue(params, galaxies, quasars, beside, instrument)  # compiles
        # Without neighbours, which the others do not have.
        builder = SceneBuilder.build(params, instrument, galaxies, quasars, neighbours.head(0))
        simulate_rows(catalogue.iloc[:4], builder)  # compiles
        start = user_seconds()
        draw_catalogue(params, galaxies, quasars, beside, instrument)
        drawing = (user_seconds() - start) / len(catalogue)
        lensed = catalogue[catalogue["label"] == 1]
        rng = np.random.default_rng(0)
        ours, theirs = [], []
        for i in range(ROUNDS):
            rows = catalogue.iloc[i * OURS_PER_ROUND : (i + 1) * OURS_PER_ROUND]
            start = user_seconds()
            simulate_rows(rows, builder)
            ours.append((user_seconds() - start) / len(rows) + drawing)
            rows = lensed.iloc[i * THEIRS_PER_ROUND : (i + 1) * THEIRS_PER_ROUND]
            scenes = builder.scenes(rows)
            start = user_seconds()
            for n in range(len(rows)):
                lenstronomy_cube(rows.iloc[n], scenes, n, instrument, rng)
            theirs.append((user_seconds() - start) / len(rows))
        print(f"lensfinder   {1 / np.mean(ours):8.1f} cubes/s/core, catalogue and image finding included")
        print(f"             {1 / drawing:8.1f} catalogue rows/s/core")
        print(f"lenstronomy  {1 / np.mean(theirs):8.1f} cubes/s/core")
        print_ratio(ours, theirs)


def to_disk() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lay_out_project(Path(folder), "talk")
        paths, params = JpasPaths(Path(folder)), read_params(Path(folder) / "params.yaml")
        start = time.perf_counter()
        simulate(paths, params)
        seconds = time.perf_counter() - start
        size = paths.cubes.stat().st_size / 1e9
        print(f"preset talk: {params.jpas.counts.total} cubes, {size:.1f} GB to disk in {seconds:.0f} s")
        print(f"             peak memory {peak_memory_gib():.1f} GiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--disk", action="store_true", help="also time preset talk to disk")
    arguments = parser.parse_args()
    beside_lenstronomy()
    if arguments.disk:
        to_disk()
