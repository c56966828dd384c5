"""False-positive rates on hard negatives: counted by hand, against SciPy, and told in words that follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from support.gate_dataset import BANDS, PIXELS, small_params, summed
from support.impostors import good_impostors
from support.survey_evaluation import REPLICAS, make_survey, use_network

from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.files import HardNegativeFiles
from lensfinder.studies.hard_negatives.judge import judge_impostors
from lensfinder.studies.hard_negatives.measures import ALL, beside_ordinary, false_positive_rates
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS
from lensfinder.studies.hard_negatives.summary import bounds, deceiving_kinds, verdict
from lensfinder.workspace.jsonfiles import read_json, write_json

PARAMS = small_params()
JUDGING = PARAMS.jpas.judging
PER_KIND, TILES = 60, 20


def objects() -> tuple[np.ndarray, np.ndarray]:
    kind = np.repeat(np.array(IMPOSTOR_KINDS), PER_KIND)
    return kind, 100 + np.arange(len(kind)) % TILES


def scores() -> dict[str, np.ndarray]:
    """The cube calls every third star near a galaxy a lens, the pseudo-spectra all quasar pairs as well."""
    kind, _ = objects()
    rng = np.random.default_rng(4)
    cube = rng.uniform(0.0, 0.4, len(kind))
    star = np.flatnonzero(kind == "star_near_galaxy")
    cube[star[::3]] = 0.9
    spectra = cube.copy()
    spectra[kind == "quasar_pair"] = 0.5
    return {"cube": cube, "pseudo_spectra": spectra}


def model_metrics(fp: int) -> dict[str, Any]:
    rate, wide = fp / 627, {"low": max(0.0, fp / 627 - 0.01), "high": fp / 627 + 0.01, "level": 0.95}
    per_kind = {"n": 300, "called_lens": 1, "fraction": 1 / 300, "fraction_wilson_interval": wide}
    return {
        "recall": 0.97,
        "recall_interval": {"low": 0.96, "high": 0.98, "level": 0.95},
        "recall_wilson_interval": {"low": 0.96, "high": 0.98, "level": 0.95},
        "fp": fp,
        "tn": 627 - fp,
        "fpr": rate,
        "fpr_interval": wide,
        "fpr_wilson_interval": wide,
        "called_lens_by_kind": dict.fromkeys(
            ("lensed_quasar", "quasar_near_galaxy", "quasar_alone"), per_kind
        ),
    }


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    found = false_positive_rates(*objects(), scores(), IMPOSTOR_KINDS, JUDGING, seed=5)
    metrics = {"cube": model_metrics(4), "pseudo_spectra": model_metrics(6)}
    return {**found, **beside_ordinary(metrics)}


def test_rates_are_counted_by_kind_and_model(content: dict[str, Any]) -> None:
    cube, spectra = (content["models"][name] for name in ("cube", "pseudo_spectra"))
    assert cube["star_near_galaxy"]["called_lens"] == spectra["star_near_galaxy"]["called_lens"] == 20
    assert cube["star_near_galaxy"]["fpr"] == pytest.approx(1 / 3)
    assert cube["quasar_pair"]["fpr"] == 0.0
    # p = 0.5 is a lens.
    assert spectra["quasar_pair"]["fpr"] == 1.0
    assert (cube[ALL]["called_lens"], spectra[ALL]["called_lens"]) == (20, 80)
    assert cube[ALL]["n"] == content["n"] == 300
    assert content["interval_groups"] == TILES


def test_wilsons_interval_is_scipys(content: dict[str, Any]) -> None:
    ours = content["models"]["cube"]["star_near_galaxy"]["fpr_wilson_interval"]
    theirs = stats.binomtest(20, 60).proportion_ci(0.95, method="wilson")
    assert (ours["low"], ours["high"]) == pytest.approx((theirs.low, theirs.high), abs=1e-8)


def test_the_bootstrap_draws_tiles() -> None:
    """All objects of a tile are right or wrong together: the interval is that of 20 objects, not of 300."""
    kind, tile = objects()
    score = np.where(tile < 110, 0.9, 0.1)
    found = false_positive_rates(kind, tile, {"a": score, "b": score}, IMPOSTOR_KINDS, JUDGING, seed=5)
    rate = found["models"]["a"][ALL]
    width = rate["fpr_interval"]["high"] - rate["fpr_interval"]["low"]
    assert width == pytest.approx(2 * 1.96 * np.sqrt(0.25 / TILES), rel=0.2)
    assert width > 3 * (rate["fpr_wilson_interval"]["high"] - rate["fpr_wilson_interval"]["low"])


def test_differences_are_paired(content: dict[str, Any]) -> None:
    of = content["differences"]
    # On stars both models agree object by object: the difference has no scatter at all.
    assert of["star_near_galaxy"]["fpr_difference"] == 0.0
    assert of["star_near_galaxy"]["fpr_difference_interval"] == {"low": 0.0, "high": 0.0, "level": 0.95}
    assert of["star_near_galaxy"]["mcnemar_p"] == 1.0
    assert of["quasar_pair"]["fpr_difference"] == -1.0
    assert (of["quasar_pair"]["only_first_calls_lens"], of["quasar_pair"]["only_second_calls_lens"]) == (
        0,
        60,
    )
    assert of["quasar_pair"]["mcnemar_p"] == pytest.approx(stats.binomtest(0, 60).pvalue, rel=1e-5)
    assert of[ALL]["fpr_difference"] == pytest.approx(-60 / 300)


def test_the_verdict_follows_from_the_numbers(content: dict[str, Any]) -> None:
    assert deceiving_kinds("cube", content) == ["star_near_galaxy"]
    assert deceiving_kinds("pseudo_spectra", content) == ["quasar_pair", "star_near_galaxy"]
    text = verdict(content)
    assert "cube, which finds 97.00 % of the test lenses, calls 6.67 % of 300 hard negatives" in text
    assert "against 0.64 % of the 627 ordinary negatives" in text
    assert "deceive it more often than those: star near a galaxy (33.33 %)." in text
    assert text.endswith("cube is deceived less by physical quasar pair.")
    assert "−20.00 percentage points" in text


def test_a_model_that_nothing_deceives_is_said_to_be_so(content: dict[str, Any]) -> None:
    quiet = {name: np.full(300, 0.1) for name in ("cube", "pseudo_spectra")}
    found = false_positive_rates(*objects(), quiet, IMPOSTOR_KINDS, JUDGING, seed=5)
    text = verdict({**content, **found})
    assert "no kind is resolved to deceive it" in text
    assert text.endswith("of no kind alone is a difference of the two resolved.")
    # No draw differs from another: Wilson's interval speaks.
    low, high = bounds(found["models"]["cube"]["merger"])
    assert low == 0.0
    assert high == pytest.approx(stats.binomtest(0, 60).proportion_ci(0.95, method="wilson").high, abs=1e-8)


def test_metrics_without_what_is_needed_are_named() -> None:
    broken = {name: value for name, value in model_metrics(4).items() if name != "called_lens_by_kind"}
    with pytest.raises(UserError, match="metrics of cube: no entry 'called_lens_by_kind'"):
        beside_ordinary({"cube": broken})


def make_impostors(root: Path) -> HardNegativeFiles:
    paths = make_survey(root)
    files = HardNegativeFiles(paths)
    frame, images = good_impostors()
    write_table(files.catalogue, frame, IMPOSTOR_COLUMNS)
    (cubes,), (sums,) = (files.images_of(name) for name in ("cube", "pseudo_spectra"))
    np.save(cubes, images)
    np.save(sums, summed(images))
    for name in ("cube", "pseudo_spectra"):
        write_json(paths.model(name).measures, {"committee": model_metrics(4)})
    return files


def use_fake_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks whose logits lie apart by the same for all objects, so that the mean is known."""

    def predict_scores(model_path, representation, images, rows, batch_size, threads):  # type: ignore[no-untyped-def]
        assert representation.name == model_path.parent.parent.name
        shape = {"cube": (PIXELS, PIXELS, BANDS), "pseudo_spectra": (2, BANDS, PIXELS)}[representation.name]
        assert images[0].shape[1:] == shape
        middle = np.linspace(0.001, 0.6 if representation.name == "cube" else 0.999, len(rows))
        apart = int(model_path.parent.name.removeprefix("replica_")) - 0.5 * (REPLICAS + 1)
        return special.expit(special.logit(middle) + apart).astype(np.float32)

    use_network(monkeypatch, predict_scores)


