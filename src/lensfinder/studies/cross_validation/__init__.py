"""Cross-validation: is the answer an accident of one split?"""

from lensfinder.studies.study import Study

CV = Study(
    name="cv",
    package="lensfinder.studies.cross_validation",
    surveys=("jpas", "euclid"),
    section="params:CrossValidation",
    check="params:check",
    commands="cli:app",
    rebuild="tracking:rebuild",
    logged=("cv",),
)
LEAK = Study(
    name="cv_leak",
    package="lensfinder.studies.cross_validation",
    surveys=("jpas",),
    rebuild="tracking:rebuild",
    logged=("cv",),
)
"""The same on folds of objects dealt at random, the usual mistake."""
