"""One folder of challenge images with its catalogue: what is there, what is missing, in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.challenge.catalogue import read_challenge_catalogue
from lensfinder.surveys.euclid.challenge.images import ChallengeImages, DamagedImage
from lensfinder.surveys.euclid.challenge.layout import PixelUnit, background_noise, pixel_unit
from lensfinder.surveys.euclid.columns import BANDS
from lensfinder.workspace.provenance import content_md5

# Stamps of which the background noise is measured; the median of their noises is then known to 0.1 %.
_STAMPS_FOR_NOISE = 256
_NAMED = 5


@dataclass
class Source:
    """Images, catalogue and units of one sample, or of both.

    Attributes
    ----------
    catalogue
        ``CHALLENGE_COLUMNS`` of every row.
    rows
        The rows with an image in every band, by image number; the index is that of ``catalogue``.
    without_image
        The bands in which a row has no image, by image number.
    damaged
        What is wrong with a row's images, by image number; known once they were read.
    units
        Unit of each band's pixels.
    """

    catalogue_path: Path
    images: ChallengeImages
    catalogue: pd.DataFrame
    rows: pd.DataFrame
    without_image: dict[int, str]
    units: dict[str, PixelUnit] = field(default_factory=dict)
    damaged: dict[int, str] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, catalogue_path: Path, sigma_ujy: Mapping[str, float]) -> Source:
        """List the images, read the catalogue and find the units.

        Raises
        ------
        UserError
            If the folder or the catalogue cannot be used, if more than half of the rows have no image or
            of the images looked at are damaged, or if a unit cannot be found.
        """
        images = ChallengeImages.open(folder)
        catalogue = read_challenge_catalogue(catalogue_path)
        present = images.present(catalogue["ID"].to_numpy())
        complete = np.logical_and.reduce(list(present.values()))
        without = {
            int(catalogue["ID"][row]): ", ".join(band for band in BANDS if not present[band][row])
            for row in np.flatnonzero(~complete)
        }
        rows = catalogue[complete].sort_values("ID")
        source = cls(catalogue_path, images, catalogue, rows, without)
        source.leave_out({})
        source.units = {band: source._unit(band, sigma_ujy[band]) for band in BANDS}
        return source

    def _unit(self, band: str, sigma_ujy: float) -> PixelUnit:
        numbers = self.rows["ID"].to_numpy()
        chosen = numbers[np.unique(np.linspace(0, len(numbers) - 1, _STAMPS_FOR_NOISE).astype(int))]
        place = self.images.folder / f"EUC_{band}"
        noises, bunits, damaged = [], {}, []
        for number in chosen:
            try:
                image, bunit = self.images.read(band, number)
            except DamagedImage as error:
                damaged.append(str(error))
                continue
            noises.append(background_noise(image))
            bunits[bunit] = int(number)
        if len(damaged) > len(chosen) / 2:
            raise UserError(
                f"{place}: {len(damaged)} of {len(chosen)} images looked at are damaged: {_some(damaged)}"
            )
        if len(bunits) > 1:
            named = ", ".join(f"{bunit!r} (ID {number})" for bunit, number in bunits.items())
            raise UserError(f"{place}: images in different units, BUNIT is {named}")
        try:
            return pixel_unit(next(iter(bunits)), noises, sigma_ujy)
        except UserError as error:
            raise UserError(f"{place}: {error}") from None

    def leave_out(self, damaged: Mapping[int, str]) -> None:
        """Note which rows cannot be used.

        Raises
        ------
        UserError
            If less than half of the rows are left.
        """
        self.damaged = {int(number): damaged[number] for number in sorted(damaged)}
        left_out = len(self.without_image) + len(self.damaged)
        if left_out > len(self.catalogue) / 2:
            raise UserError(
                f"{self.catalogue_path}: {left_out} of {len(self.catalogue)} rows have no usable image in "
                f"every band of {self.images.folder}; " + "; ".join(self.warnings())
            )

    def warnings(self) -> list[str]:
        """Say which rows are left out and why, the first of them by name."""
        count, said = len(self.catalogue), []
        if self.without_image:
            named = [f"{number} ({bands})" for number, bands in sorted(self.without_image.items())]
            said.append(
                f"{len(named)} of {count} rows left out without an image in some band: {_some(named)}"
            )
        if self.damaged:
            said.append(
                f"{len(self.damaged)} of {count} rows left out for a damaged image: "
                + _some(list(self.damaged.values()))
            )
        return said

    @property
    def files_without_row(self) -> int:
        """Image numbers that the catalogue does not know."""
        return len(np.setdiff1d(self.images.all_numbers, self.catalogue["ID"].to_numpy()))

    @property
    def description(self) -> str:
        """A few lines on what was found."""
        lines = [
            f"import: {self.catalogue_path}: {len(self.catalogue)} rows, {len(self.rows)} of them with all "
            f"four images in {self.images.folder}; {self.files_without_row} image number(s) without a row"
        ]
        unknown = [str(name) for name in self.catalogue if self.catalogue[name].isna().all()]
        if unknown:
            lines.append(f"import: columns missing or empty, and so NaN: {', '.join(unknown)}")
        for band, unit in self.units.items():
            lines.append(
                f"import: {band}: 1 unit of the pixels is {unit.ujy:.6g} µJy, zero point "
                f"{unit.zero_point_mag:.3f} mag (AB), from {unit.known_from}"
            )
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        """What ``import.json`` says of this source."""
        return {
            "catalogue": self.catalogue_path.name,
            "catalogue_md5": content_md5(self.catalogue_path),
            "rows": len(self.catalogue),
            "imported": len(self.rows) - len(self.damaged),
            "without_image": {str(number): bands for number, bands in sorted(self.without_image.items())},
            "damaged": {str(number): why for number, why in self.damaged.items()},
            "image_numbers_without_row": self.files_without_row,
            "pixel_units": {
                band: {
                    "bunit": unit.bunit,
                    "ujy": unit.ujy,
                    "zero_point_mag": unit.zero_point_mag,
                    "known_from": unit.known_from,
                }
                for band, unit in self.units.items()
            },
        }


def _some(named: list[str]) -> str:
    more = len(named) - _NAMED
    return "; ".join(named[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
