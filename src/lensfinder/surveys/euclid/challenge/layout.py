"""Format of the second lens-finding challenge: its images' shapes and units, its catalogue in our columns."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

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
# Standard deviation of a Gaussian over its median absolute deviation.
_SIGMA_PER_MAD = 1.4826
# The tenth of a stamp at each border: 2 arcsec, out of reach of most deflectors.
_BORDER = 10


@dataclass(frozen=True)
class PixelUnit:
    """What one unit of a band's pixels is in µJy, and how that is known: ``BUNIT`` or background noise."""

    bunit: str
    ujy: float
    known_from: str

    @property
    def zero_point_mag(self) -> float:
        """AB magnitude of one unit."""
        return -2.5 * math.log10(self.ujy / UJY_PER_MAGGY) + 0.0  # never -0.0


def background_noise(stamp: AnyArray) -> float:
    """Return the robust standard deviation of a square stamp's border pixels, in the stamp's own unit."""
    margin = len(stamp) // _BORDER
    border = np.ones(stamp.shape, dtype=bool)
    border[margin:-margin, margin:-margin] = False
    pixels = stamp[border].astype(np.float64)
    return float(_SIGMA_PER_MAD * np.median(np.abs(pixels - np.median(pixels))))


def pixel_unit(bunit: str, noises: Sequence[float], sigma_ujy: float) -> PixelUnit:
    """Return the unit of a band's images: exact for maggies, else the one that gives the known noise.

    The challenge does not document its unit of flux. The median of the stamps' background noise is set equal
    to the noise of the instrument that the challenge simulated.

    Parameters
    ----------
    bunit
        Unit that the images' headers name, "" for none.
    noises
        Background noise of some stamps, in the images' unit.
    sigma_ujy
        Background noise of the instrument in µJy per pixel.

    Raises
    ------
    UserError
        If the unit is unknown and the stamps have no noise.
    """
    if bunit == MAGGY:
        return PixelUnit(bunit, UJY_PER_MAGGY, "BUNIT")
    noise = float(np.median(noises))
    if not noise > 0:
        raise UserError(
            f"more than half of {len(noises)} stamps have no noise at their border, and BUNIT is {bunit!r}: "
            "the unit of their pixels cannot be found; noise-free images cannot be imported"
        )
    return PixelUnit(bunit, sigma_ujy / noise, "background noise")


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


def own_catalogue(
    given: pd.DataFrame, samples: AnyArray, flux_unit_ujy: float, selection: Selection
) -> pd.DataFrame:
    """Return a challenge's catalogue with the columns of ``CATALOGUE_COLUMNS``.

    What only a simulation knows is NaN or "". ``mag_eff`` becomes NaN where there is no source, whatever the
    challenge wrote there. θ_E is the radius of a circle as large as ``ein_area``.

    Parameters
    ----------
    given
        ``CHALLENGE_COLUMNS``, one row an object.
    samples
        "train" or "test" of each row, of shape (n,).
    flux_unit_ujy
        Unit of ``source_flux`` and ``lens_flux``.
    """
    own = given[list(CHALLENGE_COLUMNS)].copy()
    for name in FLUX_COLUMNS:
        own[name] *= flux_unit_ujy
    no_source = own["mag_eff"].isna() | ((own["n_sources"] == 0) & ~(own["n_source_im"] > 0))
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
