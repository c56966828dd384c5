"""How sure a measure is: Wilson's interval, the bootstrap over groups, McNemar's exact test.

Wilson's interval and McNemar's test take the objects to be independent. Where one galaxy, or one quasar,
serves several objects they are not: the bootstrap then draws whole sky tiles (or galaxies) with replacement,
so that what belongs together stays together. Where nothing is shared it draws objects. Its percentile
interval is the headline. Where no error occurs at all it has zero width, however small the sample: there
Wilson's interval is the one to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lensfinder.errors import UserError
from lensfinder.evaluation.measures import ratio
from lensfinder.typing import AnyArray, BoolArray, FloatArray, IntArray

TILES_MIN = 20
"""With fewer tiles than this, galaxies are drawn: a bootstrap of a handful of groups is too narrow."""

_STREAM = 0x6A756467
"""Spawn key of the bootstrap's random stream; simulation keys have another length."""

_WEIGHTS_PER_CHUNK = 1 << 19
"""Objects × samples that are in memory at once (4 MiB an array): keeps memory flat and the cache warm."""

Statistic = Callable[[FloatArray], Mapping[str, FloatArray]]
"""Weights (samples, n) of the n objects → named measures, each (samples, ...)."""


@dataclass(frozen=True)
class Groups:
    """What the bootstrap draws: ``of`` (n,) is the group of every object, 0 …, and ``unit`` what a group is.

    The unit is "tile", "galaxy" or :data:`OBJECT`.
    """

    of: IntArray
    unit: str

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.of.max()) + 1


OBJECT = "object"
"""Unit of groups that hold one object each, in order."""


