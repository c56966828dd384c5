"""Commands of the Euclid track alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lensfinder.errors import UserError
from lensfinder.surveys.commands import ExportFolder, open_survey


def add_commands(groups: Mapping[str, typer.Typer]) -> None:
    """Add export and import of challenge files."""
    groups["export"].command("euclid")(export)
    groups["import"].command("euclid-challenge")(import_euclid_challenge)


def export(
    object_ids: Annotated[
        list[str] | None, typer.Argument(help="Objects, by `object_id`.", show_default=False)
    ] = None,
    sample: Annotated[str | None, typer.Option(help="All of `train` or `test` instead.")] = None,
    out: ExportFolder = Path("exports"),
) -> None:
    """Write objects in the layout of the second lens-finding challenge, with a catalogue."""
    from lensfinder.surveys.euclid.challenge.export_stamps import export_challenge

    paths, _ = open_survey("euclid")
    print(export_challenge(paths, object_ids or [], sample, out))


def import_euclid_challenge(
    folder: Annotated[
        Path, typer.Argument(help="Folder of EUC_VIS, EUC_Y, EUC_J and EUC_H.", show_default=False)
    ],
    catalogue: Annotated[Path, typer.Argument(help="Its catalogue, a .csv file.", show_default=False)],
    test_folder: Annotated[Path | None, typer.Option(help="Images of the test sample.")] = None,
    test_catalogue: Annotated[Path | None, typer.Option(help="Catalogue of the test sample.")] = None,
    test_fraction: Annotated[
        float, typer.Option(help="Without a test folder: part of the rows that becomes the test sample.")
    ] = 0.5,
) -> None:
    """Make the Euclid dataset from files of the second lens-finding challenge; a killed import resumes.

    A folder holds EUC_VIS/imageEUC_VIS-200001.fits and so on; VIS stamps are 200 × 200 pixels, the others
    66 × 66. The catalogue needs the columns ID, mag_eff, n_source_im and n_pix_source.

    The unit of the pixels is taken from BUNIT (maggies or janskys) or a zero point such as MAGZERO. Without
    them it is estimated from the background noise and may be off by some tenths of a magnitude: better add
    MAGZERO to the headers.

    What cannot be used is left out, counted and named, and listed in datasets/euclid/images/import.json:
    contradicting rows, unknown truth, missing or empty images. More than half of it stops the import.
    """
    from lensfinder.surveys.euclid.challenge.import_stamps import import_challenge

    if (test_folder is None) != (test_catalogue is None):
        raise UserError("--test-folder and --test-catalogue belong together: give both or none")
    test = None if test_folder is None or test_catalogue is None else (test_folder, test_catalogue)
    import_challenge(*open_survey("euclid"), folder, catalogue, test, test_fraction)
