"""Study ``ablations``: the arrays that its networks read, each a part of what the cubes say."""

from __future__ import annotations

from lensfinder.params import Params
from lensfinder.studies.ablations.images import ABLATED_OF_CUBES
from lensfinder.studies.ablations.representations import ABLATED
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.represent import write_of_cubes


def represent_ablations(paths: JpasPaths, params: Params) -> None:
    """Write one array for each of :data:`.representations.ABLATED`; row i belongs to row i of the catalogue.

    Raises
    ------
    UserError
        If there are no cubes.
    """
    made = {of.files(paths.root)[0]: ABLATED_OF_CUBES[name] for name, of in ABLATED.items()}
    write_of_cubes(paths, params, made, "ablations: parts of the cubes")
