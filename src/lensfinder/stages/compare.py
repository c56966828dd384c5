"""Stage ``compare``: the evaluations of all models → comparison, figures and the report of one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lensfinder.datasets.files import read_history
from lensfinder.datasets.parts import training_set
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.comparison import compare, resolve, scatters_of
from lensfinder.evaluation.replicated import evaluate_baseline
from lensfinder.evaluation.tables import completeness_tables
from lensfinder.figures import comparison as comparison_figures
from lensfinder.figures import curves, single_model
from lensfinder.figures.style import save_figures
from lensfinder.params import Judging, Params
from lensfinder.report.baselines import baselines_section, baselines_verdict
from lensfinder.report.on_sky import on_sky_section
from lensfinder.report.page import Section, figures_section, setting, write_page
from lensfinder.report.report import reading_section, report_sections
from lensfinder.stages.evaluate import read_replicas
from lensfinder.surveys.comparison import Results
from lensfinder.surveys.objects import SurveyObjects
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths

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
    replicated = {name: read_replicas(paths, params, name, paths.model(name), catalogue) for name in names}
    scatters = scatters_of(replicated.values())
    metrics = {name: read_json(paths.model(name).measures) for name in names}
    epochs = {name: epochs_of(paths.model(name), len(of.single)) for name, of in replicated.items()}
    facts = read_json(models.facts(paths))
    results = Results(params, catalogue, replicated, scatters, metrics, epochs, facts)
    comparison = models.compare(results)
    text = models.report_text(results, comparison)
    verdict, beside = text.verdict, on_sky_section(metrics, survey.kind_names)
    if contract.baselines is not None:
        trained_on = {name: training_set(contract.parts, paths.splits, name) for name in names}
        measured = read_json(paths.baselines)
        against = _against_baselines(paths, params, results, trained_on, measured)
        comparison["baselines"] = against
        verdict = f"{baselines_verdict(against)} {verdict}"
        beside.append(baselines_section(measured, metrics, trained_on, against))
    comparison["verdict"] = verdict
    write_json(paths.comparison, comparison)
    figures = {
        **_common_figures(survey, results, section.judging, f"{comparison['n_test']:,} test objects"),
        **models.figures(results, comparison, paths),
    }
    again = reproduce_commands(paths, contract.baselines is not None)
    commands = "".join(f"| {claim} | `{run}` |\n" for claim, run in again)
    write_page(
        paths.report_dir,
        text.title,
        setting(params, paths.survey, len(catalogue), text.objects, comparison["n_lenses"]),
        verdict,
        [
            *report_sections(text, metrics, beside),
            figures_section(save_figures(paths.report_dir / "figures", figures)),
            reading_section(text),
            Section("How to get each number again", f"| claim | command |\n|---|---|\n{commands}"),
        ],
    )
    return comparison


def epochs_of(model: ModelPaths, replicas: int) -> list[int]:
    """Return how many epochs each training of a model took."""
    return [len(read_history(model.replica(number + 1).history)) for number in range(replicas)]


def _against_baselines(
    paths: SurveyPaths,
    params: Params,
    results: Results,
    trained_on: Mapping[str, str],
    measured: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Compare every model with every baseline that learned from the same objects."""
    contract, judging = survey_of(paths.survey), params.survey(paths.survey).judging
    baselines = {
        of_set: {
            name: evaluate_baseline(
                name,
                read_table(paths.baseline_scores(of_set, name), contract.columns.scores),
                lambda rows: contract.objects.groups_of(rows, results.catalogue),
                judging,
                params.seed,
            )
            for name in of
        }
        for of_set, of in measured.items()
    }
    against = {
        name: {
            baseline: compare(of, other, results.scatters, judging)
            for baseline, other in baselines[trained_on[name]].items()
        }
        for name, of in results.models.items()
    }
    resolve([of for pairs in against.values() for of in pairs.values()], judging.interval_level)
    return against


def _common_figures(
    survey: SurveyObjects, results: Results, judging: Judging, n_test: str
) -> dict[str, tuple[Figure, str]]:
    committees = {name: of.committee for name, of in results.models.items()}
    complete = {
        name: completeness_tables(of, results.catalogue, survey.completeness_axes, judging)
        for name, of in committees.items()
    }
    of_committees = {name: of["committee"] for name, of in results.metrics.items()}
    return {
        "measures": (
            comparison_figures.measures_with_intervals(results.metrics, n_test),
            "Means over trainings, with intervals that hold the scatter of test objects and of trainings.",
        ),
        "roc": (
            curves.roc(list(committees.values()), of_committees, judging.interval_level, f"ROC, {n_test}"),
            "ROC curves of the committees, with bootstrap bands over test objects.",
        ),
        "completeness": (
            single_model.completeness(
                complete, survey.completeness_axes, f"completeness at p ≥ {judging.threshold:g}, {n_test}"
            ),
            "Recall against what makes a lens hard to find, with Wilson intervals.",
        ),
    }


def reproduce_commands(paths: SurveyPaths, baselines: bool) -> list[tuple[str, str]]:
    """Claims of the report, and the command that makes each again; ``baselines`` says whether it has any."""
    survey = paths.survey
    again = "dvc repro --single-item --force"
    return [
        ("everything, from the parameters", "make repro"),
        ("measures, at a glance", f"dvc metrics show metrics/{survey}"),
        ("all measures and their intervals", f"metrics/{survey}/measures"),
        ("differences between the models", f"metrics/{survey}/comparison.json"),
        ("networks and their scores", f"{again} {paths.stage(f'train-{survey}')}"),
        ("measures of their scores", f"{again} {paths.stage(f'evaluate-{survey}')}"),
        *([("baselines", f"{again} {paths.stage(f'baselines-{survey}')}")] if baselines else []),
        ("this page", f"{again} {paths.stage(f'compare-{survey}')}"),
    ]
