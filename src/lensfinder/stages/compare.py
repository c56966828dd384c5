"""Stage ``compare``: the evaluations of all models → comparison, figures and the report of one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lensfinder.datasets.jpas_columns import CATALOGUE_COLUMNS
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.jsonfiles import read_json, write_json
from lensfinder.judging import figures, figures_compare, figures_curves, figures_images, jpas_judging, tables
from lensfinder.judging.atlas import spread_examples
from lensfinder.judging.comparison import compare, data_sizes
from lensfinder.judging.evaluation import CURVE_FPR, part_of, roc_band
from lensfinder.judging.figures_style import save_figure
from lensfinder.judging.files import open_images_of, read_history, read_wavelengths
from lensfinder.judging.report import Report, html_report, markdown_report
from lensfinder.judging.scores import SCORE_COLUMNS
from lensfinder.judging.verdict import verdict
from lensfinder.params import Jpas, Params
from lensfinder.paths import SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEANINGFUL_LENSES = 200
"""Test lenses below which an interval on recall is wider than any difference worth discussing."""

SHOWN = ("measures", "differences", "roc", "completeness", "scores", "pseudo_spectra")


def compare_models(
    paths: SurveyPaths,
    params: Params,
    survey_params: Jpas,
    training_seconds: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Compare the first cube model with the first pseudo-spectra model, report on all, return the comparison.

    ``training_seconds`` goes into the report only: it is no deterministic number, and no metric.

    Raises
    ------
    UserError
        If one of the two models is not in the parameters, or a file is missing or does not fit the others.
    """
    names = list(survey_params.models)
    pair = tuple(_first_of(survey_params, representation) for representation in ("cube", "pseudo_spectra"))
    names = [*pair, *(name for name in names if name not in pair)]
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    scores = {name: read_table(paths.model(name).scores, SCORE_COLUMNS) for name in names}
    metrics = {name: read_json(paths.model(name).metrics) for name in names}
    result = compare(
        (pair[0], scores[pair[0]]), (pair[1], scores[pair[1]]), catalogue, survey_params.judging, params.seed
    )
    result.update(data_sizes(read_json(paths.sizes), "cube", "pseudo_spectra"))
    write_json(paths.comparison, result)
    _write_figures(paths, params, survey_params, catalogue, scores, metrics, result)
    setting = _setting(params, survey_params, result)
    _write_report(paths, metrics, result, _training_words(paths, names, training_seconds or {}), setting)
    return result


def _first_of(survey_params: Jpas, representation: str) -> str:
    for name, model in survey_params.models.items():
        if model.representation == representation:
            return name
    raise UserError(
        f"params.yaml: models has none with representation {representation!r}: nothing to compare"
    )


def _write_figures(
    paths: SurveyPaths,
    params: Params,
    survey_params: Jpas,
    catalogue: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
    metrics: Mapping[str, Mapping[str, Any]],
    result: Mapping[str, Any],
) -> None:
    judging = survey_params.judging
    folder = paths.report_dir / "figures"
    for stale in folder.glob("*.png"):
        stale.unlink()
    curves, complete = [], {}
    for name, table in scores.items():
        rows, test = part_of(table, "test")
        band = roc_band(rows, test, catalogue, judging, params.seed)
        curves.append(figures_curves.RocCurve(name, tables.roc_table(test), metrics[name], CURVE_FPR, *band))
        lenses = rows[rows["label"] == 1]
        complete[name] = tables.completeness_tables(
            catalogue.iloc[lenses["row"].to_numpy()],
            lenses["score"].to_numpy(dtype=np.float64) >= judging.threshold,
            jpas_judging.COMPLETENESS_AXES,
            judging.interval_level,
        )
    first, second = (part_of(scores[result[place]], "test")[0] for place in ("first", "second"))
    n_test = f"{result['n_test']:,} test objects"
    drawn = {
        "roc": figures_curves.roc(curves, f"ROC, {n_test}"),
        "completeness": figures.completeness(
            complete, jpas_judging.COMPLETENESS_AXES, f"completeness at p ≥ {judging.threshold:g}, {n_test}"
        ),
        "scores": figures_compare.score_scatter(
            first, second, (result["first"], result["second"]), judging.threshold
        ),
        "measures": figures_compare.measures_with_intervals(metrics, n_test),
        "differences": figures_compare.differences(result, f"paired differences, {n_test}"),
        "pseudo_spectra": _pseudo_spectra(paths, survey_params, catalogue, first),
    }
    for name in SHOWN:
        save_figure(drawn[name], folder / f"{name}.png")


