"""All suites of the Euclid dataset; :func:`euclid_suites` is what the stage runs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_checks import ImageArray, arrays_suite, image_expectations
from lensfinder.params import SAMPLES
from lensfinder.surveys.euclid.challenge.layout import PIXELS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.suites.catalogue import catalogue_suite
from lensfinder.surveys.euclid.suites.sets import coverage_suite, set_suites

ARRAYS = (
    ImageArray("vis", "VIS stamp", (PIXELS["VIS"], PIXELS["VIS"], 1)),
    ImageArray("nisp", "NISP stamp", (PIXELS["H"], PIXELS["H"], 3)),
)


def euclid_suites(euclid: Euclid, tables: Mapping[str, pd.DataFrame]) -> list[Suite]:
    """Return what must hold before training.

    Parameters
    ----------
    tables
        Result of :func:`.tables.euclid_tables`: what the parameters do not declare is
        taken from them, the number of imported stamps and the size of the smallest set.
    """
    catalogue = tables["catalogue"]
    smallest = tables[next(iter(euclid.selection.training_n_pix_above))]
    imported = set(catalogue.loc[catalogue["origin"] == "imported", "sample"])
    simulated = [sample for sample in SAMPLES if sample not in imported]
    return [
        catalogue_suite(euclid, simulated),
        *set_suites(euclid, len(smallest)),
        coverage_suite(euclid),
        arrays_suite(ARRAYS, len(catalogue)),
        Suite("images", ("object_id", "sets", "kind"), tuple(image_expectations(ARRAYS)), {}),
    ]
