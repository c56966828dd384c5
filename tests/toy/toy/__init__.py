"""A survey from outside: stamps of 8 × 8 pixels in two bands; a lens has two bright pixels, not one."""

from lensfinder.surveys.survey import Survey

TOY = Survey(
    name="toy",
    package="toy",
    section="params:Toy",
    paths="images:SurveyPaths",
    columns="images:COLUMNS",
    representations="images:REPRESENTATIONS",
    simulate="images:simulate",
    parts="images:PARTS",
    prepare="checks:prepare",
    objects="objects:OBJECTS",
    comparison="objects:COMPARISON",
    cut="split",
)
