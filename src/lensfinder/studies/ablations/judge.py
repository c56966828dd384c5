"""Study ``ablations``: the scores of all its networks → measures, paired differences and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.evaluation.evaluated import judge, part_of
from lensfinder.figures.style import save_figure
from lensfinder.params import Params
from lensfinder.report.report import html_report, markdown_table
from lensfinder.stages.compare import MEANINGFUL_LENSES
from lensfinder.studies.ablations.figures import differences
from lensfinder.studies.ablations.measures import judge_ablations
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
from lensfinder.surveys.registry import judging_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import ABLATIONS, StudyPaths, SurveyPaths

TITLE = "Lensed quasars in J-PAS: what do the models need?"


def judge_all(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    """Measure the ablations and the models they are compared with, report, and return ``ablations.json``.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    """
    survey, section = judging_of(paths.survey), params.jpas
    study = StudyPaths(paths, ABLATIONS)
    definitions = {**section.models, **section.ablation_models}
    against = {other for ablation in section.ablations.values() for other in ablation.against}
    names = [name for name in definitions if name in against or name in section.ablations]
    catalogue = read_table(paths.catalogue, survey.catalogue_columns)
    judged = {}
    for name in names:
        model = study.model(name) if name in section.ablations else paths.model(name)
        scores = read_table(model.scores, survey.score_columns)
        groups = survey.groups_of(part_of(scores, "test")[0], catalogue)
        judged[name] = judge(name, scores, groups, section.judging, params.seed)
    sizes = {
        name: _bytes_per_object(paths, definitions[name].representation, len(catalogue)) for name in names
    }
    content = judge_ablations(
        judged,
        survey.kind_of(judged[names[0]].rows),
        section.ablations,
        definitions,
        sizes,
        _bytes_per_object(paths, survey.reference, len(catalogue)),
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


def _bytes_per_object(paths: SurveyPaths, representation: str, n_objects: int) -> int:
    return sum(int(images[0].nbytes) for images in open_images_of(paths.images_of(representation), n_objects))


def _write_report(study: StudyPaths, params: Params, content: Mapping[str, Any], n_objects: int) -> None:
    section = params.jpas
    definitions = {**section.models, **section.ablation_models}
    bands, places = (_read_csv(study, name) for name in (BANDS_FILE, PLACES_FILE))
    setting = (
        f"Preset {params.preset}, seed {params.seed}: {n_objects:,} simulated objects, at most "
        f"{section.training.epochs_max} epochs."
    )
    if content["n_lenses"] < MEANINGFUL_LENSES:
        setting += (
            f" **With {content['n_lenses']} test lenses this shows that everything runs; "
            "its numbers mean nothing.**"
        )
    compared = (
        "Each ablation is a model with one thing taken from it or done otherwise, trained on the same "
        f"objects with the same parameters, and asked about the same {content['n_test']:,} test objects "
        f"({content['n_lenses']:,} lenses), of sky tiles that no training or validation object comes from. "
        f"An object is called a lens at p ≥ {content['threshold']:g}."
    )
    commands = [
        ("everything on this page", "make ablations"),
        ("the numbers", "dvc metrics show metrics/jpas/ablations.json"),
        ("which change makes which ablation", "jpas.ablations in params.yaml"),
    ]
    told = [
        ("What was compared", compared),
        ("Measures", measures_table(content)),
        *((of.title, of.text) for of in sections(content, definitions)),
        ("Where the models look", occlusion_words(bands, places, section.judging.interval_level)),
        (
            "Figures",
            "![Paired differences](figures/differences.png)\n\n*Paired differences with intervals; filled "
            f"where the interval excludes zero.*\n\n![Hidden light]({FIGURE_FILE})\n\n*Rise of the loss "
            "where a band or a place is hidden, with bootstrap intervals; dots mark places whose interval "
            "lies above zero.*",
        ),
        ("How to read the intervals", interval_words(content)),
        ("How to get each number again", markdown_table(["claim", "command"], commands)),
    ]
    text = f"# {TITLE}\n\n{setting}\n\n> {verdict(content, definitions)}\n"
    text += "".join(f"\n## {title}\n\n{words.rstrip()}\n" for title, words in told)
    folder = study.report_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(html_report(text, TITLE, folder), encoding="utf-8")


def _read_csv(study: StudyPaths, name: str) -> pd.DataFrame:
    path = study.report_dir / name
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `lensfinder ablations occlude jpas` makes it") from None
