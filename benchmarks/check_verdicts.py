"""Do verdicts survive training again? Many replicas of each model, cut into runs that share no training.

python benchmarks/check_verdicts.py jpas FOLDER [--replicas 4] [--root CHECKOUT] [--out verdicts.csv]

FOLDER holds a folder a model with one score table (.parquet, as training writes it) for every replica, all of
the same test objects. Each run takes its own --replicas of each model and judges all pairs of models by the
headline measures, with Holm's correction over all of these, as a report does. What it calls resolved is set
against every other run, which contradicts it by resolving the opposite sign, or by an interval that excludes
the run's value. Bounds are Clopper & Pearson's; as runs share objects, and are each compared with all others,
they take as independent what is not quite.

Exact 95 % intervals would be seen to exclude more than one value in twenty. They are for the truth; two runs
scatter about it both, by their trainings. Where these are a share s of the variance, a run's interval misses
another's value in 2 Phi(-1.96 / sqrt(2 s)) of cases: 5 % for s = 0.5, 12 % for 0.8, 17 % for 1; and resolved
values, picked for their size, more often. So a third count asks whether two runs are "apart": whether their
values differ by more than trainings scatter, by a t-test at 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from common import described
from scipy.stats import t
from threadpoolctl import threadpool_limits

from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.evaluation.evaluated import Part, measure, part_of
from lensfinder.evaluation.intervals import Groups, bootstrap, clopper_pearson
from lensfinder.evaluation.measure_table import headlines
from lensfinder.evaluation.replicas import difference_estimate, training_scatter
from lensfinder.multiplicity import holm
from lensfinder.params import Judging, read_params
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import FloatArray
from lensfinder.workspace.paths import SurveyPaths

LEVEL = 0.95
KINDS = ("opposite", "excluded", "contradicted", "apart")


@dataclass(frozen=True)
class Measured:
    """Headline measures of a model's replicas (N, measures), and on every draw (draws, N, measures)."""

    value: FloatArray
    draws: FloatArray


def verdicts(models: Mapping[str, Measured], clusters: int, replicas: int) -> pd.DataFrame:
    """Differences that each run finds, one row for each run, pair and measure."""
    runs = min(len(of.value) for of in models.values()) // replicas
    if runs < 2:
        raise UserError(f"--replicas {replicas}: two runs need {2 * replicas} replicas of every model")
    tables = []
    for run in range(runs):
        own = slice(run * replicas, (run + 1) * replicas)
        scatter = training_scatter([of.value[own] for of in models.values()])
        of_run = []
        for first, second in combinations(models, 2):
            one, other = models[first], models[second]
            found = difference_estimate(
                one.value[own],
                one.draws[:, own],
                other.value[own],
                other.draws[:, own],
                clusters,
                scatter,
                LEVEL,
            )
            names = ("value", "low", "high", "p", "training_sd")
            numbers = {name: getattr(found, name) for name in names}
            numbers["training_freedom"] = scatter.freedom
            of_run.append(pd.DataFrame({"first": first, "second": second, "measure": headlines(), **numbers}))
        table = pd.concat(of_run, ignore_index=True)
        table.insert(0, "run", run + 1)
        table["p_holm"] = holm(table["p"].to_numpy())
        table["resolved"] = table["p_holm"] < 1 - LEVEL
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def contradictions(found: pd.DataFrame) -> pd.DataFrame:
    """Every resolved difference beside every other run: ``opposite`` sign resolved, ``excluded`` value.

    ``contradicted`` is either; ``apart`` if the two runs' values differ by more than trainings scatter.
    """
    keys = ["first", "second", "measure"]
    beside = found[found["resolved"]].merge(found, on=keys, suffixes=("", "_other"))
    beside = beside[beside["run"] != beside["run_other"]]
    opposite = beside["resolved_other"] & (np.sign(beside["value"]) != np.sign(beside["value_other"]))
    excluded = (beside["value"] < beside["low_other"]) | (beside["value"] > beside["high_other"])
    error = np.hypot(beside["training_sd"], beside["training_sd_other"])
    freedom = beside["training_freedom"] + beside["training_freedom_other"]
    apart = (beside["value"] - beside["value_other"]).abs() > t.ppf(0.5 + 0.5 * LEVEL, freedom) * error
    told = dict(zip(KINDS, (opposite, excluded, opposite | excluded, apart), strict=True))
    return beside.assign(**told)[["run", "run_other", *keys, *KINDS]]


