"""Bands, tables and quasars that several files of this folder read."""

from __future__ import annotations

import numpy as np
import pytest
from support.project import CATALOGS

from lensfinder.params import Params
from lensfinder.sky.galaxy_photometry import SpectralPhotometry
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.surveys.euclid.bands import read_euclid_bands
from lensfinder.surveys.jpas.bands import read_filters


@pytest.fixture(scope="session")
def filters() -> FilterSet:
    """The bands of J-PAS."""
    return read_filters(CATALOGS)


@pytest.fixture(scope="session")
def templates() -> GalaxyTemplates:
    return read_galaxy_templates()


@pytest.fixture(scope="session")
def lines() -> CompositeLines:
    return read_composite_lines(CATALOGS)


@pytest.fixture(scope="session")
def trends() -> LineTrends:
    return read_line_trends(CATALOGS)


@pytest.fixture(scope="session")
def quasars(
    params: Params, filters: FilterSet, lines: CompositeLines, trends: LineTrends
) -> QuasarPopulation:
    return QuasarPopulation(params.jpas.quasars, params.cosmology, filters, lines, trends)


@pytest.fixture(scope="session")
def euclid_photometry(templates: GalaxyTemplates) -> SpectralPhotometry:
    """Fluxes of galaxies in the bands of Euclid, on a coarse grid."""
    filters = read_euclid_bands(CATALOGS).filters
    return SpectralPhotometry(np.arange(4500.0, 21600.1, 10.0), filters, templates)
