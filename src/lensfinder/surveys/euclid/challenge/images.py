"""Images of the second lens-finding challenge: ``EUC_<BAND>/imageEUC_<BAND>-<ID>.fits``, one a band."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from astropy.io import fits

from lensfinder.errors import UserError
from lensfinder.gate.image_facts import forbidden
from lensfinder.surveys.euclid.challenge.layout import PIXELS
from lensfinder.surveys.euclid.challenge.pixel_units import PixelUnit, header_unit
from lensfinder.surveys.euclid.columns import BANDS
from lensfinder.typing import AnyArray, BoolArray, IntArray

_BLOCK_BYTES = 2880
# What astropy raises, depending on where a file is damaged.
_UNREADABLE = (OSError, ValueError, TypeError, KeyError, IndexError, fits.VerifyError)


class UnusableImage(Exception):
    """An image that cannot be used; the message says which and why."""


def image_name(band: str, number: int) -> str:
    """Path of an image inside its folder."""
    return f"EUC_{band}/imageEUC_{band}-{number}.fits"


@dataclass(frozen=True)
class ChallengeImages:
    """A folder of images: which there are, and a digest of their names, sizes and times of change."""

    folder: Path
    numbers: dict[str, IntArray]
    digest: str

    @classmethod
    def open(cls, folder: Path) -> ChallengeImages:
        """List a folder.

        Raises
        ------
        UserError
            If it is missing, lacks a band or has a band without images.
        """
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder; name the one that holds EUC_VIS, EUC_Y, EUC_J, EUC_H")
        digest = hashlib.sha256()
        numbers = {}
        for band in BANDS:
            found = _listed(folder, band)
            digest.update(repr((band, found)).encode())
            numbers[band] = np.array([number for number, _, _ in found], dtype=np.int64)
        return cls(folder, numbers, digest.hexdigest())

    @property
    def all_numbers(self) -> IntArray:
        """Numbers of which there is an image in any band, rising."""
        return reduce(np.union1d, self.numbers.values())

    def present(self, numbers: IntArray) -> dict[str, BoolArray]:
        """Which of these numbers have an image, by band."""
        return {band: np.isin(numbers, self.numbers[band]) for band in BANDS}

    def read(self, band: str, number: int) -> tuple[AnyArray, PixelUnit]:
        """Return an image, as it is in the file and of the band's shape, and the unit that its header names.

        Raises
        ------
        UnusableImage
            If it cannot be read or has another size, if its header's unit makes no sense, or if the gate
            forbids such an image.
        """
        name, side = image_name(band, number), PIXELS[band]
        try:
            with fits.open(self.folder / name, memmap=False) as hdus:
                primary = hdus[0]
                if not isinstance(primary, fits.PrimaryHDU):
                    raise ValueError("its header makes no sense")
                shape, header = primary.shape, primary.header
                # Looked at first: a damaged header may claim terabytes.
                image = primary.data if shape == (side, side) else None
        except _UNREADABLE as error:
            reason = str(error).partition(". ")[0]
            raise UnusableImage(f"{name}: the file is damaged or cut short ({reason})") from None
        if image is None:
            size = " × ".join(map(str, reversed(shape))) + " pixels" if shape else "no image in the first HDU"
            raise UnusableImage(f"{name}: of another size, {size}, expected {side} × {side} pixels")
        try:
            unit = header_unit(header)
        except ValueError as error:
            raise UnusableImage(f"{name}: {error}") from None
        refuse(name, image)
        return image, unit


def refuse(name: str, image: AnyArray, why: str = "") -> None:
    """Raise ``UnusableImage`` for an image that the gate forbids; ``why`` says what made it so."""
    if (rule := forbidden(image)) is not None:
        raise UnusableImage(f"{name}: {why}the gate asks that {rule}")


def image_bytes(header: fits.Header, image: AnyArray) -> bytes:
    """Return a FITS file of one float32 image, given its whole header.

    astropy's own writer takes four times as long, for checks that a hundred thousand equal headers need once.
    """
    data = np.ascontiguousarray(image, dtype=">f4").tobytes()
    cards: str = header.tostring()
    return cards.encode("ascii") + data + bytes(-len(data) % _BLOCK_BYTES)


def _listed(folder: Path, band: str) -> list[tuple[int, int, int]]:
    """Number, bytes and time of change of every image of a band, by number."""
    place = folder / Path(image_name(band, 0)).parent
    if not place.is_dir():
        raise UserError(
            f"{place}: no such folder; a challenge's folder holds EUC_VIS, EUC_Y, EUC_J and EUC_H"
        )
    pattern = re.compile(rf"imageEUC_{band}-(0|[1-9][0-9]*)\.fits")
    with os.scandir(place) as entries:
        named = [(entry, pattern.fullmatch(entry.name)) for entry in entries]
        found = [(int(match[1]), entry.stat()) for entry, match in named if match]
    if not found:
        raise UserError(f"{place}: no file named {Path(image_name(band, 0)).name.replace('-0.', '-<ID>.')}")
    return sorted((number, status.st_size, status.st_mtime_ns) for number, status in found)
