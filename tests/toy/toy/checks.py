"""What the gate looks at."""

from lensfinder.datasets.table import read_table
from lensfinder.gate.image_facts import open_array
from lensfinder.gate.tables import arrays_table, beside_catalogue
from lensfinder.params import Params
from lensfinder.workspace.paths import SurveyPaths
from toy.images import BANDS, COLUMNS, PARTS, SIDE, STAMPS


def prepare(paths: SurveyPaths, params: Params):  # type: ignore[no-untyped-def]
    """Read catalogue, split and stamps."""
    catalogue = read_table(paths.catalogue, COLUMNS.catalogue)
    split = read_table(PARTS.files(paths.splits)[0], PARTS.columns)
    repeated = ("object_id", "label", "kind", "tile")
    tables = {
        "splits": beside_catalogue(split, catalogue, repeated, ()),
        "arrays": arrays_table({"stamps": open_array(paths.root / STAMPS.file)}),
    }

    def suites():  # type: ignore[no-untyped-def]
        from lensfinder.gate.expectations import Suite
        from lensfinder.gate.image_checks import ImageArray, arrays_suite
        from lensfinder.gate.split_checks import agreement_with_catalogue

        stamps = ImageArray("stamps", "stamp", (SIDE, SIDE, BANDS))
        agreement = tuple(agreement_with_catalogue(repeated))
        return [Suite("splits", ("object_id",), agreement, {}), arrays_suite([stamps], len(catalogue))]

    return tables, suites
