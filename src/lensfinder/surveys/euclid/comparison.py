"""Euclid: which of the nested training sets makes the best model, and what the control says of the reason."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lensfinder.errors import UserError
from lensfinder.evaluation.comparison import compare, resolve
from lensfinder.params import Model
from lensfinder.report.page import Section
from lensfinder.report.report import ReportText
from lensfinder.surveys.euclid import summary
from lensfinder.surveys.euclid.figures import ranking as figures_ranking
from lensfinder.surveys.euclid.figures.population import population_figure
from lensfinder.surveys.euclid.params import CONTROL, Euclid
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.ranking import HEADLINE, RANKED, best_of, rank_models

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lensfinder.surveys.comparison import Results

QUESTION = "Which training set makes the model that best separates lenses from non-lenses in assessable 1?"
INTERVALS = (
    "Scatter of the objects of assessable 1, which share nothing, and of trainings with other seeds, pooled "
    "over all models; resolved by Holm's correction over all pairs of sets and the control's two."
)


class EuclidComparison:
    """See :class:`lensfinder.surveys.comparison.ModelComparison`."""

    def order(self, models: Mapping[str, Model]) -> list[str]:
        """Sets from the strictest to the loosest, then the control."""
        return list(models)

    def facts(self, paths: EuclidPaths) -> Path:
        """Counts of the selected sets."""
        return paths.selection

    def compare(self, results: Results) -> dict[str, Any]:
        """Rank the sets, and set each against the next and the control against both ends."""
        euclid = results.params.section(Euclid)
        names = list(euclid.selection.training_n_pix_above)
        models, scatters = results.models, results.scatters
        pairs = {
            (one, other): compare(models[one], models[other], scatters, euclid.judging)
            for one, other in combinations(names, 2)
        }
        control = {
            name: compare(models[CONTROL], models[end], scatters, euclid.judging)
            for name, end in (("selection", names[0]), ("sample_size", names[-1]))
        }
        resolve([*pairs.values(), *control.values()], euclid.judging.interval_level, RANKED)
        of_sets = {name: results.metrics[name] for name in names}
        ranking = {measure: rank_models(of_sets, measure, list(pairs.values())) for measure in RANKED}
        words = summary.control_words(control["selection"], control["sample_size"])
        committee = models[names[0]].committee
        label = committee.test.label
        return {
            "question": QUESTION,
            "n_test": len(label),
            "n_lenses": int(label.sum()),
            "threshold": euclid.judging.threshold,
            "beta": euclid.judging.beta,
            "interval_unit": committee.groups.unit,
            "intervals": INTERVALS,
            "sets": {name: _set_of(results, name) for name in models},
            "ranking": ranking,
            "best": {measure: best_of(of) for measure, of in ranking.items()},
            "neighbours": [pairs[neighbours] for neighbours in pairwise(names)],
            "control": {**control, "words": words},
        }

    def figures(
        self, results: Results, comparison: Mapping[str, Any], paths: EuclidPaths
    ) -> dict[str, tuple[Figure, str]]:
        """Measures against the size of the training set, and all paired differences."""
        n_test = f"{comparison['n_test']:,} test objects"
        simulated = results.catalogue[results.catalogue["origin"] == "simulated"]
        population = {
            "population": (
                population_figure(simulated),
                "The simulated population: stamps as they were drawn, the lenses among them, and the sky.",
            )
        }
        lenses = {name: of["count"] for name, of in comparison["sets"].items()}
        return {
            **(population if len(simulated) else {}),
            "ladder": (
                figures_ranking.nested_sets(
                    results.metrics, lenses, CONTROL, RANKED, f"what each training set achieves, {n_test}"
                ),
                "Measures against the number of training lenses; the control is the largest set, cut short.",
            ),
            "differences": (
                figures_ranking.paired_differences(
                    _pairs(comparison), RANKED, f"paired differences, {n_test}"
                ),
                "Paired differences of neighbouring sets, and of the control and both ends of the ladder; "
                "filled where they are resolved.",
            ),
        }

    def report_text(self, results: Results, comparison: Mapping[str, Any]) -> ReportText:
        """Say which set is best, and whether selection or sample size makes it so."""
        control = comparison["control"]
        mag_eff_min = results.params.section(Euclid).selection.training_mag_eff_min
        origin = " and ".join(sorted(results.catalogue["origin"].unique()))
        assessable = results.facts["assessable_1"]
        smallest, *_, largest = results.params.section(Euclid).selection.training_n_pix_above
        return ReportText(
            title="Lenses in Euclid: which training set makes the best model?",
            objects=f"{origin} stamps",
            verdict=summary.verdict(comparison, results.metrics),
            compared=(
                f"{len(results.models)} models of one architecture, on assessable 1: "
                f"{comparison['n_test']:,} objects ({comparison['n_lenses']:,} lenses) of a sample of their "
                f"own; of 100,000 stamps it would hold {assessable['scaled_to_100000']:,.0f}, the talk's "
                f"holds {assessable['talk']:,}."
            ),
            talk={},
            talk_note=(
                "The talk (Manjón-García et al., “Using convolutional neural networks to identify strong "
                "lenses in Euclid and J-PAS”, in prep.) gives the sizes of these sets and no result of "
                "their models."
            ),
            sections=(
                Section(
                    "What each model was trained on",
                    f"{summary.sets_table(comparison, results.epochs)}\n"
                    f"Every training lens has μ_eff ≥ {mag_eff_min:g} and at least one image; as many "
                    f"non-lenses go with them. {CONTROL} is {largest}, cut at random to the size of "
                    f"{smallest}.",
                ),
                Section(
                    "Which training set is best?",
                    f"{QUESTION} From best to worst; in brackets what is not resolved from the best:\n\n"
                    f"{summary.ranking_table(comparison)}",
                ),
                Section(
                    "Each set against the next",
                    "Differences in percentage points, with their intervals; bold where they are resolved "
                    "when all pairs are looked at together (Holm's correction):\n\n"
                    f"{summary.differences_table(comparison['neighbours'])}",
                ),
                Section(
                    "Selection or sample size?",
                    f"{CONTROL} has as many examples as {smallest}, and the selection of {largest}: against "
                    "the first it shows what the selection does, against the second what the number of "
                    "examples does.\n\n"
                    f"{summary.differences_table([control['selection'], control['sample_size']])}",
                ),
            ),
            intervals=(
                "No two stamps share a galaxy or a source: objects count one by one, and McNemar's test "
                "rightly takes them as independent. The best of several is chosen on the same objects that "
                "it is measured on, and therefore looks a little better than it is."
            ),
        )


def _pairs(comparison: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    control = comparison["control"]
    return [*comparison["neighbours"], control["selection"], control["sample_size"]]


def _set_of(results: Results, name: str) -> dict[str, Any]:
    bounds = results.params.section(Euclid).selection.training_n_pix_above
    try:
        counted = {key: results.facts[name].get(key) for key in ("count", "scaled_to_100000", "talk")}
    except KeyError:
        raise UserError(f"selection.json: no entry {name!r}; run the select stage again") from None
    measured = {measure: results.metrics[name][measure] for measure in HEADLINE}
    return {"n_pix_above": bounds.get(name, min(bounds.values())), **counted, **measured}


COMPARISON = EuclidComparison()
