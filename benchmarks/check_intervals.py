"""Do intervals of means over trainings hold what they promise, and are they no wider than they must be?

python benchmarks/check_intervals.py [--repetitions 2000] [--out results/statistics/simulated.csv]

Simulated studies, each with new objects and new trainings, are judged by lensfinder.evaluation.replicas, from
2 x 640 objects in tiles and a bootstrap of the tiles. An object is called right where its margin is positive:

  margin = level + tile + galaxy + object + model x object + replica + replica x object

All models share tiles, galaxies (four lenses and four others each; a tenth are hard, and misses crowd there)
and objects. The truth is the mean over all studies, known variances are those between them. A difference of
three of its true standard errors is planted by lowering one model's margins. With seven models each is
compared with the next, the last with the first; Holm's correction goes over these pairs and four measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, described
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from lensfinder.compiled import compiled
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.evaluation.replicas import (
    Estimate,
    difference_estimate,
    mean_estimate,
    training_scatter,
)
from lensfinder.multiplicity import holm
from lensfinder.progress import Progressing
from lensfinder.typing import BoolArray, FloatArray, IntArray

LEVEL = 0.95
MEASURES = ("recall", "fpr", "accuracy", "auc")
OBJECTS, PER_GALAXY = 640, 4
"""Of each class; objects of each class that share a galaxy."""
TILE_SD, GALAXY_SD, OBJECT_SD, MODEL_OBJECT_SD, REPLICA_OBJECT_SD = 0.3, 0.5, 1.0, 0.6, 0.6
HARD_FRACTION, HARD_BY = 0.1, 2.0
TRAINING_SD, LARGE_TRAINING_SD = 0.15, 0.5
"""Of the replica effect: with the first, objects and trainings are of like weight in a mean over replicas."""
UNEQUAL = (0.85, 0.90, 0.93, 0.95, 0.97, 0.98, 0.99)
PLANTED = 3.0
"""Difference in units of its true standard error."""
SHIFTS = np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1, 1.5, 2.0, 3.0])
"""Of one model's margins, among which the planted difference is found."""
DRAWS, BATCH = 400, 20


@dataclass(frozen=True)
class Design:
    """One kind of study: recall (and 1 - FPR) of each of its models, and how trainings scatter."""

    tiles: int
    replicas: int
    recall: tuple[float, ...]
    training_sd: float

    @property
    def models(self) -> int:
        return len(self.recall)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return [(0, 1)] if self.models == 2 else [(i, (i + 1) % self.models) for i in range(self.models)]

    @property
    def equal(self) -> bool:
        return len(set(self.recall)) == 1


def designs() -> Iterator[Design]:
    for recall in (0.90, 0.95, 0.99):
        for tiles in (20, 30):
            for models in (2, 7):
                for replicas in (2, 4):
                    yield Design(tiles, replicas, (recall,) * models, TRAINING_SD)
    for models in (2, 7):
        for replicas in (2, 4):
            yield Design(20, replicas, (0.95,) * models, LARGE_TRAINING_SD)
    for replicas in (2, 4):
        yield Design(20, replicas, UNEQUAL, TRAINING_SD)


