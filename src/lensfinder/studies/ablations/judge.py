"""Study ``ablations``: the scores of all its networks → measures, paired differences and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lensfinder.datasets.files import bytes_per_object
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.figures.style import save_figure
from lensfinder.params import Params
from lensfinder.report.page import Section, markdown_table, setting, write_page
from lensfinder.stages.evaluate import read_replicas
from lensfinder.studies.ablations import ABLATIONS
from lensfinder.studies.ablations.figures import differences
from lensfinder.studies.ablations.measures import judge_ablations
from lensfinder.studies.ablations.params import judged, models, skipped_words, unchanged
from lensfinder.studies.ablations.representations import REPRESENTATIONS
from lensfinder.studies.ablations.summary import (
    SHOWN,
    TITLES,
    interval_words,
    measures_table,
    sections,
    verdict,
)
from lensfinder.studies.occlusion.measures import BANDS_FILE, FIGURE_FILE, PLACES_FILE
from lensfinder.studies.occlusion.summary import occlusion_words
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths

TITLE = "Lensed quasars in J-PAS: what do the models need?"


def judge_all(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    """Measure the ablations and the models they are compared with, report, and return ``ablations.json``.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others, or if every ablation equals its model.
    """
    survey, section = survey_of(paths.survey), params.survey(paths.survey)
    objects, ablations = survey.objects, judged(section)
    if not ablations:
        raise UserError(f"params.yaml: {paths.survey}.ablations: none changes anything of its model")
    study = StudyPaths(paths, ABLATIONS.name)
    definitions = {**section.models, **models(section)}
    against = {other for ablation in ablations.values() for other in ablation.against}
    names = [name for name in definitions if name in against or name in ablations]
    catalogue = read_table(paths.catalogue, survey.columns.catalogue)
    measured = {
        name: read_replicas(
            paths, params, name, (study if name in ablations else paths).model(name), catalogue
        )
        for name in names
    }
    read = {objects.reference, *(definitions[name].representation for name in names)}
    sizes = {of: bytes_per_object(REPRESENTATIONS[of].files(paths.root), len(catalogue)) for of in read}
    content = judge_ablations(
        measured,
        objects.kind_of(measured[names[0]].committee.rows),
        ablations,
        definitions,
        {name: sizes[definitions[name].representation] for name in names},
        sizes[objects.reference],
        section.judging,
    )
    write_json(study.metrics, content)
    asked = {
        title: pairs
        for question, title in TITLES.items()
        if (pairs := [of for of in content["comparisons"].values() if of["question"] == question])
    }
    title = f"paired differences, {content['n_test']:,} test objects"
    save_figure(differences(asked, list(SHOWN), title), study.report_dir / "figures" / "differences.png")
    _write_report(study, params, content, len(catalogue))
    return content


def _write_report(study: StudyPaths, params: Params, content: Mapping[str, Any], n_objects: int) -> None:
    section = params.survey(study.survey.survey)
    definitions = {**section.models, **models(section)}
    bands, places = (_read_csv(study, name) for name in (BANDS_FILE, PLACES_FILE))
    compared = (
        "Each ablation is a model with one thing taken from it or done otherwise, trained on the same "
        f"objects with the same parameters, and asked about the same {content['n_test']:,} test objects "
        f"({content['n_lenses']:,} lenses), of sky tiles that no training or validation object comes from. "
        f"An object is called a lens at p ≥ {content['threshold']:g}."
    )
    if same := unchanged(section):
        compared += f" Left out, because it changes nothing: {skipped_words(same)}."
    commands = [
        ("everything on this page", "make ablations"),
        ("the numbers", "dvc metrics show metrics/jpas/ablations.json"),
        ("which change makes which ablation", "jpas.ablations in params.yaml"),
    ]
    write_page(
        study.report_dir,
        TITLE,
        setting(params, study.survey.survey, n_objects, "simulated objects", content["n_lenses"]),
        verdict(content, definitions),
        [
            Section("What was compared", compared),
            Section("Measures", measures_table(content)),
            *sections(content, definitions),
            Section("Where the models look", occlusion_words(bands, places, section.judging.interval_level)),
            Section(
                "Figures",
                "![Paired differences](figures/differences.png)\n\n*Paired differences with intervals; "
                f"filled where they are resolved.*\n\n![Hidden light]({FIGURE_FILE})\n\n*Rise "
                "of the loss where a band or a place is hidden, with bootstrap intervals; dots mark places "
                "whose interval lies above zero.*",
            ),
            Section("How to read the intervals", interval_words(content)),
            Section("How to get each number again", markdown_table(["claim", "command"], commands)),
        ],
    )


def _read_csv(study: StudyPaths, name: str) -> pd.DataFrame:
    path = study.report_dir / name
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `lensfinder ablations occlude jpas` makes it") from None
