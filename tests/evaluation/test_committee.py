"""A committee's probability is that of the mean logit, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lensfinder.evaluation.replicated import committee

ALMOST = float(np.nextafter(np.float32(1), np.float32(0)))


def test_the_mean_is_that_of_logits_and_not_of_probabilities() -> None:
    # Logits of 0.5 and 0.9 are 0 and ln 9: half of it is ln 3, which is odds of 3.
    scores = [np.array([0.5, 0.2, 0.7], dtype=np.float32), np.array([0.9, 0.8, 0.7], dtype=np.float32)]
    together = committee(scores)
    assert together.dtype == np.float32
    assert together == pytest.approx([0.75, 0.5, 0.7], abs=1e-7)
    assert committee(scores[::-1]).tolist() == together.tolist()


@pytest.mark.filterwarnings("error")
def test_one_that_is_certain_neither_breaks_nor_silences_the_others() -> None:
    zero, one = np.float32(0), np.float32(1)
    first = np.array([zero, one, zero, one, zero])
    second = np.array([zero, one, one, 0.5, 0.25], dtype=np.float32)
    together = committee([first, second]).astype(np.float64)
    assert 0 < together[0] < 1e-7
    assert together[1] == pytest.approx(ALMOST, abs=1e-9)
    assert together[2] == pytest.approx(0.5, abs=1e-9)
    # Odds of 2²⁴ − 1 to one, square root.
    assert together[3] == pytest.approx(4096 / 4097, abs=1e-6)
    assert 0 < together[4] < 0.25
    assert together[4] > together[0]