class Universe:
    """Draws studies of a design; which objects lie in which tile stays the same."""

    def __init__(self, design: Design, seed: int) -> None:
        self.design, self.rng = design, np.random.default_rng(seed)
        galaxies, tiles = OBJECTS // PER_GALAXY, design.tiles
        drawn = self.rng.integers(0, tiles, galaxies - tiles)
        self.tile_of_galaxy = np.sort(np.concatenate([np.arange(tiles), drawn]))
        self.tile = np.repeat(self.tile_of_galaxy, PER_GALAXY)
        margins = self._margins(200, 1)
        self.level = np.array([-np.quantile(margins, 1 - recall) for recall in design.recall], np.float32)

    def _normal(self, *shape: int) -> FloatArray:
        return self.rng.standard_normal(shape, dtype=np.float32)

    def _margins(self, studies: int, models: int) -> FloatArray:
        """Margins (studies, 2, objects, models × replicas) of lenses and of others, at level 0."""
        replicas, galaxies = self.design.replicas, self.tile_of_galaxy.size
        of_galaxy = GALAXY_SD * self._normal(studies, galaxies)
        of_galaxy -= HARD_BY * (self.rng.random((studies, galaxies)) < HARD_FRACTION)
        of_galaxy += TILE_SD * self._normal(studies, self.design.tiles)[:, self.tile_of_galaxy]
        shared = np.repeat(of_galaxy, PER_GALAXY, axis=1)[:, None] + OBJECT_SD * self._normal(
            studies, 2, OBJECTS
        )
        of_model = shared[..., None] + MODEL_OBJECT_SD * self._normal(studies, 2, OBJECTS, models)
        of_replica = REPLICA_OBJECT_SD * self._normal(studies, 2, OBJECTS, models * replicas)
        of_replica += self.design.training_sd * self._normal(studies, 2, 1, models * replicas)
        return np.repeat(of_model, replicas, axis=-1) + of_replica

    def draw(self, studies: int, shifts: FloatArray) -> FloatArray:
        """Margins of all models' replicas, then of the second model's with each shift taken from them."""
        replicas = self.design.replicas
        margins = self._margins(studies, self.design.models) + np.repeat(self.level, replicas)
        second = margins[..., replicas : 2 * replicas]
        return np.concatenate([margins, *(second - np.float32(shift) for shift in shifts)], axis=-1)

    def measure(self, margins: FloatArray, weight: IntArray) -> FloatArray:
        """Measures (draws, replicas of all models, studies, 4), from weights (draws, tiles) of the tiles."""
        studies, _, _, columns = margins.shape
        weight = weight.astype(np.float64)
        starts = np.searchsorted(self.tile, np.arange(self.design.tiles))
        right = np.add.reduceat(margins > 0, starts, axis=2, dtype=np.float64)
        total = (weight @ np.bincount(self.tile))[:, None, None]
        tp, tn = (np.tensordot(weight, right[:, of], (1, 1)) for of in (0, 1))
        scores = np.moveaxis(margins, -1, 1).reshape(studies * columns, 2, OBJECTS)
        lens, other = scores[:, 0], -scores[:, 1]
        orders = np.argsort(lens, axis=-1), np.argsort(other, axis=-1)
        above = _pairs_in_order(lens, other, *orders, self.tile, self.design.tiles)
        both = (weight[:, :, None] * weight[:, None]).reshape(len(weight), -1)
        auc = (both @ above.reshape(studies * columns, -1).T).reshape(-1, studies, columns)
        found = (tp / total, 1 - tn / total, (tp + tn) / (2 * total), auc / total**2)
        return np.swapaxes(np.stack(found, axis=-1), 1, 2)


@compiled
def _pairs_in_order(
    lens: FloatArray,
    other: FloatArray,
    lenses_by_score: IntArray,
    others_by_score: IntArray,
    tile: IntArray,
    tiles: int,
) -> FloatArray:
    """How many lenses of each tile score above others of each tile: (k, tiles, tiles) of scores (k, n)."""
    above = np.zeros((lens.shape[0], tiles, tiles))
    for k in range(lens.shape[0]):
        others, seen, below = others_by_score[k], 0, np.zeros(tiles)
        for i in lenses_by_score[k]:
            while seen < others.size and other[k, others[seen]] < lens[k, i]:
                below[tile[others[seen]]] += 1
                seen += 1
            above[k, tile[i]] += below
    return above


@dataclass
class Judged:
    """Estimates of all studies (studies, 4), by model and by pair; and with each of four planted shifts."""

    means: list[Estimate]
    differences: list[Estimate]
    planted: list[list[Estimate]]


