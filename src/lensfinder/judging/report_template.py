# ruff: noqa: E501 (a row of a Markdown table is one line)
"""Text of the report as a Jinja template, and the style of its HTML."""

from __future__ import annotations

TEMPLATE = """\
# {{ report.title }}

{{ report.setting }}

> {{ report.verdict }}

## What was compared

{{ n_test }} test objects ({{ n_lenses }} lenses), of sky tiles that no training or validation object comes from. An object
is called a lens at p ≥ {{ threshold }}; recall, false-positive rate, precision, accuracy and McNemar's test are at this threshold.

## Measures

In brackets: {{ level }} bootstrap interval over the test part's {{ groups }}; †: Wilson's, where no draw differs from another.

| |{% for name in models %} {{ name }} |{% endfor %}{% for name in report.talk %} talk: {{ name }} |{% endfor %}

|---|{% for name in columns %}---|{% endfor %}

{% for row in table -%}
| {{ row | join(" | ") }} |
{% endfor %}
Talk: {{ report.talk_source }}. Its columns are printed counts on other data: beside ours for orientation, not as a test.

Purity on the sky takes one lens in {{ sky_ratio }} objects instead of the test set's balance; what else the sky holds that the
simulation does not is not in it.

## Is the difference real?

{{ first }} − {{ second }}, on the same objects and the same bootstrap draws:

| measure | difference |
|---|---|
{% for name, words in differences -%}
| {{ name }} | {{ words }} |
{% endfor %}
McNemar's exact test at p ≥ {{ threshold }}: only {{ first }} has {{ c.only_first_correct }} objects right, only {{ second }} \
{{ c.only_second_correct }}; p = {{ p_all }} (lenses alone {{ p_lenses }}, non-lenses alone {{ p_non_lenses }}).

## What each costs

| |{% for name in models %} {{ name }} |{% endfor %}

|---|{% for name in models %}---|{% endfor %}

| bytes an object, in memory |{% for name in models %} {{ "{:,}".format(report.metrics[name].input_bytes_per_object) }} |{% endfor %}

| data-size saving, in memory |{% for name in models %} {{ "{:.4g}".format(report.metrics[name].data_size_saving) }} |{% endfor %}

| training |{% for name in models %} {{ report.training.get(name, "not known") }} |{% endfor %}

{% if "data_size_saving_disk" in c -%}
Measured on disk, {{ second }} takes {{ "{:.4g}".format(c.data_size_saving_disk) }} times less than {{ first }} \
({{ "{:,}".format(c.bytes_on_disk_second) }} against {{ "{:,}".format(c.bytes_on_disk_first) }} bytes).
{% endif %}
## Figures

{% for path, caption in report.figures -%}
![{{ caption }}]({{ path }})

*{{ caption }}*

{% endfor -%}
## How to read the intervals

One galaxy and one quasar spectrum serve several objects, so objects are not independent: the bootstrap draws whole
{{ plural }}. McNemar's test, and the Wilson intervals in the metrics files and in the figures of completeness, take objects as
independent and are therefore a little too sure. Each interval stands for itself: of several, one may exclude zero by chance. Where a model makes no mistake at all, the bootstrap interval has no width, and
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
