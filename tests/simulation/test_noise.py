from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lensfinder.simulation.noise import fill_normals
from lensfinder.simulation.seeds import Purpose, Streams

N = 4_000_000


@pytest.fixture(scope="module")
def normals() -> np.ndarray:
    out = np.empty(N, np.float32)
    fill_normals(np.random.SeedSequence(7).generate_state(4, np.uint64), out)
    return out.astype(float)


def test_moments_are_those_of_the_normal_distribution(normals: np.ndarray) -> None:
    # Each in units of its own standard error.
    assert abs(normals.mean()) * np.sqrt(N) < 4
    assert abs(normals.var() - 1) * np.sqrt(N / 2) < 4
    assert abs(stats.skew(normals)) * np.sqrt(N / 6) < 4
    assert abs(stats.kurtosis(normals)) * np.sqrt(N / 24) < 4


def test_distribution_by_kolmogorov_smirnov(normals: np.ndarray) -> None:
    assert stats.kstest(normals[:1_000_000], "norm").pvalue > 1e-3


@pytest.mark.parametrize("limit", [2.0, 3.0, 3.6, 3.7, 4.0, 4.5])
def test_both_tails(normals: np.ndarray, limit: float) -> None:
    # 3.654 is where the ziggurat's tail begins: both sides of it must fit.
    expected = N * stats.norm.sf(limit)
    for count in ((normals > limit).sum(), (normals < -limit).sum()):
        assert abs(count - expected) < 5 * np.sqrt(expected)


def test_neighbours_are_independent(normals: np.ndarray) -> None:
    for lag in (1, 2, 3, 56):
        assert abs(np.mean(normals[:-lag] * normals[lag:])) * np.sqrt(N) < 4


def test_one_call_equals_two(normals: np.ndarray) -> None:
    state = np.random.SeedSequence(7).generate_state(4, np.uint64)
    first, second = np.empty(1000, np.float32), np.empty(1000, np.float32)
    fill_normals(state, first)
    fill_normals(state, second)
    assert np.array_equal(np.concatenate([first, second]).astype(float), normals[:2000])


def test_streams_of_objects_samples_and_purposes_differ() -> None:
    keys = [
        Streams(1).object_sequence(1, sample, index, purpose).generate_state(2, np.uint64).tobytes()
        for sample in ("train", "test")
        for index in range(50)
        for purpose in Purpose
    ]
    assert len(set(keys)) == len(keys)


def test_more_numbers_continue_the_same_stream() -> None:
    index = np.array([3, 11, 5])
    few = Streams(1).object_uniforms(1, "train", index, Purpose.CATALOGUE, 5)
    many = Streams(1).object_uniforms(1, "train", index[::-1], Purpose.CATALOGUE, 50)
    assert np.array_equal(few, many[::-1, :5])
