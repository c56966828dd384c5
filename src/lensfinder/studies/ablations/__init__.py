"""Ablations: which information do the networks need?"""

from lensfinder.studies.study import Study

ABLATIONS = Study(
    name="ablations",
    package="lensfinder.studies.ablations",
    surveys=("jpas",),
    section="params:Ablations",
    check="params:check",
    models="params:models",
    commands="cli:app",
)
