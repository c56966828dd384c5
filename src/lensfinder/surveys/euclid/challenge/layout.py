"""Format of the second lens-finding challenge: its images' shapes, its catalogue in our columns."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, CHALLENGE_COLUMNS, TRUTH_COLUMNS, object_id
from lensfinder.surveys.euclid.params import Selection
from lensfinder.surveys.euclid.selection import assessable_labels
from lensfinder.typing import AnyArray, BoolArray, IntArray

PIXELS = {"VIS": 200, "Y": 66, "J": 66, "H": 66}
"""Side of a stamp."""

MAGGY = "maggy"
"""``BUNIT`` of the images that lensfinder exports: 1 maggy has the AB magnitude 0."""
UJY_PER_MAGGY = 3631e6

RULE_COLUMNS = ("ID", "mag_eff", "n_source_im", "n_pix_source")
"""Columns without which no object can be called a lens; all others may be missing."""
FLUX_COLUMNS = ("source_flux", "lens_flux")
"""Columns in the unit of the VIS images."""

_ARCSEC_PER_RAD = math.degrees(1) * 3600


def drawn_for_test(numbers: IntArray, fraction: float, seed: int) -> BoolArray:
    """Choose ``fraction`` of the images for the test sample, by their number and the seed alone.

    Parameters
    ----------
    numbers
        Image numbers, all different, of shape (n,); their order does not matter.

    Raises
    ------
    UserError
        If one of the two samples would be empty.
    """
    count = round(fraction * len(numbers)) if 0 < fraction < 1 else 0
    if not 0 < count < len(numbers):
        raise UserError(
            f"a test fraction of {fraction} of {len(numbers)} row(s) leaves a sample empty: choose another"
        )
    draws = [hashlib.sha256(f"{seed} {number}".encode()).digest() for number in numbers]
    chosen = sorted(range(len(numbers)), key=draws.__getitem__)[:count]
    in_test = np.zeros(len(numbers), dtype=bool)
    in_test[chosen] = True
    return in_test


def without_source(given: pd.DataFrame) -> AnyArray:
    """Whether a catalogue's rows have no source, by ``n_sources`` or, where that is unknown, by all others.

    Parameters
    ----------
    given
        ``CHALLENGE_COLUMNS``, one row an object.
    """
    nothing_seen = (given["n_source_im"] == 0) & (given["n_pix_source"] == 0) & ~(given["mag_eff"] > 0)
    none: AnyArray = ((given["n_sources"] == 0) | (given["n_sources"].isna() & nothing_seen)).to_numpy()
    return none


def truth_known(given: pd.DataFrame) -> AnyArray:
    """Whether the label of a catalogue's rows hangs on numbers that can be true.

    With a source all measures must be there, finite, and no less than 0; μ_eff is above it. Without one
    there must be neither images nor pixels of one; what stands for its μ_eff means nothing.
    """
    counts, none = given[["n_source_im", "n_pix_source"]], without_source(given)
    seen = (counts >= 0).all(axis=1) & (given["mag_eff"] > 0)
    finite = np.isfinite(given[[*counts, "mag_eff"]]).all(axis=1) & np.isfinite(given["n_sources"].fillna(1))
    known: AnyArray = np.where(
        none, (counts.fillna(0) == 0).all(axis=1), seen & finite & ~(given["n_sources"] < 0)
    )
    return known


def own_catalogue(
    given: pd.DataFrame, samples: AnyArray, flux_unit_ujy: float, selection: Selection
) -> pd.DataFrame:
    """Return a challenge's catalogue with the columns of ``CATALOGUE_COLUMNS``.

    What only a simulation knows is NaN or "". ``mag_eff`` becomes NaN where there is no source, whatever the
    challenge wrote there. θ_E is the radius of a circle as large as ``ein_area``.

    Parameters
    ----------
    given
        ``CHALLENGE_COLUMNS``, one row an object, with :func:`truth_known`.
    samples
        "train" or "test" of each row, of shape (n,).
    flux_unit_ujy
        Unit of ``source_flux`` and ``lens_flux``.
    """
    own = given[list(CHALLENGE_COLUMNS)].copy()
    for name in FLUX_COLUMNS:
        own[name] *= flux_unit_ujy
    no_source = without_source(given)
    own["mag_eff"] = own["mag_eff"].mask(no_source)
    own["kind"] = np.select(
        [no_source, own["mag_eff"] == 1], ["no_source", "source_in_front"], "lensed_source"
    )
    own["sample"] = samples
    own["object_id"] = [object_id(sample, number) for sample, number in zip(samples, own["ID"], strict=True)]
    own["origin"] = "imported"
    for name, column in TRUTH_COLUMNS.items():
        own[name] = "" if column.dtype == "str" else np.nan
    own["theta_e_arcsec"] = np.sqrt(own["ein_area"].where(own["ein_area"] >= 0) / np.pi) * _ARCSEC_PER_RAD
    own["arc_snr"] = np.nan
    own["label"] = assessable_labels(own, selection)
    return own[list(CATALOGUE_COLUMNS)]
