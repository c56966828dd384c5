"""From scenes to stamps and what is measured on them: the fused, compiled version of :mod:`.render`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lensfinder.compiled import compiled
from lensfinder.datasets.half import float_to_half
from lensfinder.lensing.lens import LensParameters
from lensfinder.lensing.light import sersic_expansion
from lensfinder.simulation.noise import fill_normals
from lensfinder.surveys.euclid.simulation.blur import FACTOR, blur_and_bin, taps
from lensfinder.surveys.euclid.simulation.camera import Camera
from lensfinder.surveys.euclid.simulation.gaussians import add_galaxy
from lensfinder.surveys.euclid.simulation.raytrace import CLUMP_END, DISC_END, MARGIN_PX, trace_source
from lensfinder.surveys.euclid.simulation.scenes import Scenes
from lensfinder.typing import AnyArray, FloatArray, IntArray

LENSED, UNLENSED, N_PIX_SOURCE, SOURCE_FLUX, N_PIX_LENS, LENS_FLUX, ARC_VARIANCE = range(7)
"""Columns of what the kernel measures of an object."""
N_MEASURES = 7


@dataclass(frozen=True)
class Measures:
    """What is measured on noise-free images, for n objects and their k sources.

    Attributes
    ----------
    lensed_flux_ujy, unlensed_flux_ujy
        VIS flux of all sources, over the whole plane, of shape (n,).
    n_pix_source, source_flux_ujy
        VIS pixels of the sources' image above 1σ of the background, and the flux in them, of shape (n,).
    n_pix_lens, lens_flux_ujy
        The same of the deflector.
    arc_snr
        ``source_flux_ujy`` over the noise of those pixels, from background, deflector, neighbours and
        sources; NaN where there is none.
    flux_of_source_ujy
        Lensed VIS flux of each source, of shape (k,).
    """

    lensed_flux_ujy: FloatArray
    unlensed_flux_ujy: FloatArray
    n_pix_source: FloatArray
    source_flux_ujy: FloatArray
    n_pix_lens: FloatArray
    lens_flux_ujy: FloatArray
    arc_snr: FloatArray
    flux_of_source_ujy: FloatArray


@compiled
def _clear(fine: AnyArray, box: AnyArray, step: int) -> None:
    """Set to zero what a map holds inside a box of large pixels."""
    for phase in range(fine.shape[0]):
        for row in range(step * box[0], step * box[1]):
            for column in range(box[2], box[3]):
                fine[phase, row, column] = 0.0


@compiled
def _convolve(
    fine: AnyArray, box: AnyArray, tables: Any, weights: AnyArray, first: int, out: AnyArray, work: AnyArray
) -> None:
    """Add a map seen through a PSF, a sum of Gaussians."""
    for k in range(weights.size):
        if weights[k] > 0.0:
            blur_and_bin(fine, box, tables[k], weights[k], first, out, work)


@compiled
def _count(image: AnyArray, sigma: float) -> tuple[int, float]:
    """Pixels above σ, and the flux in them."""
    number, flux = 0, 0.0
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            if image[row, column] > sigma:
                number += 1
                flux += image[row, column]
    return number, flux


@compiled
def _noisy(
    signal: AnyArray, variance: float, per_signal: float, state: AnyArray, normals: AnyArray, out: AnyArray
) -> None:
    """Write signal (y, x) with noise of background and source into flat float32 ``out``."""
    n_y, n_x = signal.shape
    for row in range(n_y):
        fill_normals(state, normals[:n_x])
        for column in range(n_x):
            value = signal[row, column]
            sigma = math.sqrt(variance + max(value, 0.0) * per_signal)
            out[row * n_x + column] = np.float32(value + sigma * normals[column])


MEASURE, SIGNAL, NOISY = range(3)
"""What the kernel makes: measures of the sources alone, noise-free stamps, or noisy ones."""


@compiled
def _simulate(
    mode: int,
    lenses: AnyArray,
    positions: AnyArray,
    source_start: AnyArray,
    sources: AnyArray,
    clump_start: AnyArray,
    clumps: AnyArray,
    galaxy_start: AnyArray,
    galaxies: AnyArray,
    of_deflector: AnyArray,
    fractions: AnyArray,
    pixel: float,
    first: int,
    vis_sigmas: AnyArray,
    vis_weights: AnyArray,
    vis_tables: Any,
    nisp_sigmas: AnyArray,
    nisp_weights: AnyArray,
    nisp_tables: Any,
    sigma: AnyArray,
    electrons: AnyArray,
    states: AnyArray,
    measures: AnyArray,
    flux_of_source: AnyArray,
    vis_out: AnyArray,
    nisp_out: AnyArray,
    vis_signal: AnyArray,
    nisp_signal: AnyArray,
) -> None:
    """All objects of a chunk, one after the other, in scratch memory that stays in the cache."""
    n, m = vis_signal.shape[1], nisp_signal.shape[2]
    n_map = n + 2 * MARGIN_PX
    shift = (FACTOR - (MARGIN_PX + first) % FACTOR) % FACTOR
    n_coarse = (n_map + shift + FACTOR - 1) // FACTOR
    fine = np.zeros((FACTOR, FACTOR * n_map, n_map))
    coarse = np.zeros((3, FACTOR, FACTOR * n_coarse, n_coarse))
    blur_work = np.empty((FACTOR * n_map, n))
    work, band_fluxes = np.empty((2, FACTOR * n)), np.empty((2, 3))
    vis = np.empty((3, n, n))  # deflector, neighbours, sources
    nisp = np.empty((3, m, m))
    light = np.empty(4)
    box, coarse_box = np.empty(4, np.int64), np.empty(4, np.int64)
    normals = np.empty(n, np.float32)
    pixels, plane_pixels = np.empty(n * n, np.float32), np.empty(m * m, np.float32)
    interleaved = np.empty(3 * m * m, np.float32)
    for i in range(len(positions)):
        vis[:], nisp[:] = 0.0, 0.0
        box[0], box[1], box[2], box[3] = n_map, 0, n_map, 0
        for k in range(source_start[i], source_start[i + 1]):
            own_clumps = clumps[clump_start[k] : clump_start[k + 1]]
            theta_e, theta_g, axis_ratio, cos, sin, shear_1, shear_2 = lenses[k]
            lens = LensParameters(theta_e, theta_g, axis_ratio, cos, sin, shear_1, shear_2)
            flux_of_source[k] = trace_source(
                lens, positions[i], sources[k], own_clumps, pixel, n, fine, coarse, shift, box, light
            )
            measures[i, LENSED] += flux_of_source[k]
            measures[i, UNLENSED] += sources[k, 6] + own_clumps[:, 3].sum()
        if box[0] < box[1]:
            _convolve(fine, box, vis_tables, vis_weights[0], MARGIN_PX, vis[2], blur_work)
            _clear(fine, box, FACTOR)
            coarse_box[0], coarse_box[2] = (box[0] + shift) // FACTOR, (box[2] + shift) // FACTOR
            coarse_box[1] = (box[1] + shift + FACTOR - 1) // FACTOR
            coarse_box[3] = (box[3] + shift + FACTOR - 1) // FACTOR
            coarse_first = (MARGIN_PX + first + shift) // FACTOR
            for band in range(3):
                if mode != MEASURE:
                    _convolve(
                        coarse[band], coarse_box, nisp_tables, nisp_weights[band], coarse_first, nisp[band],
                        blur_work,
                    )  # fmt: skip
                _clear(coarse[band], coarse_box, FACTOR)
        measures[i, N_PIX_SOURCE], measures[i, SOURCE_FLUX] = _count(vis[2], sigma[0])
        if mode == MEASURE:
            continue
        for g in range(galaxy_start[i], galaxy_start[i + 1]):
            x, y, r_eff = galaxies[g, 0] / pixel, galaxies[g, 1] / pixel, galaxies[g, 2] / pixel
            plane = 0 if of_deflector[g] else 1
            add_galaxy(
                vis[plane : plane + 1], galaxies[g, 5:6], fractions[g], x + 0.5 * (n - 1), y + 0.5 * (n - 1),
                r_eff, galaxies[g, 3], galaxies[g, 4], vis_sigmas, vis_weights, band_fluxes, work,
            )  # fmt: skip
            add_galaxy(
                nisp, galaxies[g, 6:9], fractions[g], x / FACTOR + 0.5 * (m - 1), y / FACTOR + 0.5 * (m - 1),
                r_eff / FACTOR, galaxies[g, 3], galaxies[g, 4], nisp_sigmas, nisp_weights, band_fluxes, work,
            )  # fmt: skip
        measures[i, N_PIX_LENS], measures[i, LENS_FLUX] = _count(vis[0], sigma[0])
        total = vis[0]
        for row in range(n):
            for column in range(n):
                total[row, column] += vis[1, row, column] + vis[2, row, column]
                if vis[2, row, column] > sigma[0]:
                    measures[i, ARC_VARIANCE] += sigma[0] ** 2 + total[row, column] / electrons[0]
        if mode == SIGNAL:
            vis_signal[i], nisp_signal[i] = total, nisp
            continue
        _noisy(total, sigma[0] ** 2, 1.0 / electrons[0], states[i], normals, pixels)
        float_to_half(pixels, vis_out[i])
        for band in range(3):
            variance, per_signal = sigma[band + 1] ** 2, 1.0 / electrons[band + 1]
            _noisy(nisp[band], variance, per_signal, states[i], normals, plane_pixels)
            for j in range(m * m):
                interleaved[3 * j + band] = plane_pixels[j]
        float_to_half(interleaved, nisp_out[i])


def _starts(owner: IntArray, n: int) -> IntArray:
    """First member of each of n owners, and the end; ``owner`` rises."""
    return np.searchsorted(owner, np.arange(n + 1))


def _source_table(scenes: Scenes) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Lens and shape of every source, its clumps relative to its centre, and where its clumps begin."""
    sources = scenes.sources
    n = len(sources.owner)
    lenses = np.stack(scenes.lenses(np.arange(n)).parameters, axis=1)
    clump_owner = sources.clump_owner
    clump_x = sources.clump_x_arcsec - sources.x_arcsec[clump_owner]
    clump_y = sources.clump_y_arcsec - sources.y_arcsec[clump_owner]
    clumps = np.column_stack([clump_x, clump_y, sources.clump_sigma_arcsec, sources.clump_flux_ujy])
    reach = DISC_END * sources.r_eff_arcsec / np.sqrt(sources.axis_ratio)
    np.maximum.at(reach, clump_owner, np.hypot(clump_x, clump_y) + CLUMP_END * sources.clump_sigma_arcsec)
    shapes = np.column_stack(
        [
            sources.x_arcsec,
            sources.y_arcsec,
            sources.r_eff_arcsec,
            sources.axis_ratio,
            np.cos(sources.pa_rad),
            np.sin(sources.pa_rad),
            sources.disc_flux_ujy,
            reach,
        ]
    )
    return lenses, shapes, clumps, _starts(clump_owner, n)


