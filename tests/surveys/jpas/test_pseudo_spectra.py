from __future__ import annotations

import numpy as np
import pytest

from lensfinder.errors import UserError
from lensfinder.surveys.jpas.pseudo_spectra import pseudo_spectra, pseudo_spectra_plain

CUBES = np.random.default_rng(3).normal(0, 1, (5, 50, 50, 56)).astype(np.float16)


def test_axes_are_band_by_x_and_band_by_y() -> None:
    cube = np.zeros((1, 50, 50, 56), np.float16)
    cube[0, 7, 20, 30] = 1.0  # y = 7, x = 20, band 30
    spectra = pseudo_spectra(cube)
    assert spectra.shape == (1, 2, 56, 50)
    assert [tuple(i) for i in np.argwhere(spectra)] == [(0, 0, 30, 20), (0, 1, 30, 7)]


def test_compiled_equals_plain_to_half_precision() -> None:
    plain = pseudo_spectra_plain(CUBES.astype(float))
    spacing = np.spacing(np.abs(plain).astype(np.float16)).astype(float)
    assert np.all(np.abs(pseudo_spectra(CUBES).astype(float) - plain) <= 0.51 * spacing + 1e-5)


def test_twenty_five_times_smaller() -> None:
    assert CUBES[0].nbytes / pseudo_spectra(CUBES)[0].nbytes == 25.0


def test_refuses_other_arrays() -> None:
    with pytest.raises(UserError, match="float32"):
        pseudo_spectra(CUBES.astype(np.float32))
