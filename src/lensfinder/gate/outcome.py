"""What the gate found, as plain data: written to JSON, told in a message, logged with a run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lensfinder.workspace.jsonfiles import write_json

EXAMPLES_MAX = 20
"""Failing rows that a finding names."""

EXAMPLES_TOLD = 3
"""Failing rows that the message on the terminal names."""


@dataclass(frozen=True)
class Finding:
    """Result of one expectation.

    ``observed`` is the number found by an expectation that looks at a whole table, None for one that looks
    at rows; ``n_checked`` and ``n_unexpected`` count rows, and ``examples`` holds some failing ones: their
    names and the values that failed.
    """

    table: str
    name: str
    checks: str
    success: bool
    observed: Any
    n_checked: int | None
    n_unexpected: int | None
    examples: tuple[dict[str, Any], ...]

    def told(self) -> str:
        """Say in a few lines which expectation failed, where and for how many."""
        expected = "expected to fail: " if self.success else ""
        lines = [f"{self.table}: {self.name}: {expected}{self.checks}"]
        if self.n_unexpected is not None:
            lines.append(f"  {self.n_unexpected} of {self.n_checked} rows fail")
            lines += [f"  {_row(example)}" for example in self.examples[:EXAMPLES_TOLD]]
            if self.n_unexpected > EXAMPLES_TOLD:
                lines.append(f"  … and {self.n_unexpected - EXAMPLES_TOLD} more")
        else:
            lines.append(f"  found: {self.observed}")
        return "\n".join("  " + line for line in lines)


@dataclass(frozen=True)
class Outcome:
    """Everything that the gate found in one survey's dataset, or in the folds of a study.

    ``expected_failures`` names expectations that must not be met, where something wrong is done to show it.
    ``shown`` holds the rows of the tables that the report shows whole.
    """

    survey: str
    n_rows: dict[str, int]
    findings: tuple[Finding, ...]
    expected_failures: tuple[str, ...] = ()
    shown: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Findings that are not as expected: not met, or met where they must not be."""
        return tuple(finding for finding in self.findings if not self._as_expected(finding))

    def _as_expected(self, finding: Finding) -> bool:
        if finding.name not in self.expected_failures:
            return finding.success
        # A check that broke has counted no row, and has shown nothing.
        return not finding.success and bool(finding.n_unexpected)

    @property
    def success(self) -> bool:
        """Whether training may begin."""
        return not self.failed

    def of_tables(self, tables: Collection[str]) -> Outcome:
        """Return what was found in some of the tables."""
        findings = tuple(finding for finding in self.findings if finding.table in tables)
        names = {finding.name for finding in findings}
        return Outcome(
            self.survey,
            {table: n_rows for table, n_rows in self.n_rows.items() if table in tables},
            findings,
            tuple(name for name in self.expected_failures if name in names),
            {table: rows for table, rows in self.shown.items() if table in tables},
        )

    def message(self, report: Path) -> str:
        """Explain a failure; ``report`` is where the HTML report lies."""
        failed = self.failed
        as_should_be = "as expected" if self.expected_failures else "met"
        head = (
            f"{self.survey}: {len(failed)} of {len(self.findings)} expectations of the dataset are not "
            f"{as_should_be}"
        )
        tail = f"Nothing was trained. The full report: {report}"
        return "\n".join([head, *(finding.told() for finding in failed), tail])

    def write(self, path: Path) -> None:
        """Write all of it as JSON, the same for the same data: no times, random names or absolute paths."""
        content = {
            "survey": self.survey,
            "success": self.success,
            "n_expectations": len(self.findings),
            "n_failed": len(self.failed),
            **({"expected_failures": self.expected_failures} if self.expected_failures else {}),
            "n_rows": self.n_rows,
            "expectations": [asdict(finding) for finding in self.findings],
            **({"shown": self.shown} if self.shown else {}),
        }
        write_json(path, content)


def _row(example: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in example.items())
