"""Cubes: compiled against plain, plain against direct integration, noise against its model."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.signal import fftconvolve
from support.project import PARAMS

from lensfinder.lensing.light import sersic_profile
from lensfinder.params import read_params
from lensfinder.simulation.psf import moffat
from lensfinder.surveys.jpas.simulation.psf import PsfDictionary, draw_fwhms_arcsec
from lensfinder.surveys.jpas.simulation.render import (
    Camera,
    Galaxies,
    Points,
    Scenes,
    noise_sigma,
    render_signal_plain,
)
from lensfinder.surveys.jpas.simulation.render_compiled import render_cubes, render_signal

BANDS = 56
OBSERVATION = read_params(PARAMS).jpas.observation
CAMERA = Camera.build(OBSERVATION, np.linspace(23.0, 21.7, BANDS), np.linspace(23.5, 22.7, BANDS))


def random_scenes(n: int, seed: int) -> Scenes:
    rng = np.random.default_rng(seed)
    galaxy = np.sort(rng.integers(0, n, 2 * n))
    point = np.sort(rng.integers(0, n, 3 * n))
    return Scenes(
        Galaxies(
            owner=galaxy,
            flux_ujy=rng.uniform(1, 60, (2 * n, BANDS)),
            x_arcsec=rng.uniform(-6.6, 6.6, 2 * n),
            y_arcsec=rng.uniform(-6.6, 6.6, 2 * n),
            r_eff_arcsec=rng.uniform(0.1, 3.0, 2 * n),
            sersic_n=rng.uniform(0.5, 6.0, 2 * n),
            axis_ratio=rng.uniform(0.15, 1.0, 2 * n),
            pa_rad=rng.uniform(-np.pi, np.pi, 2 * n),
        ),
        Points(point, rng.uniform(1, 60, (3 * n, BANDS)), *rng.uniform(-6.6, 6.6, (2, 3 * n))),
        rng.uniform(0.7, 1.3, (n, BANDS)),
    )


def scene_of(fwhm: float, galaxies: Galaxies | None = None, points: Points | None = None) -> Scenes:
    """One scene of unit fluxes."""
    nothing = np.empty(0)
    none = np.empty(0, np.int64), np.empty((0, BANDS))
    return Scenes(
        galaxies or Galaxies(*none, *(nothing for _ in range(6))),
        points or Points(*none, nothing, nothing),
        np.full((1, BANDS), fwhm),
    )


def alone_of(scenes: Scenes, i: int) -> Scenes:
    """One scene without the others."""
    parts = []
    for of in (scenes.galaxies, scenes.points):
        columns = {field.name: getattr(of, field.name)[of.owner == i] for field in fields(of)}
        parts.append(replace(of, **{**columns, "owner": np.zeros_like(columns["owner"])}))
    return Scenes(*parts, scenes.psf_fwhm_arcsec[i : i + 1])


ONE = np.zeros(1, np.int64), np.ones((1, BANDS))


def test_compiled_equals_plain() -> None:
    scenes = random_scenes(12, seed=1)
    plain, compiled = render_signal_plain(scenes, CAMERA), render_signal(scenes, CAMERA)
    peak = plain.max(axis=(1, 2, 3))
    assert np.all(np.abs(compiled - plain).max(axis=(1, 2, 3)) < 1e-5 * peak)


def test_compiled_equals_plain_at_the_edges_of_the_stamp() -> None:
    # The recurrences start at the galaxy's own pixel or that nearest to it, and reach farthest from a corner.
    edge = np.array([[5.6, 5.6], [-5.6, -5.6], [5.6, -5.6], [0.0, 5.6], [6.6, -6.6], [-6.6, 0.0]]).T
    n = edge.shape[1]
    scenes = Scenes(
        Galaxies(
            np.arange(n),
            np.full((n, BANDS), 10.0),
            *edge,
            r_eff_arcsec=np.array([0.05, 6.0, 0.3, 2.0, 0.05, 0.3]),
            sersic_n=np.linspace(0.5, 6.0, n),
            axis_ratio=np.full(n, 0.1),
            pa_rad=np.linspace(-3.0, 3.0, n),
        ),
        random_scenes(n, seed=2).points,
        np.full((n, BANDS), 0.7),
    )
    plain, compiled = render_signal_plain(scenes, CAMERA), render_signal(scenes, CAMERA)
    assert np.abs(compiled - plain).max() < 1e-5 * plain.max()


@pytest.mark.parametrize("fwhm", [0.7, 0.83, 1.0, 1.3])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.1, -0.05), (0.11, 0.11)])
def test_point_is_a_moffat_profile_over_pixels(fwhm: float, offset: tuple[float, float]) -> None:
    sub = 21
    step = OBSERVATION.pixel_scale_arcsec / sub
    fine = (np.arange(50 * sub) - 0.5 * (50 * sub - 1)) * step
    squared = (fine - offset[0]) ** 2 + (fine[:, None] - offset[1]) ** 2
    direct = moffat(squared, fwhm, 3.5).reshape(50, sub, 50, sub).sum(axis=(1, 3)) * step**2
    scenes = scene_of(fwhm, points=Points(*ONE, *np.array(offset)[:, None]))
    rendered = render_signal_plain(scenes, CAMERA)[0, :, :, 0]
    assert np.abs(rendered - direct).max() < 1e-3 * direct.max()
    assert rendered.sum() == pytest.approx(direct.sum(), abs=2e-3)


@pytest.mark.parametrize(
    ("n", "r_eff", "q", "pa"), [(1.0, 1.2, 0.4, 0.6), (4.0, 0.9, 0.7, -1.0), (2.2, 0.4, 0.9, 2.0)]
)
def test_galaxy_is_a_sersic_profile_behind_a_moffat_profile(
    n: float, r_eff: float, q: float, pa: float
) -> None:
    """Direct convolution on a grid eleven times finer, its central cells integrated on a far finer one."""
    sub, fwhm, x0, y0 = 11, 0.9, 0.13, -0.21
    step = OBSERVATION.pixel_scale_arcsec / sub
    size = 90 * sub + 1
    axis = (np.arange(size) - size // 2) * step

    def brightness(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        along, across = np.cos(pa) * x + np.sin(pa) * y, np.cos(pa) * y - np.sin(pa) * x
        return sersic_profile(np.sqrt(q * along**2 + across**2 / q) / r_eff, n) / r_eff**2

    galaxy = brightness(axis[None, :] - x0, axis[:, None] - y0) * step**2
    fine = ((np.arange(200) + 0.5) / 200 - 0.5) * step
    near = np.argwhere(np.hypot(axis[None, :] - x0, axis[:, None] - y0) < 3 * step)
    for row, column in near:
        cell = brightness(axis[column] + fine[None, :] - x0, axis[row] + fine[:, None] - y0)
        galaxy[row, column] = cell.mean() * step**2
    kernel_axis = axis[np.abs(axis) < 8.0]
    kernel = moffat(kernel_axis**2 + kernel_axis[:, None] ** 2, fwhm, 3.5) * step**2
    seen = fftconvolve(galaxy, kernel, mode="same")
    begin = (size - 50 * sub) // 2
    # The stamp's centre is a corner of four pixels, half a fine cell off the grid's centre.
    shifted = 0.25 * (seen[:-1, :-1] + seen[1:, :-1] + seen[:-1, 1:] + seen[1:, 1:])
    stamp = shifted[begin : begin + 50 * sub, begin : begin + 50 * sub]
    direct = stamp.reshape(50, sub, 50, sub).sum(axis=(1, 3))
    shape = np.array([x0, y0, r_eff, n, q, pa])[:, None]
    scenes = scene_of(fwhm, galaxies=Galaxies(*ONE, *shape))
    rendered = render_signal_plain(scenes, CAMERA)[0, :, :, 0]
    assert np.abs(rendered - direct).max() < 3e-3 * direct.max()


def test_noise_has_the_depth_and_the_poisson_part_it_should() -> None:
    scenes = random_scenes(40, seed=5)
    signal = render_signal(scenes, CAMERA).astype(float)
    states = np.random.SeedSequence(1).generate_state(160, np.uint64).reshape(40, 4)
    cubes = np.empty(signal.shape, np.float16)
    render_cubes(scenes, CAMERA, states, cubes)
    pull = (cubes - signal) / noise_sigma(signal, CAMERA)
    n = pull.size
    assert abs(pull.mean()) * np.sqrt(n) < 5
    assert pull.std() == pytest.approx(1.0, abs=1.5e-3)  # rounding adds a little
    bright = signal > 30 * np.sqrt(CAMERA.background_variance)
    assert bright.sum() > 1000
    assert pull[bright].std() == pytest.approx(1.0, abs=5 / np.sqrt(2 * bright.sum()))


def test_depth_is_five_sigma_in_the_aperture() -> None:
    five_sigma_mag = 23.9 - 2.5 * np.log10(5 * CAMERA.aperture_sigma_ujy())
    assert five_sigma_mag == pytest.approx(np.linspace(23.0, 21.7, BANDS))


def test_result_of_an_object_does_not_depend_on_its_neighbours() -> None:
    scenes = random_scenes(9, seed=6)
    states = np.random.SeedSequence(2).generate_state(36, np.uint64).reshape(9, 4)
    together = np.empty((9, 50, 50, BANDS), np.float16)
    render_cubes(scenes, CAMERA, states.copy(), together)
    alone = np.empty((1, 50, 50, BANDS), np.float16)
    for i in range(9):
        render_cubes(alone_of(scenes, i), CAMERA, states[i : i + 1].copy(), alone)
        assert np.array_equal(alone[0].view(np.uint16), together[i].view(np.uint16))


def test_seeing_is_uniform_in_its_limits_and_alike_within_a_tray() -> None:
    rng = np.random.default_rng(0)
    trays = np.repeat(np.arange(4), 14)
    of_trays, of_bands = rng.standard_normal((4000, 4)), rng.standard_normal((4000, 56))
    fwhm = draw_fwhms_arcsec(of_trays, of_bands, trays, OBSERVATION)
    assert fwhm.min() >= 0.7
    assert fwhm.max() <= 1.3
    assert np.quantile(fwhm, [0.25, 0.5, 0.75]) == pytest.approx([0.85, 1.0, 1.15], abs=0.01)
    correlation = np.corrcoef(fwhm.T)
    assert correlation[0, 13] == pytest.approx(0.79, abs=0.03)
    assert correlation[0, 14] == pytest.approx(0.0, abs=0.06)


def test_dictionary_keeps_the_flux_and_no_gaussian_is_negative() -> None:
    dictionary = PsfDictionary.fit(OBSERVATION)
    assert np.all(dictionary.weights >= 0)
    assert dictionary.weights.sum(axis=1) == pytest.approx(1.0, abs=2e-3)
