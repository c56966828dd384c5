"""The Euclid-like survey: four-band stamps of galaxies and what they lens."""

from lensfinder.surveys.survey import Survey

EUCLID = Survey(
    name="euclid",
    package="lensfinder.surveys.euclid",
    section="params:Euclid",
    paths="paths:EuclidPaths",
    columns="columns:COLUMNS",
    representations="representations:REPRESENTATIONS",
    simulate="simulate:simulate_euclid",
    parts="parts:PARTS",
    prepare="suites.prepare:prepare",
    objects="objects:OBJECTS",
    comparison="comparison:COMPARISON",
    baselines="baselines:BASELINES",
    cut="select",
    add_commands="cli:add_commands",
)
