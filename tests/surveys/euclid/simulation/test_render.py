from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.euclid_scenes import random_scenes, small_camera

from lensfinder.lensing.images import find_images
from lensfinder.surveys.euclid.simulation.measure import main_sources
from lensfinder.surveys.euclid.simulation.render import render_signal_plain, source_brightness
from lensfinder.surveys.euclid.simulation.render_compiled import measure_sources, render_signal, render_stamps
from lensfinder.surveys.euclid.simulation.scenes import Scenes, Sources


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "lensed"), [(3, True), (8, True), (5, False)])
def test_every_pixel_is_within_one_percent_of_the_peak_of_a_24_times_supersampled_image(
    seed: int, lensed: bool
) -> None:
    camera = small_camera()
    scenes = random_scenes(2, seed, lensed)
    vis, nisp, _ = render_signal(scenes, camera)
    for i in range(len(scenes)):
        vis_plain, nisp_plain = render_signal_plain(scenes, camera, i, oversampling=24)
        assert np.abs(vis[i] - vis_plain).max() < 0.01 * vis_plain.max()
        for band in range(3):
            assert np.abs(nisp[i, band] - nisp_plain[band]).max() < 0.01 * nisp_plain[band].max()


def only_sources(scenes: Scenes) -> Scenes:
    dark = {field.name: getattr(scenes.galaxies, field.name)[:0] for field in fields(scenes.galaxies)}
    return replace(scenes, galaxies=replace(scenes.galaxies, **dark))


@pytest.mark.slow
def test_arcs_alone_are_within_one_percent_of_their_own_peak() -> None:
    # Beside a bright galaxy an error of an arc would hide: here the arc's own peak is the measure.
    camera = small_camera()
    scenes = only_sources(random_scenes(3, 11))
    vis, _, _ = render_signal(scenes, camera)
    for i in range(len(scenes)):
        plain, _ = render_signal_plain(scenes, camera, i, oversampling=24)
        assert np.abs(vis[i] - plain).max() < 0.01 * plain.max()


def brute_force_flux(scenes: Scenes, k: int, half_width: float, step: float) -> float:
    axis = np.arange(-half_width, half_width, step) + 0.5 * step
    x, y = np.meshgrid(axis, axis)
    lens = scenes.lenses(k)
    assert lens.theta_e_arcsec > 0
    return float(source_brightness(scenes, k, *lens.source_position(x, y), 0).sum() * step**2)


def test_effective_magnification_is_that_of_ray_tracing_the_whole_plane() -> None:
    scenes = random_scenes(5, 21, theta_e_max_arcsec=2.0)
    measures = measure_sources(scenes, small_camera())
    for k in range(len(scenes)):
        assert measures.lensed_flux_ujy[k] == pytest.approx(brute_force_flux(scenes, k, 5.0, 0.01), rel=3e-3)


def test_magnification_counts_light_outside_the_stamp() -> None:
    scenes = random_scenes(6, 4, theta_e_max_arcsec=2.0)
    tiny = measure_sources(scenes, small_camera(16, 4))
    full = measure_sources(scenes, small_camera())
    np.testing.assert_allclose(tiny.lensed_flux_ujy, full.lensed_flux_ujy, rtol=5e-3)


def pointlike(sources: Sources, sigma_arcsec: float) -> Sources:
    """Only the first clump of each source is left, in its centre, and small."""
    first = np.unique(sources.clump_owner, return_index=True)[1]
    return replace(
        sources,
        disc_flux_ujy=np.full_like(sources.disc_flux_ujy, 1e-12),
        r_eff_arcsec=np.full_like(sources.r_eff_arcsec, 2 * sigma_arcsec),
        clump_owner=np.arange(len(first)),
        clump_x_arcsec=sources.x_arcsec,
        clump_y_arcsec=sources.y_arcsec,
        clump_sigma_arcsec=np.full(len(first), sigma_arcsec),
        clump_flux_ujy=np.ones((len(first), 4)),
    )


def test_a_small_source_is_magnified_like_a_point() -> None:
    scenes = random_scenes(20, 31)
    scenes = replace(scenes, sources=pointlike(scenes.sources, 0.01))
    measures = measure_sources(scenes, small_camera())
    rows = np.arange(len(scenes))
    images = find_images(scenes.lenses(rows), scenes.sources.x_arcsec, scenes.sources.y_arcsec)
    moderate = images.total_magnification < 8  # near a caustic a source is never small enough
    assert moderate.sum() > 12
    found = (measures.lensed_flux_ujy / measures.unlensed_flux_ujy)[moderate]
    np.testing.assert_allclose(found, images.total_magnification[moderate], rtol=0.03)


def test_what_nothing_deflects_keeps_its_flux() -> None:
    measures = measure_sources(random_scenes(10, 41, lensed=False), small_camera())
    np.testing.assert_allclose(measures.lensed_flux_ujy, measures.unlensed_flux_ujy, rtol=2e-3)


