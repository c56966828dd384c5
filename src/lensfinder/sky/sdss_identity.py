"""Which spectra are of one object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord, search_around_sky
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lensfinder.typing import AnyArray, FloatArray, IntArray

SAME_OBJECT_ARCSEC = 1.0
"""Spectra whose fibres lie no farther apart are of one object."""


def spectrum_name(name: str) -> str:
    """Return the name of a spectrum: that of its file without folder and suffix."""
    return re.sub(r"\.fits(\.gz)?$", "", Path(name).name)


def same_object(
    spectrum_id: Sequence[str], thing_id: AnyArray, ra_deg: FloatArray, dec_deg: FloatArray
) -> IntArray:
    """Return the number of each spectrum's object, all of shape ``(n,)``.

    Two spectra are of one object if they have the same name or the same positive ``thing_id`` (SDSS's name of
    a resolved source), or lie within 1″; and so are all that are linked by such pairs. What is not known is
    not positive, or NaN.
    """
    n = len(spectrum_id)
    names, thing_ids = np.asarray(spectrum_id), np.asarray(thing_id)
    links = [_to_first(names, np.arange(n)), _to_first(thing_ids, np.flatnonzero(thing_ids > 0))]
    placed = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
    if placed.size:
        sky = SkyCoord(ra_deg[placed], dec_deg[placed], unit="deg")
        one, other, _, _ = search_around_sky(sky, sky, SAME_OBJECT_ARCSEC * units.arcsec)
        links.append((placed[one], placed[other]))
    start, end = (np.concatenate(ends) for ends in zip(*links, strict=True))
    graph = coo_array((np.ones(start.size, dtype=bool), (start, end)), shape=(n, n))
    objects: IntArray = connected_components(graph, directed=False)[1]
    return objects


def _to_first(key: AnyArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Link each of the rows to the first of them that has the same key."""
    _, first, group = np.unique(key[rows], return_index=True, return_inverse=True)
    return rows, rows[first[group]]
