"""A page: Markdown beside its figures, and HTML with the figures inside, to be mailed."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lensfinder.params import Params

MEANINGFUL_LENSES = 200
"""Lenses below which an interval on recall is wider than any difference worth discussing."""

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.7rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
code { background: #f4f4f4; padding: 0.1rem 0.3rem; }
em { color: #555; }"""  # noqa: E501


@dataclass(frozen=True)
class Section:
    """A heading and the Markdown below it."""

    title: str
    text: str


def setting(
    params: Params, survey: str, n_objects: int, objects: str, n_lenses: int, lenses: str = "test lenses"
) -> str:
    """Say what was run, and warn where it is too small to mean anything.

    ``objects`` and ``lenses`` are the words that follow both numbers.
    """
    epochs_max = params.survey(survey).training.epochs_max
    text = (
        f"Preset {params.preset}, seed {params.seed}: {n_objects:,} {objects}, at most {epochs_max} epochs."
    )
    if n_lenses < MEANINGFUL_LENSES:
        text += f" **With {n_lenses} {lenses} this shows that everything runs; its numbers mean nothing.**"
    return text


def write_page(folder: Path, title: str, setting: str, verdict: str, sections: Sequence[Section]) -> None:
    """Write ``report.md`` and ``report.html`` beside the figures of ``folder``."""
    text = f"# {title}\n\n{setting}\n\n> {verdict}\n"
    text += "".join(f"\n## {of.title}\n\n{of.text.strip()}\n" for of in sections)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(_html(text, title, folder), encoding="utf-8")


def figures_section(figures: Sequence[tuple[str, str]]) -> Section:
    """Show figures, pairs of path relative to the report and caption."""
    return Section("Figures", "\n\n".join(f"![{words}]({path})\n\n*{words}*" for path, words in figures))


def commands_section(commands: Sequence[tuple[str, str]]) -> Section:
    """Set beside each claim the command that makes it again."""
    table = markdown_table(["claim", "command"], [[claim, f"`{command}`"] for claim, command in commands])
    return Section("How to get each number again", table)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown, ending with a line break."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _html(markdown_text: str, title: str, folder: Path) -> str:
    """Turn the Markdown into one HTML file with the images of ``folder`` inside."""
    import markdown

    body = markdown.markdown(markdown_text, extensions=["tables"], output_format="html")

    def inlined(match: re.Match[str]) -> str:
        encoded = base64.b64encode((folder / match.group(1)).read_bytes()).decode("ascii")
        return f'src="data:image/png;base64,{encoded}"'

    body = re.sub(r'src="([^":]+\.png)"', inlined, body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
