"""The pages around Great Expectations' own: an entry page that reads well, and pages that need no network."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment

from lensfinder.gate.outcome import Outcome

STYLE = """
body { font-family: sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.8rem; text-align: left; vertical-align: top; }
li { margin: 0.2rem 0; }
code { background: #f3f3f3; padding: 0 0.2rem; }
.met, .text-success { color: #1a7f37; }
.unmet, .text-danger { color: #b3261e; }
.fas { font-style: normal; }
.fa-check-circle::before { content: "✔"; }
.fa-times::before { content: "✘"; }
.fa-exclamation-triangle::before { content: "⚠"; }
"""

_FETCHED = re.compile(
    r"<script[^>]*\bsrc\s*=\s*\"https?:[^>]*>\s*</script>"
    r"|<link[^>]*\bhref\s*=\s*\"https?:[^>]*>"
    r"|<img[^>]*\bsrc\s*=\s*\"https?:[^>]*>"
    r"|<footer>.*?</footer>"
    r"|background: url\('https?:[^;]*;",
    re.DOTALL,
)

_ENTRY = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Gate: {{ outcome.survey }}</title><style>{{ style | safe }}</style></head>
<body>
<h1>Is the {{ outcome.survey }} dataset fit to learn from?</h1>
{% if outcome.success and outcome.expected_failures %}
<p class="met">✔ All {{ outcome.findings | length }} expectations are as they should be: those named
{{ outcome.expected_failures | join(", ") }} must fail here, and do; all others are met.</p>
{% elif outcome.success %}
<p class="met">✔ All {{ outcome.findings | length }} expectations are met.</p>
{% else %}
<p class="unmet">✘ {{ outcome.failed | length }} of {{ outcome.findings | length }} expectations are not
{{ "as they should be" if outcome.expected_failures else "met" }}, and training does not begin.</p>
<ul>
{% for finding in outcome.failed %}
<li><a href="#{{ finding.table }}.{{ finding.name }}">{{ finding.table }}: {{ finding.checks }}</a></li>
{% endfor %}
</ul>
{% endif %}
<table>
<tr><th>table</th><th>rows</th><th>expectations</th><th>not met</th></tr>
{% for table, n_rows in outcome.n_rows.items() %}
{% set of_table = outcome.findings | selectattr("table", "eq", table) | list %}
{% set n_failed = of_table | rejectattr("success") | list | length %}
<tr><td><a href="#{{ table }}">{{ table }}</a></td><td>{{ n_rows }}</td><td>{{ of_table | length }}</td>
<td class="{{ 'unmet' if n_failed else 'met' }}">{{ n_failed }}</td></tr>
{% endfor %}
</table>
{% for table, n_rows in outcome.n_rows.items() %}
<h2 id="{{ table }}">{{ table }}</h2>
<p>{{ n_rows }} rows · <a href="{{ pages[table] }}">Great Expectations' page</a></p>
<table>
<tr><th></th><th>what is expected</th><th>what was found</th><th>name</th></tr>
{% for finding in outcome.findings if finding.table == table %}
<tr id="{{ finding.table }}.{{ finding.name }}">
<td class="{{ 'met' if finding.success else 'unmet' }}">{{ '✔' if finding.success else '✘' }}</td>
<td>{{ finding.checks }}</td>
<td>{% if finding.n_unexpected is not none %}{{ finding.n_unexpected }} of {{ finding.n_checked }} rows fail
{%- if finding.examples %}<ul>
{% for example in finding.examples %}<li>
{%- for name, value in example.items() %}{{ name }} = {{ value }}{{ ", " if not loop.last }}{% endfor %}</li>
{% endfor %}</ul>{% endif %}
{%- else %}{{ finding.observed }}{% endif %}</td>
<td><code>{{ finding.name }}</code></td>
</tr>
{% endfor %}
</table>
{% if outcome.shown[table] %}
<table>
<tr>{% for name in outcome.shown[table][0] %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in outcome.shown[table] %}
<tr>{% for value in row.values() %}<td>
{%- if value is none %}–{% elif value is float %}{{ "%.4g" | format(value) }}
{%- elif value is boolean %}{{ "yes" if value else "no" }}
{%- else %}{{ value }}{% endif %}</td>{% endfor %}</tr>
{% endfor %}
</table>
{% endif %}
{% endfor %}
</body>
</html>
"""


def write_entry_page(folder: Path, outcome: Outcome) -> None:
    """Write ``index.html``: all that was expected, failures first, with links to the pages in ``folder``.

    It stands in for Great Expectations' index, which is empty until scripts from a network have filled it.
    """
    pages: dict[str, str] = {}
    for page in sorted((folder / "validations").glob("*/**/*.html")):
        relative = page.relative_to(folder)
        pages[relative.parts[1]] = relative.as_posix()
    environment = Environment(autoescape=True, trim_blocks=True)
    text = environment.from_string(_ENTRY).render(outcome=outcome, pages=pages, style=STYLE)
    (folder / "index.html").write_text(text, encoding="utf-8")


def make_self_contained(folder: Path) -> None:
    """Take from every page what it would fetch from a network and give it a style of its own."""
    for page in folder.rglob("*.html"):
        text = _FETCHED.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("</head>", f"<style>{STYLE}</style></head>", 1), encoding="utf-8")
