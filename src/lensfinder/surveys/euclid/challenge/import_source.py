"""One folder of challenge images with its catalogue: what is there, what is left out, in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.challenge.catalogue import read_challenge_catalogue
from lensfinder.surveys.euclid.challenge.images import ChallengeImages, UnusableImage
from lensfinder.surveys.euclid.challenge.layout import truth_known
from lensfinder.surveys.euclid.challenge.pixel_units import NOISE, PixelUnit, background_noise
from lensfinder.surveys.euclid.columns import BANDS
from lensfinder.workspace.provenance import content_md5

# Stamps of which unit and background noise are looked at; the median of their noises is then known to 0.1 %.
_STAMPS_FOR_UNIT = 256
_NAMED = 5
_TRUTH = ["mag_eff", "n_source_im", "n_pix_source", "n_sources"]

REASONS = {
    "contradicting_rows": "whose rows contradict each other",
    "unknown_truth": "whose truth is unknown or impossible",
    "without_image": "without an image in some band",
    "unusable_image": "with an image that cannot be used",
}
"""Why an ID is left out, in the order in which it is found out."""


@dataclass
class Source:
    """Images, catalogue and units of one sample, or of both.

    Attributes
    ----------
    n_rows, n_repeated
        Rows of the catalogue, and those of them that repeat another one to the last cell.
    catalogue
        ``CHALLENGE_COLUMNS``, one row an ID.
    left_out
        What is wrong with each ID that cannot be used, by reason and ID.
    units
        Unit of each band's pixels.
    """

    catalogue_path: Path
    images: ChallengeImages
    n_rows: int
    n_repeated: int
    catalogue: pd.DataFrame
    left_out: dict[str, dict[int, str]] = field(default_factory=dict)
    units: dict[str, PixelUnit] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, catalogue_path: Path, sigma_ujy: Mapping[str, float]) -> Source:
        """List the images, read the catalogue and find the units.

        Raises
        ------
        UserError
            If the folder or the catalogue cannot be used, if more than half of the IDs must be left out or
            of the images looked at cannot be used, or if a unit cannot be found.
        """
        images = ChallengeImages.open(folder)
        given = read_challenge_catalogue(catalogue_path)
        distinct = given.drop_duplicates()
        catalogue = distinct.drop_duplicates("ID", ignore_index=True)
        source = cls(catalogue_path, images, len(given), len(given) - len(distinct), catalogue)
        counts = distinct["ID"].value_counts()
        source.leave_out(
            "contradicting_rows", {of: f"{n} rows" for of, n in counts[counts > 1].sort_index().items()}
        )
        unknown = source.rows[~truth_known(source.rows)]
        values = unknown.set_index("ID")[_TRUTH].to_dict("index")
        source.leave_out(
            "unknown_truth",
            {of: ", ".join(f"{name} {value:g}" for name, value in row.items()) for of, row in values.items()},
        )
        absent = ~pd.DataFrame(images.present(source.rows["ID"].to_numpy()), source.rows["ID"])
        source.leave_out(
            "without_image",
            {of: ", ".join(row.index[row]) for of, row in absent[absent.any(axis=1)].iterrows()},
        )
        source.units = {band: source._unit(band, sigma_ujy[band]) for band in BANDS}
        return source

    @property
    def rows(self) -> pd.DataFrame:
        """Rows of the catalogue that are not left out, by ID; the index is that of ``catalogue``."""
        out = [number for numbers in self.left_out.values() for number in numbers]
        return self.catalogue[~self.catalogue["ID"].isin(out)].sort_values("ID")

    def _unit(self, band: str, sigma_ujy: float) -> PixelUnit:
        """Unit of a band: of the headers, else the one that gives the noise of the simulated instrument."""
        numbers = self.rows["ID"].to_numpy()
        chosen = numbers[np.unique(np.linspace(0, len(numbers) - 1, _STAMPS_FOR_UNIT).astype(int))]
        place = self.images.folder / f"EUC_{band}"
        noises: list[float] = []
        unusable: list[str] = []
        units: dict[str, tuple[PixelUnit, str]] = {}
        for number in chosen:
            try:
                image, unit = self.images.read(band, number)
            except UnusableImage as error:
                unusable.append(str(error))
                continue
            noises.append(background_noise(image))
            units.setdefault(unit.header, (unit, f"{unit.header} (ID {number})"))
        if len(unusable) > len(chosen) / 2:
            count = f"{len(unusable)} of {len(chosen)} images looked at"
            raise UserError(f"{place}: {count} cannot be used: {_some(unusable)}")
        if len(units) > 1:
            named = _some([said for _, said in units.values()])
            raise UserError(f"{place}: images in different units: {named}")
        ((unit, _),) = units.values()
        if unit.uncertain and not (noise := np.median(noises)) > 0:
            raise UserError(
                f"{place}: more than half of {len(noises)} stamps have no noise at their border, and "
                f"{unit.header}: the unit of their pixels cannot be found; give them a BUNIT or a MAGZERO"
            )
        return replace(unit, ujy=sigma_ujy / float(noise)) if unit.uncertain else unit

    def leave_out(self, reason: str, why: Mapping[Any, str]) -> None:
        """Note which IDs cannot be used.

        Raises
        ------
        UserError
            If less than half of them are left.
        """
        self.left_out[reason] = {int(number): why[number] for number in sorted(why)}
        count = sum(map(len, self.left_out.values()))
        if count > len(self.catalogue) / 2:
            raise UserError(
                f"{self.catalogue_path}: with the images of {self.images.folder}, {count} of "
                f"{len(self.catalogue)} IDs cannot be used; " + "; ".join(self.warnings())
            )

    def warnings(self) -> list[str]:
        """Say which IDs are left out and why, the first of them by name, and which units are uncertain."""
        said = [
            f"{len(why)} of {len(self.catalogue)} IDs left out {REASONS[reason]}: "
            + _some([f"{number} ({what})" for number, what in why.items()])
            for reason, why in self.left_out.items()
            if why
        ]
        if uncertain := [band for band, unit in self.units.items() if unit.uncertain]:
            said.append(
                f"the unit of {', '.join(uncertain)} is estimated from the {NOISE} and uncertain by some "
                "tenths of a magnitude; put BUNIT or MAGZERO into the headers if you know it"
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
            f"import: {self.catalogue_path}: {self.n_rows} rows, {self.n_repeated} of them repeated, "
            f"{len(self.rows)} IDs with truth and all four images in {self.images.folder}; "
            f"{self.files_without_row} image number(s) without a row"
        ]
        unknown = [str(name) for name in self.catalogue if self.catalogue[name].isna().all()]
        if unknown:
            lines.append(f"import: columns missing or empty, and so NaN: {', '.join(unknown)}")
        for band, unit in self.units.items():
            lines.append(
                f"import: {band}: 1 unit of the pixels is {unit.ujy:.6g} µJy, zero point "
                f"{unit.zero_point_mag:.3f} mag (AB), from "
                + (f"{unit.known_from}, uncertain: {unit.header}" if unit.uncertain else unit.header)
            )
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        """What ``import.json`` says of this source."""
        return {
            "catalogue": self.catalogue_path.name,
            "catalogue_md5": content_md5(self.catalogue_path),
            "rows": self.n_rows,
            "repeated_rows": self.n_repeated,
            "imported": len(self.rows),
            "left_out": self.left_out,
            "image_numbers_without_row": self.files_without_row,
            "pixel_units": {
                band: asdict(unit) | {"zero_point_mag": unit.zero_point_mag, "uncertain": unit.uncertain}
                for band, unit in self.units.items()
            },
        }


def _some(named: list[str]) -> str:
    more = len(named) - _NAMED
    return "; ".join(named[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