def _pseudo_spectra(
    paths: SurveyPaths, survey_params: Jpas, catalogue: pd.DataFrame, rows: pd.DataFrame
) -> Figure:
    """Two bright examples of each kind, a third and two thirds along what spreads the kind."""
    cubes = open_images_of(paths.cubes, len(catalogue))
    spectra = open_images_of(paths.pseudo_spectra, len(catalogue))
    wavelength_aa = read_wavelengths(paths.tables, cubes.shape[-1])
    examples = []
    for kind, column in jpas_judging.SPREAD_COLUMNS.items():
        row = rows.loc[rows["kind"] == kind, "row"].to_numpy()
        truth = catalogue.iloc[row]
        bright = truth["quasar_r_mag_observed"].to_numpy() <= truth["quasar_r_mag_observed"].median()
        row, truth = row[bright], truth[bright]
        for position in spread_examples(truth, truth[column].to_numpy(), 4)[1:3]:
            index = int(row[position])
            object_id, redshift = truth["object_id"].iloc[position], truth["z_source"].iloc[position]
            words = f"{jpas_judging.KIND_NAMES[kind]}\n{object_id}, z = {redshift:.2f}"
            image = figures_images.colour_image(cubes[index], wavelength_aa)
            examples.append(figures_images.Example(words, image, spectra[index]))
    return figures_images.pseudo_spectra_figure(
        examples,
        wavelength_aa,
        survey_params.observation.pixel_scale_arcsec,
        "test objects and their two pseudo-spectra",
    )


def _training_words(paths: SurveyPaths, names: list[str], seconds: Mapping[str, float]) -> dict[str, str]:
    words = {}
    for name in names:
        epochs = len(read_history(paths.model(name).history))
        words[name] = f"{epochs} epochs" + (f", {seconds[name]:,.0f} s" if name in seconds else "")
    return words


def _setting(params: Params, survey_params: Jpas, result: Mapping[str, Any]) -> str:
    """What was run, and a warning where it is too small to mean anything."""
    words = (
        f"Preset {params.preset}, seed {params.seed}: {survey_params.counts.total:,} simulated objects, "
        f"at most {survey_params.training.epochs_max} epochs."
    )
    if result["n_lenses"] < MEANINGFUL_LENSES:
        words += (
            f" **With {result['n_lenses']} test lenses this shows that everything runs; "
            "its numbers mean nothing.**"
        )
    return words


def _write_report(
    paths: SurveyPaths,
    metrics: Mapping[str, Mapping[str, Any]],
    result: Mapping[str, Any],
    training: Mapping[str, str],
    setting: str,
) -> None:
    first, second = result["first"], result["second"]
    labels = {first: jpas_judging.MODEL_NAMES["cube"], second: jpas_judging.MODEL_NAMES["pseudo_spectra"]}
    captions = {
        "measures": "Measures with bootstrap intervals.",
        "differences": f"Paired differences, {first} − {second}; across zero means not resolved.",
        "roc": "ROC curves with bootstrap bands.",
        "completeness": "Recall against what makes a lens hard to find, with Wilson intervals.",
        "scores": "Every test object as the two models score it.",
        "pseudo_spectra": "Lensed quasars, quasars near a galaxy, quasars alone: image and pseudo-spectra.",
    }
    report = Report(
        title="Lensed quasars in J-PAS: full cube or two pseudo-spectra?",
        labels=labels,
        metrics=metrics,
        comparison=result,
        verdict=verdict(result, (metrics[first], metrics[second]), (labels[first], labels[second])),
        talk=jpas_judging.TALK_RESULTS,
        talk_source=jpas_judging.TALK_SOURCE,
        figures=[(f"figures/{name}.png", captions[name]) for name in SHOWN],
        commands=reproduce_commands(paths.survey, list(metrics)),
        training=training,
        setting=setting,
    )
    text = markdown_report(report)
    paths.report_dir.mkdir(parents=True, exist_ok=True)
    (paths.report_dir / "report.md").write_text(text, encoding="utf-8")
    (paths.report_dir / "report.html").write_text(
        html_report(text, report.title, paths.report_dir), encoding="utf-8"
    )


def reproduce_commands(survey: str, names: list[str]) -> list[tuple[str, str]]:
    """Claims of the report, and the command that makes each again."""
    files = " ".join(f"metrics/{survey}/{name}.json" for name in names)
    return [
        ("everything, from the parameters", "make repro"),
        ("measures and their intervals", f"dvc metrics show {files}"),
        ("differences, McNemar, data sizes", f"dvc metrics show metrics/{survey}/comparison.json"),
        *(
            (f"scores of {name}", f"dvc repro --single-item --force evaluate-{survey}@{name}")
            for name in names
        ),
        ("this page", f"dvc repro --single-item --force compare-{survey}"),
    ]