def counts(found: pd.DataFrame) -> pd.DataFrame:
    """How often verdicts are contradicted: by another run, and by any of the other runs."""
    beside = contradictions(found)
    of_any = beside.groupby(["run", "first", "second", "measure"], sort=False)[list(KINDS)].any()
    rows = []
    for by, table in (("another run", beside), ("any other run", of_any)):
        for kind in KINDS:
            count, trials = int(table[kind].sum()), len(table)
            bound = float(clopper_pearson(count / trials, trials, LEVEL)[1]) if trials else np.nan
            rows.append((kind, by, count, trials, count / trials if trials else np.nan, bound))
    return pd.DataFrame(rows, columns=["what", "by", "count", "of", "rate", "rate_high"])


def read_replicas(folder: Path) -> list[pd.DataFrame]:
    """Rows of the test part of every replica of a model, in the order of their files' names."""
    return [part_of(pd.read_parquet(path), "test")[0] for path in sorted(folder.rglob("*.parquet"))]


def measured(replicas: list[pd.DataFrame], groups: Groups, judging: Judging, seed: int) -> Measured:
    """Measure every replica on the test objects and on the same draws of them."""
    values, draws = [], []
    for rows in replicas:
        part = Part(rows["label"].to_numpy(), rows["score"].to_numpy(dtype=np.float64))
        of = measure(part, judging, np.nan)
        values.append(np.array([of[name] for name in headlines()]))

        def statistic(weight: FloatArray, part: Part = part) -> dict[str, FloatArray]:
            of = measure(part, judging, np.nan, weight)
            return {name: of[name] for name in headlines()}

        drawn = bootstrap(statistic, groups, judging.bootstrap_samples, seed)
        draws.append(np.stack([drawn[name] for name in headlines()], axis=-1))
    return Measured(np.stack(values), np.stack(draws, axis=1))


def read_models(
    survey: str, folder: Path, root: Path, judging: Judging, seed: int
) -> tuple[dict[str, Measured], int]:
    """Measure all models of a folder, and say from how many clusters the bootstrap draws.

    Raises
    ------
    UserError
        If there are fewer than two models, or two replicas did not score the same test objects.
    """
    catalogue = read_table(SurveyPaths(root, survey).catalogue)
    models, objects, groups = {}, None, None
    for path in sorted(of for of in folder.iterdir() if of.is_dir()):
        replicas = read_replicas(path)
        for number, rows in enumerate(replicas, start=1):
            names = rows["object_id"].to_numpy()
            if objects is None or groups is None:
                objects, groups = names, survey_of(survey).objects.groups_of(rows, catalogue)
            if not np.array_equal(names, objects):
                raise UserError(f"{path}: replica {number} did not score the test objects of the first")
        if replicas and groups:
            models[path.name] = measured(replicas, groups, judging, seed)
    if len(models) < 2 or groups is None:
        raise UserError(f"{folder}: {len(models)} folder(s) with score tables; two models are compared")
    return models, groups.count


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("survey")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--replicas", type=int, default=4, help="of each model in a run")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="checkout with the survey's catalogue")
    parser.add_argument("--out", type=Path, help="table of all verdicts")
    arguments = parser.parse_args()
    params = read_params(arguments.root / "params.yaml")
    judging = params.survey(arguments.survey).judging
    with threadpool_limits(1):
        models, clusters = read_models(
            arguments.survey, arguments.folder, arguments.root, judging, params.seed
        )
        found = verdicts(models, clusters, arguments.replicas)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        found.to_csv(arguments.out, index=False, float_format="%.5g", lineterminator="\n")
    print(f"{found['run'].max()} runs, {int(found['resolved'].sum())} of {len(found)} differences resolved")
    print(counts(found).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
