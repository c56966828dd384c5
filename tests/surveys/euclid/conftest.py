"""The bands, for all tests of this folder."""

from __future__ import annotations

import pytest
from support.project import CATALOGS

from lensfinder.surveys.euclid.bands import EuclidBands, read_euclid_bands


@pytest.fixture(scope="session")
def bands() -> EuclidBands:
    return read_euclid_bands(CATALOGS)