def judge(universe: Universe, shifts: FloatArray, weight: IntArray) -> Judged:
    """Draw a batch of studies and judge them."""
    design = universe.design
    margins = universe.draw(BATCH, shifts)
    values = universe.measure(margins, np.ones((1, design.tiles), np.int64))[0]
    draws = universe.measure(margins, weight)
    replicas = [
        slice(i * design.replicas, (i + 1) * design.replicas) for i in range(design.models + len(shifts))
    ]

    def estimates(models: list[int], pairs: list[tuple[int, int]]) -> tuple[list[Estimate], list[Estimate]]:
        scatter = training_scatter([values[replicas[i]] for i in models])
        means = [
            mean_estimate(values[replicas[i]], draws[:, replicas[i]], design.tiles, scatter, LEVEL)
            for i in models
        ]
        of = [[(values[replicas[models[i]]], draws[:, replicas[models[i]]]) for i in pair] for pair in pairs]
        return means, [
            difference_estimate(*first, *second, design.tiles, scatter, LEVEL) for first, second in of
        ]

    everyone = list(range(design.models))
    means, differences = estimates(everyone, design.pairs)
    planted = []
    for k in range(len(shifts)):
        lowered = [0, design.models + k, *everyone[2:]]
        planted.append(estimates(lowered, [pair for pair in design.pairs if 1 in pair])[1])
    return Judged(means, differences, planted)


def planted_shifts(design: Design, studies: int, seed: int) -> FloatArray:
    """Shift of the second model's margins for which each measure differs by three true standard errors."""
    universe = Universe(replace(design, recall=design.recall[:2]), seed)
    replicas, parts = design.replicas, []
    for _ in range(0, studies, BATCH):
        margins = universe.draw(BATCH, SHIFTS)
        values = universe.measure(margins, np.ones((1, design.tiles), np.int64))[0]
        models = values.reshape(-1, replicas, *values.shape[1:]).mean(axis=1)
        parts.append(models[0] - models[2:])
    difference = np.concatenate(parts, axis=1)
    errors = np.abs(difference.mean(axis=1)) / difference.std(axis=1)
    # Without a shift there is none, but for chance.
    errors[0] = 0.0
    return np.array([np.interp(PLANTED, errors[:, k], SHIFTS) for k in range(len(MEASURES))])


def stacked(estimates: list[list[Estimate]], name: str) -> FloatArray:
    """One number of every estimate, (studies, models or pairs, 4), from lists by batch."""
    return np.concatenate([np.stack([getattr(of, name) for of in batch], axis=1) for batch in estimates])


def rate(found: BoolArray) -> tuple[float, float, float]:
    """Mean of (studies, ...) and its Wilson interval; what a study holds is not independent."""
    per_study = found.reshape(len(found), -1).mean(axis=1)
    value, variance = float(per_study.mean()), float(per_study.var(ddof=1) / len(per_study))
    trials = value * (1 - value) / variance if variance > 0 else len(per_study)
    low, high = wilson_interval(value * trials, trials, LEVEL)
    return value, float(low), float(high)


def ratio_of_widths(half: FloatArray, sd: FloatArray) -> tuple[float, float, float]:
    """Mean half width (studies, k) over that with known standard deviations (k,), with its interval."""
    of_study = (half / (norm.ppf(0.5 + 0.5 * LEVEL) * sd)).mean(axis=1)
    value = float(of_study.mean())
    # Known only from as many studies: a relative error of 1/sqrt(2 n).
    error = value * np.sqrt((of_study.var() / value**2 + 0.5) / len(of_study))
    return value, value - 1.96 * error, value + 1.96 * error


def columns(name: str, of: tuple[float, float, float]) -> dict[str, float]:
    return {name: of[0], f"{name}_low": of[1], f"{name}_high": of[2]}