def _run(
    mode: int,
    scenes: Scenes,
    camera: Camera,
    states: NDArray[np.uint64],
    vis: AnyArray,
    nisp: AnyArray,
    signals: tuple[FloatArray, FloatArray],
) -> Measures:
    n, galaxies = len(scenes), scenes.galaxies
    lenses, sources, clumps, clump_start = _source_table(scenes)
    pixel = camera.vis_scale_arcsec
    nisp_pixel = camera.nisp_scale_arcsec
    light = np.column_stack(
        [
            galaxies.x_arcsec,
            galaxies.y_arcsec,
            galaxies.r_eff_arcsec,
            galaxies.axis_ratio,
            galaxies.pa_rad,
            galaxies.flux_ujy,
        ]
    )
    # The maps of NISP hold flux binned to VIS pixels, which has widened it by one pixel's variance.
    unwidened = np.sqrt(camera.nisp_psf_sigmas_arcsec**2 - pixel**2 / 12)
    measures = np.zeros((n, N_MEASURES))
    flux_of_source = np.zeros(len(lenses))
    _simulate(
        mode,
        lenses,
        np.column_stack([scenes.mass.x_arcsec, scenes.mass.y_arcsec]),
        _starts(scenes.sources.owner, n),
        sources,
        clump_start,
        clumps,
        _starts(galaxies.owner, n),
        light,
        galaxies.of_deflector,
        sersic_expansion(galaxies.sersic_n),
        pixel,
        camera.nisp_first,
        camera.vis_psf_sigmas_arcsec / pixel,
        camera.vis_psf_weights[None, :],
        tuple(taps(sigma / pixel) for sigma in camera.vis_psf_sigmas_arcsec),
        camera.nisp_psf_sigmas_arcsec / nisp_pixel,
        camera.nisp_psf_weights,
        tuple(taps(sigma / nisp_pixel) for sigma in unwidened),
        camera.background_sigma_ujy,
        camera.electrons_per_ujy,
        states,
        measures,
        flux_of_source,
        vis.view(np.uint16).reshape(len(vis), camera.vis_pixels**2),
        nisp.view(np.uint16).reshape(len(nisp), 3 * camera.nisp_pixels**2),
        *signals,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        arc_snr = measures[:, SOURCE_FLUX] / np.sqrt(measures[:, ARC_VARIANCE])
    lensed, unlensed, n_pix_source, source_flux, n_pix_lens, lens_flux, _ = measures.T
    return Measures(
        lensed, unlensed, n_pix_source, source_flux, n_pix_lens, lens_flux, arc_snr, flux_of_source
    )


def _no_stamps(camera: Camera) -> tuple[AnyArray, AnyArray]:
    vis, nisp = camera.vis_pixels, camera.nisp_pixels
    return np.empty((0, vis, vis, 1), np.float16), np.empty((0, nisp, nisp, 3), np.float16)


def _no_signals(camera: Camera) -> tuple[FloatArray, FloatArray]:
    vis, nisp = camera.vis_pixels, camera.nisp_pixels
    return np.empty((0, vis, vis)), np.empty((0, 3, nisp, nisp))


def measure_sources(scenes: Scenes, camera: Camera) -> Measures:
    """Measure the sources alone; what concerns the deflector, and ``arc_snr``, is not measured."""
    states = np.empty((0, 4), np.uint64)
    return _run(MEASURE, scenes, camera, states, *_no_stamps(camera), _no_signals(camera))


def render_signal(scenes: Scenes, camera: Camera) -> tuple[FloatArray, FloatArray, Measures]:
    """Noise-free stamps in µJy per pixel: VIS (n, y, x), NISP (n, 3, y, x); and the measures."""
    n = len(scenes)
    signals = (
        np.empty((n, camera.vis_pixels, camera.vis_pixels)),
        np.empty((n, 3, camera.nisp_pixels, camera.nisp_pixels)),
    )
    measures = _run(SIGNAL, scenes, camera, np.empty((0, 4), np.uint64), *_no_stamps(camera), signals)
    return *signals, measures


def render_stamps(
    scenes: Scenes,
    camera: Camera,
    states: NDArray[np.uint64],
    vis: NDArray[np.float16],
    nisp: NDArray[np.float16],
) -> Measures:
    """Write noisy stamps in µJy per pixel: ``vis`` (n, y, x, 1) and ``nisp`` (n, y, x, 3), C-contiguous.

    Parameters
    ----------
    states
        State of each object's noise generator, of shape (n, 4); advanced.
    """
    return _run(NOISY, scenes, camera, states, vis, nisp, _no_signals(camera))
