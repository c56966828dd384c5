"""The benchmarks of statistics: what they count, and that their shortcuts measure what the package does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from support.gate_dataset import good_dataset
from support.project import PARAMS, REPOSITORY

from lensfinder.errors import UserError
from lensfinder.evaluation import measures
from lensfinder.evaluation.evaluated import Part
from lensfinder.params import read_params

TILES = 30


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(REPOSITORY / "benchmarks")
    yield
    for name in ("common", "check_intervals", "check_verdicts"):
        sys.modules.pop(name, None)


def statements(rows: list[tuple[int, float, float, bool]]) -> pd.DataFrame:
    """Runs that each find a value, with an interval of this half width, resolved or not."""
    table = pd.DataFrame(rows, columns=["run", "value", "half", "resolved"])
    ends = {"low": table["value"] - table["half"], "high": table["value"] + table["half"]}
    table = table.assign(first="a", second="b", measure="recall", **ends)
    return table.assign(training_sd=0.6, training_freedom=3)


@pytest.mark.usefixtures("benchmark")
def test_a_verdict_is_contradicted_by_the_opposite_or_by_an_interval_without_it() -> None:
    from check_verdicts import contradictions, counts

    found = statements(
        [(1, 2.0, 1.0, True), (2, 0.5, 1.0, False), (3, -1.0, 0.5, True), (4, 1.5, 9.0, False)]
    )
    of = contradictions(found).set_index(["run", "run_other"])
    assert list(of.index) == [(1, 2), (1, 3), (1, 4), (3, 1), (3, 2), (3, 4)]
    assert list(of["opposite"]) == [False, True, False, True, False, False]
    assert list(of["excluded"]) == [True, True, False, True, True, False]
    # Six degrees of freedom of both runs: 2.447 times 0.6 √2 is 2.08.
    assert list(of["apart"]) == [False, True, False, True, False, True]
    counted = counts(found).set_index(["by", "what"])
    assert tuple(counted.loc[("another run", "contradicted"), ["count", "of"]]) == (4, 6)
    assert counted.loc[("another run", "opposite"), "rate_high"] == pytest.approx(beta.ppf(0.975, 3, 4))
    assert tuple(counted.loc[("any other run", "contradicted"), ["count", "of"]]) == (2, 2)
    assert counts(statements([(1, 0.0, 1.0, False)] * 2))["rate_high"].isna().all()


def write_scores(folder: Path, objects: pd.DataFrame, skill: float, scatter: float, replicas: int) -> None:
    """Score tables of networks that differ from training to training, on objects alike hard for all."""
    label = objects["label"].to_numpy()
    hard = np.random.default_rng(0).normal(size=len(objects))
    for number in range(replicas):
        rng = np.random.default_rng((number, folder.name == "weak"))
        own = skill + scatter * rng.normal()
        odds = own * (2 * label - 1) + hard + 0.5 * rng.normal(size=len(objects))
        path = folder / f"replica_{number:02}" / "scores.parquet"
        path.parent.mkdir(parents=True)
        objects.assign(score=1 / (1 + np.exp(-odds))).to_parquet(path)


@pytest.mark.usefixtures("benchmark")
def test_runs_of_made_up_networks(tmp_path: Path) -> None:
    from check_verdicts import counts, read_models, verdicts

    paths = good_dataset(TILES).write(tmp_path)
    catalogue = pd.read_parquet(paths.catalogue)
    objects = catalogue.assign(row=np.arange(len(catalogue)), part="test")
    folder = tmp_path / "scores"
    judging = read_params(PARAMS).jpas.judging
    for name, skill in (("strong", 2.5), ("weak", 1.0)):
        write_scores(folder / name, objects, skill, 0.05, 8)
    models, clusters = read_models("jpas", folder, tmp_path, judging, 1)
    assert clusters == TILES
    found = verdicts(models, clusters, 4)
    assert list(found["run"].unique()) == [1, 2]
    accuracy = found[found["measure"] == "accuracy"]
    assert accuracy["resolved"].all()
    assert (accuracy["low"] > 0).all()
    counted = counts(found).set_index(["by", "what"])
    assert counted.loc[("another run", "opposite"), "count"] == 0
    assert counted.loc[("another run", "contradicted"), "of"] == found["resolved"].sum()
    with pytest.raises(UserError, match="two runs need 10 replicas"):
        verdicts(models, clusters, 5)
    write_scores(folder / "weaker", objects.iloc[::-1], 1.0, 0.05, 1)
    with pytest.raises(UserError, match=r"weaker: replica 1 did not score the test objects"):
        read_models("jpas", folder, tmp_path, judging, 1)


@pytest.mark.usefixtures("benchmark")
def test_simulated_studies_are_measured_as_the_package_measures() -> None:
    from check_intervals import MEASURES, OBJECTS, Design, Universe

    universe = Universe(Design(20, 2, (0.9, 0.9), 0.15), 0)
    margins = universe.draw(2, np.array([0.5]))
    weight = np.random.default_rng(0).multinomial(20, np.full(20, 0.05), size=3)
    found = universe.measure(margins, weight)
    assert found.shape == (3, 6, 2, len(MEASURES))
    label = np.repeat([1, 0], OBJECTS)
    for column in (0, 3, 5):
        lens, other = margins[1, :, :, column]
        part = Part(label, np.concatenate([lens, -other]).astype(float))
        counts = measures.count(part.ranking, np.tile(weight[:, universe.tile], 2))
        at = measures.confusion_at(part.ranking, counts, 0.0)
        expected = [
            at.tp / counts.positives,
            at.fp / counts.negatives,
            (at.tp + at.tn) / (counts.positives + counts.negatives),
            measures.roc_auc(counts),
        ]
        np.testing.assert_allclose(found[:, column, 1], np.stack(expected, axis=-1))
