"""Stage ``compare``: the evaluations of all models → comparison, figures and the report of one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lensfinder.datasets.files import read_history
from lensfinder.datasets.parts import training_set
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.comparison import compare
from lensfinder.evaluation.evaluated import Evaluated, evaluate_scores
from lensfinder.evaluation.tables import completeness_tables
from lensfinder.figures import comparison as comparison_figures
from lensfinder.figures import curves, single_model
from lensfinder.figures.style import save_figures
from lensfinder.params import Judging, Params
from lensfinder.report.baselines import baselines_section, baselines_verdict
from lensfinder.report.on_sky import on_sky_section
from lensfinder.report.page import Section, figures_section, setting, write_page
from lensfinder.report.report import reading_section, report_sections
from lensfinder.surveys.comparison import Results
from lensfinder.surveys.objects import SurveyObjects
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def compare_models(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    """Compare the models of a survey, report on all of them, and return the comparison.

    Raises
    ------
    UserError
        If a model that is needed is not in the parameters, or a file is missing or does not fit the others.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    survey, models = contract.objects, contract.comparison
    names = models.order(section.models)
    catalogue = read_table(paths.catalogue, contract.columns.catalogue)

    def evaluated_of(name: str, scores: Path) -> Evaluated:
        return evaluate_scores(
            name,
            read_table(scores, contract.columns.scores),
            lambda rows: survey.groups_of(rows, catalogue),
            section.judging,
            params.seed,
        )

    evaluated = {name: evaluated_of(name, paths.model(name).scores) for name in names}
    metrics = {name: read_json(paths.model(name).metrics) for name in names}
    epochs = {name: len(read_history(paths.model(name).history)) for name in names}
    facts = read_json(models.facts(paths))
    results = Results(params, catalogue, evaluated, metrics, epochs, facts)
    comparison = models.compare(results)
    text = models.report_text(results, comparison)
    verdict, beside = text.verdict, []
    if contract.baselines is not None:
        trained_on = {name: training_set(contract.parts, paths.splits, name) for name in names}
        measured = read_json(paths.baselines)
        baselines = {
            of_set: {name: evaluated_of(name, paths.baseline_scores(of_set, name)) for name in of}
            for of_set, of in measured.items()
        }
        against = {
            name: {
                baseline: compare(of, other, section.judging)
                for baseline, other in baselines[trained_on[name]].items()
            }
            for name, of in evaluated.items()
        }
        comparison["baselines"] = against
        verdict = f"{baselines_verdict(against)} {verdict}"
        beside.append(baselines_section(measured, metrics, trained_on, against))
    write_json(paths.comparison, comparison)
    figures = {
        **_common_figures(survey, results, section.judging, f"{comparison['n_test']:,} test objects"),
        **models.figures(results, comparison, paths),
    }
    again = reproduce_commands(paths, names, contract.baselines is not None)
    commands = "".join(f"| {claim} | `{run}` |\n" for claim, run in again)
    write_page(
        paths.report_dir,
        text.title,
        setting(params, paths.survey, len(catalogue), text.objects, comparison["n_lenses"]),
        verdict,
        [
            *report_sections(text, metrics, [*on_sky_section(metrics, survey.kind_names), *beside]),
            figures_section(save_figures(paths.report_dir / "figures", figures)),
            reading_section(text),
            Section("How to get each number again", f"| claim | command |\n|---|---|\n{commands}"),
        ],
    )
    return comparison


def _common_figures(
    survey: SurveyObjects, results: Results, judging: Judging, n_test: str
) -> dict[str, tuple[Figure, str]]:
    complete = {
        name: completeness_tables(of, results.catalogue, survey.completeness_axes, judging)
        for name, of in results.evaluated.items()
    }
    models = list(results.evaluated.values())
    return {
        "measures": (
            comparison_figures.measures_with_intervals(results.metrics, n_test),
            "Measures with bootstrap intervals.",
        ),
        "roc": (
            curves.roc(models, results.metrics, judging.interval_level, f"ROC, {n_test}"),
            "ROC curves with bootstrap bands.",
        ),
        "completeness": (
            single_model.completeness(
                complete, survey.completeness_axes, f"completeness at p ≥ {judging.threshold:g}, {n_test}"
            ),
            "Recall against what makes a lens hard to find, with Wilson intervals.",
        ),
    }


def reproduce_commands(paths: SurveyPaths, names: list[str], baselines: bool) -> list[tuple[str, str]]:
    """Claims of the report, and the command that makes each again; ``baselines`` says whether it has any."""
    survey = paths.survey
    files = " ".join(f"metrics/{survey}/{name}.json" for name in names)
    again = "dvc repro --single-item --force"
    return [
        ("everything, from the parameters", "make repro"),
        ("measures and their intervals", f"dvc metrics show {files}"),
        ("differences between the models", f"dvc metrics show metrics/{survey}/comparison.json"),
        *((f"scores of {name}", f"{again} {paths.stage(f'evaluate-{survey}@{name}')}") for name in names),
        *([("baselines", f"{again} {paths.stage(f'baselines-{survey}')}")] if baselines else []),
        ("this page", f"{again} {paths.stage(f'compare-{survey}')}"),
    ]
