# ruff: noqa: E501 (a row of a Markdown table is one line)
"""Text of the report as a Jinja template, and the style of its HTML."""

from __future__ import annotations

TEMPLATE = """\
# {{ words.title }}

{{ report.setting }}

> {{ words.verdict }}

## What was compared

{{ words.compared }} An object
is called a lens at p ≥ {{ threshold }}; recall, false-positive rate, precision, accuracy and McNemar's test are at this threshold.

## Measures

In brackets: {{ level }} bootstrap interval over the test part's {{ groups }}; †: Wilson's, where no draw differs from another.

{{ measures }}
{{ words.talk_note }}

Purity on the sky takes one lens in {{ sky_ratio }} objects instead of the test set's balance; what else the sky holds that the
simulation does not is not in it.
{% for section in words.sections %}
## {{ section.title }}

{{ section.text }}
{% endfor %}
## Figures

{% for path, caption in report.figures -%}
![{{ caption }}]({{ path }})

*{{ caption }}*

{% endfor -%}
## How to read the intervals

{{ words.intervals }} Each interval stands for itself: of several, one may exclude zero by chance. Where a model makes no mistake at all, the bootstrap interval has no width, and
Wilson's stands in its place (†). The maximum of F_β is chosen on the test objects themselves, the line below it is not. The spread between
trainings with other seeds is not in any of these intervals.

## How to get each number again

| claim | command |
|---|---|
{% for claim, command in report.commands -%}
| {{ claim }} | `{{ command }}` |
{% endfor %}"""

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.7rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
code { background: #f4f4f4; padding: 0.1rem 0.3rem; }
em { color: #555; }"""
