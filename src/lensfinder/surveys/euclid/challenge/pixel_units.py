"""What one unit of a stamp's pixels is: what its header says, or else what the background noise says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.stats import mad_std

from lensfinder.surveys.euclid.challenge.layout import UJY_PER_MAGGY
from lensfinder.typing import AnyArray

Cards = Mapping[str, object]

NOISE = "background noise"

# The tenth of a stamp at each border: 2 arcsec, out of reach of most deflectors.
_BORDER = 10
# No image counts in units brighter or fainter: -99, 0, 99 and 999 stand for an unknown zero point.
_SENSIBLE_MAG = (0, 50)
# What zero points rounded to two digits may differ by.
_SAME_MAG = 0.01
_MAGGIES = u.zero_point_flux(UJY_PER_MAGGY * u.uJy)


@dataclass(frozen=True)
class PixelUnit:
    """What one unit of a band's pixels is in µJy, and how that is known.

    Attributes
    ----------
    header
        What the headers say, such as "MAGZERO = 24.6": of two images it is the same or their units differ.
    ujy
        NaN as long as it is not known.
    known_from
        Card of the header, or ``NOISE``, which is uncertain.
    """

    header: str
    ujy: float
    known_from: str

    @property
    def zero_point_mag(self) -> float:
        """AB magnitude of one unit."""
        return _magnitude(self.ujy)

    @property
    def uncertain(self) -> bool:
        """Whether the noise had to tell: whatever makes the noise differ from the model's is in it."""
        return self.known_from == NOISE


def header_unit(header: fits.Header) -> PixelUnit:
    """Return the unit that a header names; it is known from the noise where the header names none.

    A ``BUNIT`` of any scaling of maggies or janskys comes first. Zero points are AB magnitudes of one unit of
    the pixels: ``MAGZERO`` (Euclid MER), ``MAGZP``, ``PHOTZP`` and ``ZP``. ``FLUXMAG0`` is the flux of
    magnitude 0 (HSC), ``PHOTFLAM`` the f_λ of one count per second at the pivot ``PHOTPLAM`` (HST),
    ``FPA.ZP`` the zero point of one count per second in images of counts (Pan-STARRS1).

    Raises
    ------
    ValueError
        If a card has no sensible value, or two cards disagree.
    """
    cards = {card: _value(header, card) for card in _CARDS if card in header}
    bunit = str(cards.get("BUNIT", "")).strip()
    ujy = _bunit_ujy(bunit)
    magnitudes = {} if ujy is None else {"BUNIT": _magnitude(ujy)}
    magnitudes |= {card: of(cards, card) for card, of in _ZERO_POINTS.items() if card in cards}
    if not magnitudes:
        return PixelUnit(f"BUNIT = {bunit!r}", math.nan, NOISE)
    said = {card: f"{card} = {cards[card]!r}" for card in magnitudes}
    first = next(iter(magnitudes))
    for card, magnitude in magnitudes.items():
        # An image in maggies has the zero point 0, and may say so.
        if not (_SENSIBLE_MAG[0] < magnitude < _SENSIBLE_MAG[1] or magnitude == magnitudes.get("BUNIT") == 0):
            raise ValueError(f"{said[card]} gives no flux: correct the card, or remove it from all images")
        if abs(magnitude - magnitudes[first]) > _SAME_MAG:
            raise ValueError(f"{said[first]} and {said[card]} are different units")
    return PixelUnit(said[first], ujy or UJY_PER_MAGGY * 10 ** (-0.4 * magnitudes[first]), first)


def background_noise(stamp: AnyArray) -> float:
    """Return the robust standard deviation of a square stamp's border pixels, in the stamp's own unit."""
    margin = len(stamp) // _BORDER
    border = np.ones(stamp.shape, dtype=bool)
    border[margin:-margin, margin:-margin] = False
    return float(mad_std(stamp[border].astype(np.float64)))


def _magnitude(ujy: float) -> float:
    # Never -0.0.
    return -2.5 * math.log10(ujy / UJY_PER_MAGGY) + 0.0 if ujy > 0 else math.nan


@cache
def _bunit_ujy(bunit: str) -> float | None:
    """µJy of a ``BUNIT``, None for what is no flux density (counts, a surface brightness, a misspelling)."""
    try:
        unit = u.Unit(bunit)
        # Magnitudes convert as well, but do not add up.
        linear = isinstance(unit, u.UnitBase)
        return float(unit.to(u.uJy, equivalencies=_MAGGIES)) if linear else None
    except (ValueError, TypeError, u.UnitConversionError):
        return None


def _value(header: fits.Header, card: str) -> object:
    try:
        return header[card]
    except fits.VerifyError:  # a NaN without quotes, for one
        return str(header.cards[card].image).partition("=")[2].partition("/")[0].strip(" '")


def _number(cards: Cards, card: str) -> float:
    """Value of a card as a number, NaN for 0, a text, or none."""
    try:
        return float(str(cards[card])) or math.nan
    except (KeyError, ValueError):
        return math.nan


def _logarithm(value: float) -> float:
    return math.log10(value) if 0 < value < math.inf else math.nan


def _f_lambda_of_a_rate(cards: Cards, card: str) -> float:
    if not str(cards.get("BUNIT", "")).strip().upper().endswith("/S"):
        return math.nan
    f_lambda = _number(cards, card) * u.Unit("erg / (s cm2 AA)")
    pivot = _number(cards, "PHOTPLAM") * u.AA
    return _magnitude(float(f_lambda.to_value(u.uJy, u.spectral_density(pivot))))


_ZERO_POINTS: dict[str, Callable[[Cards, str], float]] = {
    **dict.fromkeys(
        ("MAGZERO", "MAGZP", "PHOTZP", "ZP"),
        # 0 is the zero point of maggies.
        lambda cards, card: 0.0 if cards[card] == 0 else _number(cards, card),
    ),
    "FLUXMAG0": lambda cards, card: 2.5 * _logarithm(_number(cards, card)),
    "PHOTFLAM": _f_lambda_of_a_rate,
    "FPA.ZP": lambda cards, card: _number(cards, card) + 2.5 * _logarithm(_number(cards, "EXPTIME")),
}
"""AB magnitude of one unit of the pixels, NaN where it cannot be told, by the card that gives it."""

_CARDS = ("BUNIT", "PHOTPLAM", "EXPTIME", *_ZERO_POINTS)