def take(scenes: Scenes, i: int) -> Scenes:
    """The i-th object alone."""

    def part(table: Any, rows: np.ndarray, **changed: np.ndarray) -> Any:
        values = {field.name: getattr(table, field.name)[rows] for field in fields(table)}
        return replace(table, **(values | changed))

    sources = scenes.sources
    rows, clumps = sources.owner == i, np.isin(sources.clump_owner, np.flatnonzero(sources.owner == i))
    picked = {
        field.name: getattr(sources, field.name)[clumps if field.name.startswith("clump") else rows]
        for field in fields(sources)
    }
    picked["owner"] = np.zeros(rows.sum(), dtype=int)
    picked["clump_owner"] = np.searchsorted(np.flatnonzero(rows), sources.clump_owner[clumps])
    of_galaxies = scenes.galaxies.owner == i
    return Scenes(
        part(scenes.mass, np.arange(len(scenes)) == i),
        part(scenes.galaxies, of_galaxies, owner=np.zeros(of_galaxies.sum(), dtype=int)),
        Sources(**picked),
    )


def test_an_object_is_the_same_to_the_bit_in_whatever_company() -> None:
    camera, scenes = small_camera(), random_scenes(5, 51)
    states = np.random.default_rng(0).integers(1, 2**63, (5, 4)).astype(np.uint64)
    vis, nisp = np.empty((5, 48, 48, 1), np.float16), np.empty((5, 14, 14, 3), np.float16)
    together = render_stamps(scenes, camera, states.copy(), vis, nisp)
    for i in (4, 2):
        own_vis, own_nisp = np.empty((1, 48, 48, 1), np.float16), np.empty((1, 14, 14, 3), np.float16)
        alone = render_stamps(take(scenes, i), camera, states[i : i + 1].copy(), own_vis, own_nisp)
        assert own_vis.tobytes() == vis[i : i + 1].tobytes()
        assert own_nisp.tobytes() == nisp[i : i + 1].tobytes()
        assert alone.arc_snr[0] == together.arc_snr[i]
        assert alone.n_pix_source[0] == together.n_pix_source[i]


def test_noise_is_that_of_background_and_source() -> None:
    camera, scenes = small_camera(), random_scenes(1, 61)
    n = 400
    signal_vis, signal_nisp, _ = render_signal(scenes, camera)
    vis, nisp = np.empty((n, 48, 48, 1), np.float16), np.empty((n, 14, 14, 3), np.float16)
    states = np.random.default_rng(2).integers(1, 2**63, (n, 4)).astype(np.uint64)
    for i in range(n):
        render_stamps(scenes, camera, states[i : i + 1], vis[i : i + 1], nisp[i : i + 1])
    for band, (stamps, signal) in enumerate(
        [(vis[..., 0], signal_vis[0])] + [(nisp[..., b], signal_nisp[0, b]) for b in range(3)]
    ):
        variance = camera.background_sigma_ujy[band] ** 2 + signal / camera.electrons_per_ujy[band]
        residual = (stamps.astype(float) - signal) / np.sqrt(variance)
        assert residual.mean() == pytest.approx(0.0, abs=5 / np.sqrt(residual.size))
        assert residual.std() == pytest.approx(1.0, abs=0.01)
        # Not only on the average: the brightest pixels too have the noise of their own signal.
        bright = signal > np.quantile(signal, 0.99)
        error = 1 / np.sqrt(2 * n * bright.sum())
        assert residual[:, bright].std() == pytest.approx(1.0, abs=0.01 + 4 * error)


def test_pixels_are_counted_on_the_noise_free_image_of_the_sources_alone() -> None:
    camera, scenes = small_camera(), random_scenes(4, 71)
    signal, _, measures = render_signal(only_sources(scenes), camera)
    above = signal > camera.background_sigma_ujy[0]
    np.testing.assert_array_equal(measures.n_pix_source, above.sum(axis=(1, 2)))
    np.testing.assert_allclose(measures.source_flux_ujy, (signal * above).sum(axis=(1, 2)))
    with_galaxies = render_signal(scenes, camera)[2]
    np.testing.assert_array_equal(with_galaxies.n_pix_source, measures.n_pix_source)
    assert (with_galaxies.arc_snr < measures.arc_snr).all()  # the deflector's photons add noise


def test_rounding_in_the_store_is_below_the_noise() -> None:
    # Half a step of float16 against σ, up to pixels of 3 µJy: the centre of a galaxy of VIS = 18.
    camera = small_camera()
    signal = np.geomspace(1e-4, 3.0, 2000)
    step = np.spacing(signal.astype(np.float16)).astype(float)
    sigma = np.sqrt(camera.background_sigma_ujy[0] ** 2 + signal / camera.electrons_per_ujy[0])
    assert (0.5 * step < 0.1 * sigma).all()


def test_the_main_source_is_the_brightest_after_lensing() -> None:
    scenes = random_scenes(3, 81)
    doubled = replace(scenes.sources, owner=np.array([0, 0, 2]))
    main = main_sources(replace(scenes, sources=doubled), np.array([1.0, 2.0, 0.5]))
    np.testing.assert_array_equal(main, [1, -1, 2])
