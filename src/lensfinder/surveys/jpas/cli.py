"""Commands of the J-PAS track alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lensfinder.surveys.commands import ExportFolder, open_survey

spectra = typer.Typer(no_args_is_help=True, help="Work with quasar spectra in the SDSS layout.")


def add_commands(groups: Mapping[str, typer.Typer]) -> None:
    """Add the export of single objects, and the tools for spectra."""
    groups["export"].command("jpas")(export)
    groups["Tools"].add_typer(spectra, name="spectra", rich_help_panel="Tools")


def export(
    object_ids: Annotated[list[str], typer.Argument(help="Objects, by `object_id`.", show_default=False)],
    out: ExportFolder = Path("exports"),
) -> None:
    """Write one file an object: the cube with its bands and truth, and the pseudo-spectra."""
    from lensfinder.surveys.jpas.export_fits import export_objects

    for path in export_objects(*open_survey("jpas"), object_ids, out):
        print(path)


@spectra.command("check")
def spectra_check(
    folder: Annotated[
        Path, typer.Argument(help="Folder of spec-PLATE-MJD-FIBER.fits files.", show_default=False)
    ],
    figure: Annotated[
        Path,
        typer.Option(help="Draw the spectra and their narrow-band fluxes here: all in a PDF, six in a PNG."),
    ] = Path("spectra.pdf"),
) -> None:
    """Say for every file of a folder which object it is of and whether it would be used, and draw them."""
    from lensfinder.surveys.jpas.spectra import check_spectra

    check_spectra(*open_survey("jpas"), folder, figure)


@spectra.command("write")
def spectra_write(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="Number of quasars.")] = 200,
) -> None:
    """Write synthetic quasars as spec-*.fits files in the SDSS layout, to try things on."""
    from lensfinder.surveys.jpas.spectra import write_spectra

    write_spectra(*open_survey("jpas"), folder, count)
