"""Facts about images, against NumPy's own float16 arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.gate_dataset import InMemory, summed

from lensfinder.gate import image_facts as module
from lensfinder.gate.image_facts import image_facts, open_array, pseudo_spectra_error, sample_rows


def images_of(bits: list[int]) -> np.ndarray:
    return np.array(bits, dtype=np.uint16).view(np.float16).reshape(1, -1)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=8))
def test_facts_of_any_bits(bits: list[int]) -> None:
    images = images_of(bits)
    facts = image_facts(InMemory(images), 1).iloc[0]
    finite = np.isfinite(images)
    assert facts["n_not_finite"] == np.count_nonzero(~finite)
    if finite.all():
        assert facts["minimum"] == images.min()
        assert facts["maximum"] == images.max()
        assert facts["blank"] == (images == images[0, 0]).all()


def test_pieces_leave_nothing_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = rng.normal(size=(23, 4, 4, 3)).astype(np.float16)
    images[22, 3, 3, 2] = np.nan
    images[7], images[9] = 0, -0.5
    np.save(tmp_path / "cubes.npy", images)
    whole = image_facts(InMemory(images), 23)
    monkeypatch.setattr(module, "PIECE_BYTES", 5 * images[0].nbytes)
    pieces = image_facts(open_array(tmp_path / "cubes.npy"), 23)
    assert pieces.equals(whole)
    assert list(pieces.index[pieces["n_not_finite"] > 0]) == [22]
    assert list(pieces.index[pieces["blank"]]) == [7, 9]


@pytest.mark.parametrize("n_objects", [20, 26])
def test_more_or_fewer_images_than_objects(n_objects: int) -> None:
    facts = image_facts(InMemory(np.ones((23, 2, 2), np.float16)), n_objects)
    assert len(facts) == n_objects
    assert facts["present"].sum() == min(n_objects, 23)
    assert facts["maximum"].notna().sum() == min(n_objects, 23)


@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.bool_, np.complex64])
def test_other_dtypes_do_no_harm(dtype: type) -> None:
    assert len(image_facts(InMemory(np.ones((3, 2), dtype)), 3)) == 3


def test_rounded_sums_are_accepted_and_one_step_more_is_not() -> None:
    rng = np.random.default_rng(2)
    cubes = (rng.normal(size=(6, 10, 10, 5)) * 10 ** rng.uniform(-3, 3, size=(6, 1, 1, 5))).astype(np.float16)
    pseudo_spectra = summed(cubes)
    rows = np.arange(6)
    assert pseudo_spectra_error(InMemory(cubes), InMemory(pseudo_spectra), rows).max() <= 1
    changed = pseudo_spectra.copy()
    brightest = np.unravel_index(np.argmax(np.abs(changed[3])), changed[3].shape)
    changed[(3, *brightest)] += 2 * np.spacing(changed[(3, *brightest)])
    errors = pseudo_spectra_error(InMemory(cubes), InMemory(changed), rows)
    assert list(np.flatnonzero(errors > 1)) == [3]
    # The two exchanged, or a spectrum's bands reversed, are no rounding either.
    assert (pseudo_spectra_error(InMemory(cubes), InMemory(pseudo_spectra[:, ::-1]), rows) > 1).all()


def test_sample_is_drawn_once_and_for_all() -> None:
    rows = sample_rows(1000, 50, seed=3)
    assert len(set(rows)) == 50
    assert list(rows) == sorted(rows)
    assert list(rows) == list(sample_rows(1000, 50, seed=3))
    assert list(rows) != list(sample_rows(1000, 50, seed=4))
    assert list(sample_rows(7, 50, seed=3)) == list(range(7))
