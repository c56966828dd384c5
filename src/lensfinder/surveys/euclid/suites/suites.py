"""All suites of the Euclid dataset; :func:`euclid_suites` is what the stage runs."""

from __future__ import annotations

from collections.abc import Mapping

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between
from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_checks import ImageArray, arrays_suite, image_expectations
from lensfinder.gate.shortcut_checks import shortcuts_suite
from lensfinder.params import SAMPLES
from lensfinder.surveys.euclid.challenge.layout import PIXELS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.suites.catalogue import catalogue_suite
from lensfinder.surveys.euclid.suites.sets import coverage_suite, set_suites
from lensfinder.surveys.euclid.suites.shortcuts import gated

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
        Suite("images", ("object_id", "sets", "kind"), (*image_expectations(ARRAYS), *brightness()), {}),
        shortcuts_suite(gated(catalogue)),
    ]


LIGHT_MIN, LIGHT_MAX = 0.2, 1.6
"""What the middle of a VIS stamp may have of the light of deflector and sources.

9,000 simulated stamps reach from 0.37 up (large deflectors), and to 1.02 without a neighbour.
"""


def brightness() -> list[gxe.Expectation]:
    """Return what is expected of the light of each simulated VIS stamp beside its row of the catalogue."""
    simulated = Column("origin") == "simulated"
    least = f"the middle of a VIS stamp has at least {LIGHT_MIN:g} of the light of deflector and sources"
    most = f"without a neighbour within 5″ it has at most {LIGHT_MAX:g} times that light"
    alone = simulated & (Column("n_gal_5") == 0)
    return [
        between("vis_not_too_faint", least, "vis_light_min", low=LIGHT_MIN, where=simulated),
        between("vis_not_too_bright", most, "vis_light_max", high=LIGHT_MAX, where=alone),
    ]
