"""``params.yaml`` read whole or in parts: the sections of surveys and studies come from these themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, create_model, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lensfinder import plugins
from lensfinder.errors import UserError
from lensfinder.params.base import Cosmology, Count, Section, SurveySection

Kind = TypeVar("Kind", bound=Section)


class Params(Section):
    """All of ``params.yaml`` that was asked for; each survey's section is an attribute of its name."""

    preset: str
    seed: Count
    cosmology: Cosmology

    @property
    def surveys(self) -> tuple[str, ...]:
        """Names of the surveys whose sections were read."""
        return tuple(name for name in type(self).model_fields if name not in Params.model_fields)

    def survey(self, name: str) -> SurveySection:
        """Return the section of a survey, by its name.

        Raises
        ------
        UserError
            If there is none, or it was not read.
        """
        if name not in self.surveys:
            raise UserError(f"params.yaml: no section {name}; there are {', '.join(self.surveys)}")
        section: SurveySection = getattr(self, name)
        return section

    def section(self, kind: type[Kind]) -> Kind:
        """Return the section of a survey, by its type."""
        return next(section for name in self.surveys if isinstance(section := getattr(self, name), kind))


def read_params(
    path: Path | str = "params.yaml",
    surveys: Collection[str] | None = None,
    studies: Collection[str] | None = None,
    checked: Collection[str] | None = None,
) -> Params:
    """Read and check a parameter file, and ``pipelines/<name>/params.yaml`` of surveys from outside.

    Parameters
    ----------
    surveys, studies
        Those whose sections are read; all that the file has without. Others are neither checked nor is
        their code imported.
    checked
        Studies that must fit the survey, too; without, those that ``studies`` names. Whether one fits
        concerns nobody but those who ask for it: what reads the whole file must not stop for it.

    Raises
    ------
    UserError
        If the file is missing, not UTF-8 or no YAML, or if any field is unknown, missing or impossible; every
        such field is named with its value.
    """
    path = Path(path)
    raw, known = load_yaml(path), plugins.names(plugins.SURVEYS)
    for name in known:
        if (outside := path.parent / "pipelines" / name / "params.yaml").is_file():
            raw |= load_yaml(outside)
    wanted = [name for name in known if (name in raw if surveys is None else name in surveys)]
    values = {name: value for name, value in raw.items() if name in wanted or name not in known}
    chosen = plugins.names(plugins.STUDIES) if studies is None else studies
    for name in wanted:
        if isinstance(values.get(name), dict):
            values[name] = {
                key: value
                for key, value in values[name].items()
                if key in chosen or key not in plugins.names(plugins.STUDIES)
            }
    try:
        fitting = (studies or ()) if checked is None else checked
        return params_type(wanted, chosen, fitting).model_validate(values)
    except ValidationError as error:
        raise UserError(_explain(path, error)) from None


def params_type(surveys: Collection[str], studies: Collection[str], checked: Collection[str]) -> type[Params]:
    """Return the type of parameters with the sections of these surveys and, in them, these studies.

    Those that are ``checked`` must fit their survey.
    """
    sections: dict[str, Any] = {name: (_section_type(name, studies, checked), ...) for name in surveys}
    return create_model("Params", __base__=Params, **sections)


def _section_type(survey: str, studies: Collection[str], checked: Collection[str]) -> type[SurveySection]:
    base: type[SurveySection] = plugins.load(plugins.SURVEYS, survey).section
    fields: dict[str, Any] = {}
    checks: dict[str, Any] = {}
    for name in studies:
        study = plugins.load(plugins.STUDIES, name)
        if survey in study.surveys and study.section is not None:
            fields[name] = (study.section, ...)
            if name in checked and study.check is not None:
                checks[f"check_{name}"] = model_validator(mode="after")(_checked(study.check))
    return create_model(base.__name__, __base__=base, __validators__=checks, **fields)


def _checked(check: Callable[[Any], None]) -> Callable[[Any], Any]:
    def checked(self: Any) -> Any:
        check(self)
        return self

    return checked


def load_yaml(path: Path, yaml: YAML | None = None) -> dict[str, Any]:
    """Read a parameter file, or an overlay for one, as it stands; with ``yaml`` as that reads it.

    Raises
    ------
    UserError
        If it is missing, not UTF-8, no YAML, or no mapping.
    """
    try:
        raw = (yaml or YAML(typ="safe")).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run lensfinder at the root of the repository") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); save it again with that encoding") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path}: expected parameters by name, found {raw!r}")
    return raw


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"{path}: {error.error_count()} wrong value(s)"]
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "(file)"
        # A whole section as "value" (missing field, cross-field check) would bury the message.
        value = "" if isinstance(problem["input"], dict | BaseModel) else f" = {problem['input']!r}"
        lines.append(f"  {field}{value}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
