"""J-PAS: the cube against the two pseudo-spectra, and all other models beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lensfinder.datasets.files import open_images_of
from lensfinder.errors import UserError
from lensfinder.evaluation.comparison import compare, data_sizes, resolve
from lensfinder.evaluation.measures import Confusion
from lensfinder.figures import comparison as comparison_figures
from lensfinder.figures import images
from lensfinder.figures.atlas import spread_examples
from lensfinder.figures.colours import colour_image
from lensfinder.params import Model
from lensfinder.report.page import Section, markdown_table
from lensfinder.report.report import UNITS, ReportText, difference, mcnemar_words, measure_rows
from lensfinder.report.verdict import verdict
from lensfinder.surveys.jpas.bands import read_wavelengths
from lensfinder.surveys.jpas.kinds import KIND_NAMES, SPREAD_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lensfinder.surveys.comparison import Results

PAIR = {"cube": "the cube", "pseudo_spectra": "the two pseudo-spectra"}
"""Representations that are compared, first and second, and what readers call them."""

TALK_RESULTS = {
    "cube": Confusion.of(tp=4212, fp=39, fn=39, tn=8431),
    "pseudo_spectra": Confusion.of(tp=4201, fp=41, fn=50, tn=8429),
}
"""Counts printed in the talk, at p ≥ 0.5."""

TALK_NOTE = (
    "Talk: Manjón-García et al., “Using convolutional neural networks to identify strong lenses in Euclid "
    "and J-PAS” (in prep.; 29,136 training and 12,721 test objects, one split, no cross-validation). "
    "Its columns are printed counts on other data: beside ours for orientation, not as a test."
)


class JpasComparison:
    """See :class:`lensfinder.surveys.comparison.ModelComparison`."""

    def order(self, models: Mapping[str, Model]) -> list[str]:
        """The first cube model, the first pseudo-spectra model, all others."""
        pair = [_first_of(models, representation) for representation in PAIR]
        return [*pair, *(name for name in models if name not in pair)]

    def facts(self, paths: JpasPaths) -> Path:
        """Measured sizes of both representations."""
        return paths.sizes

    def compare(self, results: Results) -> dict[str, Any]:
        """Compare the first two models."""
        first, second, *_ = results.models.values()
        judging = results.params.section(Jpas).judging
        result = compare(first, second, results.scatters, judging)
        resolve([result], judging.interval_level)
        return {**result, **data_sizes(results.facts, *PAIR)}

    def figures(
        self, results: Results, comparison: Mapping[str, Any], paths: JpasPaths
    ) -> dict[str, tuple[Figure, str]]:
        """Differences, scores against scores, and the pseudo-spectra of some objects."""
        first, second, *_ = (of.committee for of in results.models.values())
        names, threshold = (first.name, second.name), comparison["threshold"]
        title = f"paired differences, {comparison['n_test']:,} test objects"
        return {
            "differences": (
                comparison_figures.differences(comparison, title),
                f"Differences, {first.name} − {second.name}, with intervals of objects and trainings.",
            ),
            "scores": (
                comparison_figures.score_scatter(first.rows, second.rows, names, threshold),
                "Every test object as the two committees score it.",
            ),
            "pseudo_spectra": (
                _pseudo_spectra(results, paths),
                "Lensed quasars, quasars near a galaxy, quasars alone: image and pseudo-spectra.",
            ),
        }

    def report_text(self, results: Results, comparison: Mapping[str, Any]) -> ReportText:
        """Say whether the difference is real, and what each model costs."""
        metrics = [results.metrics[comparison[place]] for place in ("first", "second")]
        labels = [PAIR[representation] for representation in PAIR]
        unit = UNITS[comparison["interval_unit"]]
        return ReportText(
            title="Lensed quasars in J-PAS: full cube or two pseudo-spectra?",
            objects="simulated objects",
            verdict=verdict(comparison, (metrics[0], metrics[1]), (labels[0], labels[1])),
            compared=(
                f"{comparison['n_test']:,} test objects ({comparison['n_lenses']:,} lenses), of sky tiles "
                "that no training or validation object comes from."
            ),
            talk=TALK_RESULTS,
            talk_note=TALK_NOTE,
            sections=(
                Section("Is the difference real?", _difference_words(comparison)),
                Section("What each costs", _cost_words(results, comparison)),
            ),
            intervals=(
                "One galaxy and one quasar spectrum serve several objects, so objects are not independent: "
                f"the bootstrap draws whole {unit}. McNemar's test, and the Wilson intervals in the figures "
                "of completeness, take objects as independent and are therefore a little too sure."
            ),
        )


def _first_of(models: Mapping[str, Model], representation: str) -> str:
    for name, model in models.items():
        if model.representation == representation:
            return name
    raise UserError(
        f"params.yaml: models has none with representation {representation!r}: nothing to compare"
    )


def _difference_words(comparison: Mapping[str, Any]) -> str:
    first, second = comparison["first"], comparison["second"]
    rows = measure_rows(lambda name: [difference(comparison, name)], comparison, "_difference")
    return (
        f"{first} − {second}, means over their trainings, on the same objects:\n\n"
        f"{markdown_table(['measure', 'difference'], rows)}\n"
        f"McNemar's exact test of the two committees at p ≥ {comparison['threshold']:g}: only {first} has "
        f"{comparison['only_first_correct']} objects right, only {second} "
        f"{comparison['only_second_correct']}; {mcnemar_words(comparison)}."
    )


def _cost_words(results: Results, comparison: Mapping[str, Any]) -> str:
    metrics = results.metrics.values()
    rows = [
        ["bytes an object, in memory", *(f"{of['input_bytes_per_object']:,}" for of in metrics)],
        ["data-size saving, in memory", *(f"{of['data_size_saving']:.4g}" for of in metrics)],
        ["epochs of each training", *(", ".join(map(str, results.epochs[name])) for name in results.metrics)],
    ]
    return (
        f"{markdown_table(['', *results.metrics], rows)}\n"
        f"Measured on disk, {comparison['second']} takes {comparison['data_size_saving_disk']:.4g} times "
        f"less than {comparison['first']} ({comparison['bytes_on_disk_second']:,} against "
        f"{comparison['bytes_on_disk_first']:,} bytes)."
    )


def _pseudo_spectra(results: Results, paths: JpasPaths) -> Figure:
    """Two bright examples of each kind, a third and two thirds along what spreads the kind."""
    catalogue = results.catalogue
    cubes, spectra = open_images_of((paths.cubes, paths.pseudo_spectra), len(catalogue))
    wavelength_aa = read_wavelengths(paths.tables, cubes.shape[-1])
    rows = next(iter(results.models.values())).committee.rows
    examples = []
    for kind, column in SPREAD_COLUMNS.items():
        row = rows.loc[rows["kind"] == kind, "row"].to_numpy()
        truth = catalogue.iloc[row]
        bright = truth["quasar_r_mag_observed"].to_numpy() <= truth["quasar_r_mag_observed"].median()
        row, truth = row[bright], truth[bright]
        for position in spread_examples(truth, truth[column].to_numpy(), 4)[1:3]:
            index = int(row[position])
            object_id, redshift = truth["object_id"].iloc[position], truth["z_source"].iloc[position]
            words = f"{KIND_NAMES[kind]}\n{object_id}, z = {redshift:.2f}"
            image = colour_image(cubes[index], wavelength_aa)
            examples.append(images.Example(words, image, spectra[index]))
    return images.pseudo_spectra_figure(
        examples,
        wavelength_aa,
        results.params.section(Jpas).observation.pixel_scale_arcsec,
        "test objects and their two pseudo-spectra",
    )


COMPARISON = JpasComparison()
