"""A study from outside: trained on shuffled labels, does a network still find lenses? Its AUC must be 0.5."""

from lensfinder.studies.study import Study

SHUFFLED = Study(
    name="shuffled",
    package="toy_shuffled",
    surveys=("toy",),
    section="study:Shuffled",
    commands="study:app",
    logged=("shuffled",),
)
