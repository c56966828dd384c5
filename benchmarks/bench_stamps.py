"""Speed and accuracy of the Euclid-like simulator beside lenstronomy: same scenes, interleaved, CPU time.

The work on one stamp: deflector, neighbours and a lensed clumpy source in VIS, Y, J and H, each band with its
PSF and noise. Ours draws the catalogue and measures μ_eff, n_im and n_pix too; lenstronomy only renders, at
2 × 2 supersampling. Errors are of noise-free stamps, against 24 × 24 supersampling, in parts of the peak.

    python benchmarks/bench_stamps.py [--disk]

``--disk`` also times 100,000 stamps to disk on all cores (11 GB in a temporary folder), with the peak memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import (
    lay_out_project,
    lenstronomy_grid,
    peak_memory_gib,
    print_ratio,
    stamp_simulator,
    user_seconds,
)
from lenstronomy.Data.imaging_data import ImageData
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel
from lenstronomy.Util.param_util import phi_q2_ellipticity

from lensfinder.params import read_params
from lensfinder.simulation.psf import moffat
from lensfinder.stages.simulate import simulate
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.simulation.camera import Camera
from lensfinder.surveys.euclid.simulation.render import render_signal_plain
from lensfinder.surveys.euclid.simulation.render_compiled import render_signal
from lensfinder.surveys.euclid.simulation.scenes import Scenes
from lensfinder.surveys.euclid.simulation.simulator import Simulator

ROUNDS, THEIRS_PER_ROUND, ACCURACY_OBJECTS = 4, 6, 4
SUPERSAMPLING = 2


def lenstronomy_signal(scenes: Scenes, camera: Camera, i: int) -> list[np.ndarray]:
    """Object i in all bands by lenstronomy's own means; its NIE stands in for our lens."""
    mass, galaxies, sources = scenes.mass, scenes.galaxies, scenes.sources
    lens_light, source_light = [], []
    for g in np.flatnonzero(galaxies.owner == i):
        e1, e2 = phi_q2_ellipticity(galaxies.pa_rad[g], galaxies.axis_ratio[g])
        shape = {"R_sersic": galaxies.r_eff_arcsec[g], "n_sersic": galaxies.sersic_n[g], "e1": e1, "e2": e2}
        place = {"center_x": galaxies.x_arcsec[g], "center_y": galaxies.y_arcsec[g]}
        lens_light.append((shape | place, galaxies.flux_ujy[g]))
    x, y = mass.x_arcsec[i], mass.y_arcsec[i]
    theta_e = 0.0
    clump_light = []
    for k in np.flatnonzero(sources.owner == i)[:1]:  # lenstronomy would need a lens plane for each source
        theta_e = sources.theta_e_arcsec[k]
        e1, e2 = phi_q2_ellipticity(sources.pa_rad[k], sources.axis_ratio[k])
        shape = {"R_sersic": sources.r_eff_arcsec[k], "n_sersic": 1.0, "e1": e1, "e2": e2}
        place = {"center_x": sources.x_arcsec[k] + x, "center_y": sources.y_arcsec[k] + y}
        source_light.append((shape | place, sources.disc_flux_ujy[k]))
        for c in np.flatnonzero(sources.clump_owner == k):
            clump = {
                "sigma": sources.clump_sigma_arcsec[c],
                "center_x": sources.clump_x_arcsec[c] + x,
                "center_y": sources.clump_y_arcsec[c] + y,
            }
            clump_light.append((clump, sources.clump_flux_ujy[c]))
    e1, e2 = phi_q2_ellipticity(mass.pa_rad[i], mass.axis_ratio[i])
    lens = [
        {
            "theta_E": theta_e,
            "s_scale": mass.theta_g_arcsec[i],
            "e1": e1,
            "e2": e2,
            "center_x": x,
            "center_y": y,
        },
        {"gamma1": mass.shear_1[i], "gamma2": mass.shear_2[i], "ra_0": x, "dec_0": y},
    ]
    sersics = LightModel(["SERSIC_ELLIPSE"])
    norms = [
        float(sersics.total_flux([{"amp": 1.0, **shape}], norm=False)[0])
        for shape, _ in (*lens_light, *source_light)
    ]
    stamps = []
    for band in range(4):
        side = camera.nisp_pixels if band else camera.vis_pixels
        scale = camera.nisp_scale_arcsec if band else camera.vis_scale_arcsec
        fine = (np.arange(-30, 31)) * scale / SUPERSAMPLING
        kernel = moffat(fine**2 + fine[:, None] ** 2, camera.psf_fwhm_arcsec[band], camera.moffat_beta)
        model = ImageModel(
            ImageData(**lenstronomy_grid(side, scale)),
            PSF(
                psf_type="PIXEL",
                kernel_point_source=kernel / kernel.sum(),
                point_source_supersampling_factor=SUPERSAMPLING,
            ),
            LensModel(["NIE", "SHEAR"]),
            LightModel(["SERSIC_ELLIPSE"] * len(source_light) + ["GAUSSIAN"] * len(clump_light)),
            LightModel(["SERSIC_ELLIPSE"] * len(lens_light)),
            kwargs_numerics={"supersampling_factor": SUPERSAMPLING, "supersampling_convolution": True},
        )
        n_lens = len(lens_light)
        amplitudes = [
            flux[band] / norm for (_, flux), norm in zip((*lens_light, *source_light), norms, strict=True)
        ]
        stamps.append(
            model.image(
                lens,
                [{"amp": a, **shape} for a, (shape, _) in zip(amplitudes[n_lens:], source_light, strict=True)]
                + [{"amp": flux[band], **shape} for shape, flux in clump_light],
                [{"amp": a, **shape} for a, (shape, _) in zip(amplitudes[:n_lens], lens_light, strict=True)],
            )
        )
    return stamps


