"""Hard negatives: what looks like a lens, is none, and was never trained on."""

from lensfinder.studies.study import Study

HARD_NEGATIVES = Study(
    name="hard_negatives",
    package="lensfinder.studies.hard_negatives",
    surveys=("jpas",),
    section="params:HardNegatives",
    check="params:check",
    commands="cli:app",
)
