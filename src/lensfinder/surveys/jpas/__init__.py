"""J-PAS: lensed quasars in 56 bands."""

from lensfinder.surveys.survey import Survey

JPAS = Survey(
    name="jpas",
    package="lensfinder.surveys.jpas",
    section="params:Jpas",
    paths="paths:JpasPaths",
    columns="columns:COLUMNS",
    representations="representations:REPRESENTATIONS",
    simulate="simulate:simulate_jpas",
    parts="parts:PARTS",
    prepare="suites.prepare:prepare",
    objects="objects:OBJECTS",
    comparison="comparison:COMPARISON",
    baselines="baselines:BASELINES",
    cut="split",
    represent="represent:represent",
    add_commands="cli:add_commands",
)
