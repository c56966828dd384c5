"""Stage ``compare``: the evaluations of all models → comparison, figures and the report of one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lensfinder.datasets.files import read_history
from lensfinder.datasets.table import read_table
from lensfinder.evaluation import tables
from lensfinder.evaluation.evaluated import CURVE_FPR, judge, part_of
from lensfinder.figures import comparison as comparison_figures
from lensfinder.figures import curves, single_model
from lensfinder.figures.style import save_figure
from lensfinder.params import Judging, Params
from lensfinder.report.report import Report, ReportWords, html_report, markdown_report
from lensfinder.surveys.registry import judging_of
from lensfinder.surveys.survey import Results, SurveyJudging
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEANINGFUL_LENSES = 200
"""Test lenses below which an interval on recall is wider than any difference worth discussing."""


def compare_models(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    """Compare the models of a survey, report on all of them, and return the comparison.

    Raises
    ------
    UserError
        If a model that is needed is not in the parameters, or a file is missing or does not fit the others.
    """
    survey, section = judging_of(paths.survey), params.survey(paths.survey)
    names = survey.contest.order(section.models)
    catalogue = read_table(paths.catalogue, survey.catalogue_columns)
    scores = {name: read_table(paths.model(name).scores, survey.score_columns) for name in names}
    metrics = {name: read_json(paths.model(name).metrics) for name in names}
    epochs = {name: len(read_history(paths.model(name).history)) for name in names}
    facts = read_json(survey.contest.facts(paths))
    judged = {}
    for name, table in scores.items():
        groups = survey.groups_of(part_of(table, "test")[0], catalogue)
        judged[name] = judge(name, table, groups, section.judging, params.seed)
    results = Results(params, catalogue, judged, metrics, epochs, facts)
    comparison = survey.contest.compare(results)
    write_json(paths.comparison, comparison)
    words = survey.contest.words(results, comparison)
    report = Report(
        words,
        metrics,
        _setting(params, section.training.epochs_max, len(catalogue), words, comparison["n_lenses"]),
        _write_figures(paths, survey, results, section.judging, comparison),
        reproduce_commands(paths.survey, names),
    )
    _write_report(paths, report)
    return comparison


def _write_figures(
    paths: SurveyPaths,
    survey: SurveyJudging,
    results: Results,
    judging: Judging,
    comparison: Mapping[str, Any],
) -> list[tuple[str, str]]:
    """Return the path of each figure, relative to the report, and its caption."""
    folder = paths.report_dir / "figures"
    for stale in folder.glob("*.png"):
        stale.unlink()
    drawn = {
        **_common_figures(survey, results, judging, f"{comparison['n_test']:,} test objects"),
        **survey.contest.figures(results, comparison, paths),
    }
    for name, (figure, _) in drawn.items():
        save_figure(figure, folder / f"{name}.png")
    return [(f"figures/{name}.png", caption) for name, (_, caption) in drawn.items()]


def _common_figures(
    survey: SurveyJudging, results: Results, judging: Judging, n_test: str
) -> dict[str, tuple[Figure, str]]:
    drawn, complete = [], {}
    for name, of in results.judged.items():
        band = of.roc_band(judging.interval_level)
        drawn.append(
            curves.RocCurve(name, tables.roc_table(of.test), results.metrics[name], CURVE_FPR, *band)
        )
        lens = of.test.label == 1
        complete[name] = tables.completeness_tables(
            results.catalogue.iloc[of.rows["row"].to_numpy()[lens]],
            of.test.score[lens] >= judging.threshold,
            survey.completeness_axes,
            judging.interval_level,
        )
    return {
        "measures": (
            comparison_figures.measures_with_intervals(results.metrics, n_test),
            "Measures with bootstrap intervals.",
        ),
        "roc": (curves.roc(drawn, f"ROC, {n_test}"), "ROC curves with bootstrap bands."),
        "completeness": (
            single_model.completeness(
                complete, survey.completeness_axes, f"completeness at p ≥ {judging.threshold:g}, {n_test}"
            ),
            "Recall against what makes a lens hard to find, with Wilson intervals.",
        ),
    }


def _setting(params: Params, epochs_max: int, n_objects: int, words: ReportWords, n_lenses: int) -> str:
    """What was run, and a warning where it is too small to mean anything."""
    text = (
        f"Preset {params.preset}, seed {params.seed}: {n_objects:,} {words.objects}, "
        f"at most {epochs_max} epochs."
    )
    if n_lenses < MEANINGFUL_LENSES:
        text += f" **With {n_lenses} test lenses this shows that everything runs; its numbers mean nothing.**"
    return text


def _write_report(paths: SurveyPaths, report: Report) -> None:
    text = markdown_report(report)
    paths.report_dir.mkdir(parents=True, exist_ok=True)
    (paths.report_dir / "report.md").write_text(text, encoding="utf-8")
    (paths.report_dir / "report.html").write_text(
        html_report(text, report.words.title, paths.report_dir), encoding="utf-8"
    )


def reproduce_commands(survey: str, names: list[str]) -> list[tuple[str, str]]:
    """Claims of the report, and the command that makes each again."""
    files = " ".join(f"metrics/{survey}/{name}.json" for name in names)
    return [
        ("everything, from the parameters", "make repro"),
        ("measures and their intervals", f"dvc metrics show {files}"),
        ("differences between the models", f"dvc metrics show metrics/{survey}/comparison.json"),
        *(
            (f"scores of {name}", f"dvc repro --single-item --force evaluate-{survey}@{name}")
            for name in names
        ),
        ("this page", f"dvc repro --single-item --force compare-{survey}"),
    ]
