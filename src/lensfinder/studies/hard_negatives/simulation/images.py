"""Cubes of impostors and the neighbours beside them, with the same noise as every other cube's."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from lensfinder.studies.hard_negatives.simulation.catalogue import SAMPLE, STREAMS, HardNegativeSet
from lensfinder.surveys.jpas.simulation.render import Camera, Galaxies, Points, Scenes
from lensfinder.surveys.jpas.simulation.render_compiled import render_cubes
from lensfinder.typing import AnyArray, FloatArray, IntArray

_Kind = TypeVar("_Kind", Galaxies, Points)


def simulate_hard_negatives(drawn: HardNegativeSet, rows: IntArray, camera: Camera, seed: int) -> AnyArray:
    """Cubes of these rows of the set, float16 of shape (n, y, x, bands), in µJy per pixel."""
    states = STREAMS.object_states(seed, np.full(len(rows), SAMPLE), rows)
    side, bands = camera.stamp_pixels, drawn.psf_fwhm_arcsec.shape[1]
    out = np.empty((len(rows), side, side, bands), dtype=np.float16)
    # The matrix products are small: threads inside them would only quarrel.
    with threadpool_limits(1):
        render_cubes(scenes_of(drawn, rows), camera, states, out)
    return out


def scenes_of(drawn: HardNegativeSet, rows: IntArray) -> Scenes:
    """Scenes of these rows of the set."""
    n_bands = drawn.psf_fwhm_arcsec.shape[1]
    impostors, centre = [drawn.impostors[row] for row in rows], drawn.centre_arcsec[rows]
    galaxies, stars = drawn.neighbours.of(drawn.catalogue["object_id"].iloc[rows])
    return Scenes(
        Galaxies.together(placed(Galaxies, [of.extended for of in impostors], centre, n_bands), galaxies),
        Points.together(placed(Points, [of.points for of in impostors], centre, n_bands), stars),
        drawn.psf_fwhm_arcsec[rows],
    )


def placed(kind: type[_Kind], parts: list[tuple[Any, ...]], centre_arcsec: FloatArray, n_bands: int) -> _Kind:
    """Gather the parts of all impostors, and move them to where each one's origin lies in its stamp."""
    owner = np.repeat(np.arange(len(parts)), [len(of) for of in parts])
    columns = {
        field.name: np.array([getattr(part, field.name) for of in parts for part in of], dtype=np.float64)
        for field in fields(kind)
        if field.name != "owner"
    }
    columns["flux_ujy"] = columns["flux_ujy"].reshape(len(owner), n_bands)
    for axis, name in enumerate(("x_arcsec", "y_arcsec")):
        columns[name] = columns[name] + centre_arcsec[owner, axis]
    return kind(owner=owner, **columns)