def check(design: Design, repetitions: int, seed: int) -> list[dict[str, object]]:
    """One row for each measure."""
    universe = Universe(design, seed)
    shifts = planted_shifts(design, repetitions, seed) if design.equal else np.empty(0)
    chance = np.full(design.tiles, 1 / design.tiles)
    weight = universe.rng.multinomial(design.tiles, chance, size=DRAWS)
    batches = [judge(universe, shifts, weight) for _ in range(0, repetitions, BATCH)]
    means, differences = [of.means for of in batches], [of.differences for of in batches]
    value, low, high = (stacked(means, name) for name in ("value", "low", "high"))
    d, d_low, d_high, p = (stacked(differences, name) for name in ("value", "low", "high", "p"))
    truth, d_truth = value.mean(axis=0), d.mean(axis=0)
    sd, d_sd = value.std(axis=0), d.std(axis=0)
    if design.equal:  # models are exchangeable, so that all tell of one truth
        truth, d_truth = truth.mean(axis=0, keepdims=True), np.zeros_like(d_truth)
        sd, d_sd = (np.sqrt((of**2).mean(axis=0, keepdims=True)) for of in (sd, d_sd))
    family = holm(p.reshape(len(p), -1)).reshape(p.shape) < 1 - LEVEL
    share = (stacked(differences, "training_sd") ** 2).mean(axis=0) / (stacked(differences, "se") ** 2).mean(
        axis=0
    )
    rows = []
    for k, measure in enumerate(MEASURES):
        row: dict[str, object] = {
            "tiles": design.tiles,
            "models": design.models,
            "replicas": design.replicas,
            "recall": design.recall[0] if design.equal else f"{design.recall[0]}-{design.recall[-1]}",
            "training_sd": design.training_sd,
            "measure": measure,
            "studies": len(value),
            "mean": float(truth[:, k].mean()),
            "sd": float(sd[:, k].mean()),
            "difference_sd": float(d_sd[:, k].mean()),
            "difference_training_share": float(share[:, k].mean()),
        }
        row |= columns("coverage", rate(((low <= truth) & (truth <= high))[..., k]))
        if not design.equal:
            covered = ((low <= truth) & (truth <= high))[..., k].mean(axis=0)
            row |= {"coverage_worst": float(covered.min())}
        row |= columns("width", ratio_of_widths((high - low)[..., k] / 2, sd[:, k]))
        d_covered = ((d_low <= d_truth) & (d_truth <= d_high))[..., k]
        row |= columns("difference_coverage", rate(d_covered))
        if not design.equal:
            row |= {"difference_coverage_worst": float(d_covered.mean(axis=0).min())}
        row |= columns("difference_width", ratio_of_widths((d_high - d_low)[..., k] / 2, d_sd[:, k]))
        if design.equal:
            row |= columns("false_by_interval", rate(p[..., k] < 1 - LEVEL))
            row |= columns("false_by_holm_any", rate(family.any(axis=(1, 2))))
            row |= power(batches, k, p, d, d_sd, design)
        rows.append(row)
    return rows


def power(
    batches: list[Judged], k: int, p: FloatArray, d: FloatArray, d_sd: FloatArray, design: Design
) -> dict[str, float]:
    """How often a difference of measure ``k`` is resolved that was planted in the first pair.

    Known variances: the normal test with the standard deviations between studies, and Holm's correction.
    """
    planted = [of.planted[k] for of in batches]
    changed = [i for i, pair in enumerate(design.pairs) if 1 in pair]
    value, of_planted = stacked(planted, "value"), stacked(planted, "p")
    all_p = p.copy()
    all_p[:, changed] = of_planted
    z = d / d_sd
    z[:, changed] = value / value.std(axis=0)
    known = 2 * norm.sf(np.abs(z))
    found: dict[str, float] = {"planted_in_standard_errors": float(np.abs(z[:, 0, k].mean()))}
    for name, of in (("", all_p), ("_known", known)):
        adjusted = holm(of.reshape(len(of), -1)).reshape(of.shape)
        found |= columns(f"power_by_interval{name}", rate(of[:, 0, k] < 1 - LEVEL))
        found |= columns(f"power_by_holm{name}", rate(adjusted[:, 0, k] < 1 - LEVEL))
    return found


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--repetitions", type=int, default=2000, help="simulated studies of each kind")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "statistics" / "simulated.csv")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    todo = list(designs())
    with threadpool_limits(1), Progressing("check", len(todo), "kinds of study") as progress:
        for seed, design in enumerate(todo):
            rows += check(design, arguments.repetitions, seed)
            progress.advance(1)
    table = pd.DataFrame(rows)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out, index=False, float_format="%.4g", lineterminator="\n")
    shown = ["coverage", "width", "difference_coverage", "difference_width", "power_by_interval"]
    shown += ["power_by_interval_known", "power_by_holm", "power_by_holm_known", "false_by_holm_any"]
    by = ["training_sd", "recall", "tiles", "models", "replicas"]
    print(table.groupby(by, sort=False)[shown].agg("mean").round(3).to_string())


if __name__ == "__main__":
    main()