def wilson_interval(
    successes: AnyArray | float, trials: AnyArray | float, level: float
) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a rate (Wilson 1927, JASA 22, 209); NaN for no trials."""
    z = stats.norm.ppf(0.5 + 0.5 * level)
    n = np.asarray(trials, dtype=np.float64)
    rate = ratio(successes, n)
    centre = ratio(rate * n + 0.5 * z**2, n + z**2)
    half = z * np.sqrt(n * rate * (1 - rate) + 0.25 * z**2) / (n + z**2)
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def clopper_pearson(
    rate: FloatArray | float, trials: FloatArray | float, level: float
) -> tuple[FloatArray, FloatArray]:
    """Interval of a rate (Clopper & Pearson 1934, Biometrika 26, 404); counts need not be whole."""
    cases, others = np.asarray(rate * trials), np.asarray((1.0 - rate) * trials)
    low = stats.beta.ppf(0.5 - 0.5 * level, cases, others + 1)
    high = stats.beta.ppf(0.5 + 0.5 * level, cases + 1, others)
    undefined = 0.0 * cases
    return np.where(cases > 0, low, undefined), np.where(others > 0, high, 1.0 + undefined)


def rate_bound(independent: FloatArray | float, level: float) -> FloatArray:
    """Upper end of :func:`clopper_pearson` for a rate of which no case was seen, 1 − (α/2)^(1/n)."""
    return clopper_pearson(0.0, independent, level)[1]


def independent_objects(weight: FloatArray, shared: Sequence[AnyArray]) -> float:
    """Effective number of independent objects, (Σ w)²/Σ w² over the sums w of what is shared (Kish 1965).

    Of several things that objects may share, the one that leaves the fewest counts; an object that shares
    nothing counts by itself. NaN for no weight at all.
    """
    fewest = _effective(weight)
    for names in shared:
        _, group = np.unique(names, return_inverse=True)
        alone = np.asarray(names) == ""
        sums = np.append(np.bincount(group[~alone], weight[~alone]), weight[alone])
        fewest = min(fewest, _effective(sums))
    return fewest


def _effective(sums: FloatArray) -> float:
    return float(ratio(sums.sum() ** 2, (sums**2).sum()))


def sky_groups(tile: AnyArray, galaxy_id: AnyArray, quasar_id: AnyArray) -> Groups:
    """Group objects that share something: by tile, or by galaxy with fewer than :data:`TILES_MIN` tiles.

    Objects without a galaxy (empty id) then go by quasar, which is what they share.

    Raises
    ------
    UserError
        If all objects fall into one group: nothing could be drawn.
    """
    tiles, group = np.unique(np.asarray(tile), return_inverse=True)
    if tiles.size >= TILES_MIN:
        return Groups(group, "tile")
    galaxy = np.asarray(galaxy_id, dtype=str)
    name = np.where(
        galaxy != "", np.char.add("g:", galaxy), np.char.add("q:", np.asarray(quasar_id, dtype=str))
    )
    names, group = np.unique(name, return_inverse=True)
    if names.size < 2:
        raise UserError(
            "the test part holds objects of one tile and one galaxy only: no interval can be given"
        )
    return Groups(group, "galaxy")


def object_groups(n_objects: int) -> Groups:
    """Make each of the objects its own group: they share nothing.

    Raises
    ------
    UserError
        If there are fewer than two.
    """
    if n_objects < 2:
        raise UserError(f"the test part holds {n_objects} object(s): no interval can be given")
    return Groups(np.arange(n_objects), OBJECT)


def bootstrap(statistic: Statistic, groups: Groups, samples: int, seed: int) -> dict[str, FloatArray]:
    """Draw groups with replacement ``samples`` times and measure each draw.

    A draw is a vector of integer weights: how often each object's group was drawn. The same ``seed`` and
    groups give the same draws, so that two models are compared draw by draw.

    Returns
    -------
    Named arrays (samples, ...), NaN where a draw leaves a measure undefined.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,)))
    draw = _draw_objects if groups.unit == OBJECT else _draw_groups
    step = max(1, _WEIGHTS_PER_CHUNK // groups.of.size)
    parts: list[Mapping[str, FloatArray]] = []
    for start in range(0, samples, step):
        weight = draw(rng, groups, min(step, samples - start))
        parts.append(statistic(weight.astype(np.float64)))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _draw_groups(rng: np.random.Generator, groups: Groups, samples: int) -> IntArray:
    n = groups.count
    return np.asarray(rng.multinomial(n, np.full(n, 1 / n), size=samples)[:, groups.of])


def _draw_objects(rng: np.random.Generator, groups: Groups, samples: int) -> IntArray:
    # The same distribution as that of the multinomial draw, which takes eight times longer for 10⁵ objects.
    n = groups.of.size
    return np.stack([np.bincount(drawn, minlength=n) for drawn in rng.integers(0, n, size=(samples, n))])


def percentile_interval(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Percentile interval over the first axis; undefined draws are left out, NaN if all are."""
    draws = np.asarray(draws, dtype=np.float64)
    flat = draws.reshape(len(draws), -1)
    low, high = np.full(flat.shape[1], np.nan), np.full(flat.shape[1], np.nan)
    for column in range(flat.shape[1]):
        defined = flat[~np.isnan(flat[:, column]), column]
        if defined.size:
            low[column], high[column] = np.quantile(defined, (0.5 - 0.5 * level, 0.5 + 0.5 * level))
    return low.reshape(draws.shape[1:]), high.reshape(draws.shape[1:])


def mcnemar_exact(first_correct: BoolArray, second_correct: BoolArray) -> tuple[int, int, float]:
    """McNemar's exact two-sided test on the same, independent objects (McNemar 1947, Psychometrika 12, 153).

    Returns
    -------
    Objects that only the first and only the second has right, and the probability of a split at least as
    uneven if both were equally good (1 where they never differ).
    """
    only_first = int(np.count_nonzero(first_correct & ~second_correct))
    only_second = int(np.count_nonzero(second_correct & ~first_correct))
    if only_first + only_second == 0:
        return 0, 0, 1.0
    return only_first, only_second, float(stats.binomtest(only_first, only_first + only_second, 0.5).pvalue)