def speed(simulator: Simulator) -> None:
    simulator.simulate("train", 0, 250)  # compiles
    ours, theirs = [], []
    rng = np.random.default_rng(0)
    camera = simulator.camera
    for i in range(ROUNDS):
        start = user_seconds()
        catalogue, _, _ = simulator.simulate("train", i, 250)
        ours.append((user_seconds() - start) / len(catalogue))
        scenes = simulator.drawer.draw("train", i).scenes
        lensed = np.flatnonzero(catalogue["kind"] == "lensed_source")[:THEIRS_PER_ROUND]
        start = user_seconds()
        for n in lensed:
            for band, signal in enumerate(lenstronomy_signal(scenes, camera, int(n))):
                variance = (
                    camera.background_sigma_ujy[band] ** 2
                    + np.maximum(signal, 0) / camera.electrons_per_ujy[band]
                )
                _ = signal + np.sqrt(variance) * rng.standard_normal(signal.shape)
        theirs.append((user_seconds() - start) / len(lensed))
    print(f"lensfinder   {1 / np.mean(ours):8.1f} four-band stamps/s/core, catalogue and measures included")
    print(f"lenstronomy  {1 / np.mean(theirs):8.1f} four-band stamps/s/core at 2 × 2")
    print_ratio(ours, theirs)


def accuracy(simulator: Simulator) -> None:
    """Only unlensed light is compared with lenstronomy, which has another lens."""
    drawn = simulator.drawer.draw("train", 0)
    lensed = np.flatnonzero(drawn.catalogue["kind"] == "lensed_source")[:ACCURACY_OBJECTS]
    camera = simulator.camera
    small = Camera.build(
        100, 32, camera.vis_scale_arcsec, camera.psf_fwhm_arcsec, camera.moffat_beta,
        camera.background_sigma_ujy, camera.electrons_per_ujy,
    )  # fmt: skip
    vis, nisp, _ = render_signal(drawn.scenes, small)
    sourceless = replace(
        drawn.scenes, sources=replace(drawn.scenes.sources, owner=drawn.scenes.sources.owner + 10**9)
    )
    worst, worst_theirs = [], []
    for i in lensed:
        plain = render_signal_plain(drawn.scenes, small, int(i), 24)
        errors = [np.abs(vis[i] - plain[0]).max() / plain[0].max()]
        errors += [np.abs(nisp[i, b] - plain[1][b]).max() / plain[1][b].max() for b in range(3)]
        worst.append(errors)
        bare = render_signal_plain(sourceless, small, int(i), 24)[0]
        worst_theirs.append(
            np.abs(lenstronomy_signal(sourceless, small, int(i))[0] - bare).max() / bare.max()
        )
    vis_error, nisp_error = np.array(worst)[:, 0].max(), np.array(worst)[:, 1:].max()
    print(
        f"lensfinder   worst pixel of {len(lensed)} lensed stamps: "
        f"VIS {vis_error:.2%}, NISP {nisp_error:.2%} of peak"
    )
    print(
        f"lenstronomy  worst VIS pixel of the same galaxies without source: {max(worst_theirs):.2%} of peak"
    )


def to_disk() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out_project(folder)
        paths, params = EuclidPaths(folder), read_params(folder / "params.yaml")
        counts = params.euclid.counts.model_copy(update={"train": 99_750, "test": 250})
        params = params.model_copy(update={"euclid": params.euclid.model_copy(update={"counts": counts})})
        start = time.perf_counter()
        simulate(paths, params)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in paths.images_dir.iterdir()) / 1e9
        print(f"{counts.total:,} stamps, {size:.1f} GB, to disk in {seconds:.0f} s")
        print(f"peak memory {peak_memory_gib():.1f} GiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--disk", action="store_true", help="also time 100,000 stamps to disk")
    arguments = parser.parse_args()
    built = stamp_simulator()
    speed(built)
    accuracy(built)
    if arguments.disk:
        to_disk()
