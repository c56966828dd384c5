"""The one place that runs Great Expectations."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Nothing leaves this machine; must be set before the import below, which reads it.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig

from lensfinder.gate.expectations import Suite
from lensfinder.gate.outcome import EXAMPLES_MAX, Finding, Outcome
from lensfinder.gate.report import make_self_contained, write_entry_page

NOT_FINITE = ("nan", "inf", "-inf")
"""How JSON and messages spell what is no finite number."""


class Gate:
    """One application of suites to tables, from which an outcome and the HTML report are made."""

    def __init__(self, survey: str) -> None:
        self._survey = survey
        self._context: EphemeralDataContext = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        self._source = self._context.data_sources.add_pandas(survey)

    def check(
        self,
        suites: Sequence[Suite],
        tables: Mapping[str, pd.DataFrame],
        expected_failures: Sequence[str] = (),
    ) -> Outcome:
        """Apply each suite to the table that it names (with a plain index).

        Parameters
        ----------
        expected_failures
            Names of expectations that must not be met.

        Raises
        ------
        KeyError
            If a suite names a table that is not there.
        """
        findings: list[Finding] = []
        for suite in suites:
            findings += self._check_table(suite, tables[suite.table])
        n_rows = {suite.table: len(tables[suite.table]) for suite in suites}
        shown = {suite.table: _records(tables[suite.table]) for suite in suites if suite.shown}
        return Outcome(self._survey, n_rows, tuple(findings), tuple(expected_failures), shown)

    def _check_table(self, suite: Suite, table: pd.DataFrame) -> list[Finding]:
        batch = self._source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("all rows")
        expectations = self._context.suites.add(
            gx.ExpectationSuite(name=suite.table, expectations=list(suite.expectations))
        )
        definition = self._context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.table, data=batch, suite=expectations)
        )
        result = definition.run(
            batch_parameters={"dataframe": table},
            expectation_parameters=suite.thresholds,
            result_format={
                "result_format": "COMPLETE",
                "partial_unexpected_count": EXAMPLES_MAX,
                "return_unexpected_index_query": False,
            },
            run_id=RunIdentifier(run_name=self._survey),
        )
        findings = [_finding(suite, table, one) for one in result.results]
        # The order of results is Great Expectations' own: the suite's reads better and is always the same.
        order = {(expectation.meta or {})["name"]: i for i, expectation in enumerate(suite.expectations)}
        return sorted(findings, key=lambda finding: order[finding.name])

    def write_report(self, outcome: Outcome, folder: Path) -> Path:
        """Write the HTML report ("Data Docs") of all that was checked, in place of an earlier one.

        Returns
        -------
        Path
            Its entry page.
        """
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._context.add_data_docs_site(
            self._survey,
            {
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(partial.absolute()),
                },
            },
        )
        self._context.build_data_docs(site_names=[self._survey])
        make_self_contained(partial)
        write_entry_page(partial, outcome)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        return folder / "index.html"


def _finding(suite: Suite, table: pd.DataFrame, result: ExpectationValidationResult) -> Finding:
    config = result.expectation_config
    if config is None:
        raise ValueError("Great Expectations returned a result without its expectation")
    details: dict[str, Any] = result.result or {}
    by_row = "unexpected_count" in details
    failing = table.loc[details.get("unexpected_index_list") or []]
    observed = None if by_row else details.get("observed_value")
    if result.exception_info and _exception(result.exception_info):
        observed = f"the check itself failed: {_exception(result.exception_info)}"
    return Finding(
        table=suite.table,
        name=config.meta["name"],
        checks=(config.description or "").replace("$$", "$"),
        success=bool(result.success),
        observed=_plain(observed),
        n_checked=details["element_count"] if by_row else None,
        n_unexpected=details["unexpected_count"] if by_row else None,
        examples=() if failing.empty else _examples(suite, failing, config.kwargs),
    )


def _exception(info: Mapping[str, Any]) -> str:
    """Return the message of the first exception, from either of the two forms Great Expectations uses."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return next((str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")), "")


def _examples(suite: Suite, failing: pd.DataFrame, kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Choose failing rows to name, each ordered as "who, then what".

    Those whose checked values differ come first, and those of two columns are sorted by the first, so that a
    leak shows both its sides. (Great Expectations would name failing rows too, at 0.1 ms each for each
    expectation: minutes where a split of 42,000 objects is thoroughly wrong.)
    """
    pair = [kwargs[key] for key in ("column_A", "column_B") if key in kwargs]
    checked = pair or [*kwargs.get("column_list", [kwargs.get("column")])]
    repeated = failing[checked].duplicated()
    distinct = failing[~repeated].sort_values(pair[0], kind="stable") if pair else failing[~repeated]
    columns = list(dict.fromkeys([*suite.row_names, *checked]))
    chosen = pd.concat([distinct, failing[repeated]])[columns].head(EXAMPLES_MAX)
    examples = []
    for values in chosen.to_dict(orient="records"):
        example = {str(name): _plain(value) for name, value in values.items()}
        # Of many columns that were checked together, those that are no numbers are to blame.
        blamed = {name: value for name, value in example.items() if value in NOT_FINITE}
        names = {name: example[name] for name in suite.row_names}
        examples.append(names | blamed if blamed else example)
    return tuple(examples)


def _records(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return the rows of a table as plain data; a missing number is None."""
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return tuple({str(name): _plain(value) for name, value in row.items()} for row in rows)


def _plain(value: Any) -> Any:
    """Turn a value into what JSON can hold; NaN and infinities become words."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