def test_the_stage_writes_scores_numbers_figures_and_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_impostors(tmp_path)
    use_fake_network(monkeypatch)
    content = judge_impostors(files.survey, PARAMS)
    assert read_json(files.survey.root / "metrics" / "jpas" / "hard_negatives.json") == content
    assert content["models"]["pseudo_spectra"][ALL]["called_lens"] == 13
    saved = read_table(files.scores)
    assert list(saved)[-2:] == ["score_cube", "score_pseudo_spectra"]
    # The committee of all trainings, not one of them.
    expected = np.linspace(0.001, 0.6, len(saved))
    np.testing.assert_allclose(np.sort(saved["score_cube"]), expected, rtol=1e-4)
    assert int((saved["score_cube"] >= 0.5).sum()) == content["models"]["cube"][ALL]["called_lens"]
    folder = files.report_dir
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {"rates.png", *(f"atlas_{kind}.png" for kind in IMPOSTOR_KINDS)}
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "their numbers mean nothing" in text
    assert verdict(content) in text
    assert (folder / "report.html").read_text(encoding="utf-8").count("data:image/png;base64") == 6
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    judge_impostors(files.survey, PARAMS)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == first


def test_a_model_that_is_not_trained_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = make_impostors(tmp_path)
    use_fake_network(monkeypatch)
    files.survey.model("cube").replica(REPLICAS).model.unlink()
    with pytest.raises(
        UserError, match=rf"models/jpas/cube/replica_{REPLICAS}/model\.keras: no such file; train"
    ):
        judge_impostors(files.survey, PARAMS)
