"""Expectations that Great Expectations does not bring along, and how all of them get name and wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnPairMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_pair_condition_partial,
    multicolumn_condition_partial,
)


@dataclass(frozen=True)
class Suite:
    """What is expected of one table.

    ``row_names`` are the columns that name a failing row, its own name first; ``thresholds`` are the values
    behind ``$PARAMETER``. A table that is ``shown`` is in the report with all its rows.
    """

    table: str
    row_names: tuple[str, ...]
    expectations: tuple[gxe.Expectation, ...]
    thresholds: dict[str, Any]
    shown: bool = False


def about(name: str, checks: str) -> dict[str, Any]:
    """Return the arguments that give an expectation its short name and say what it checks in words."""
    # Data Docs take "$" for the start of a template variable.
    return {"meta": {"name": name}, "description": checks.replace("$", "$$")}


class ColumnsFinite(MulticolumnMapMetricProvider):
    """Row by row: are all these columns numbers, neither missing nor infinite?"""

    condition_metric_name = "multicolumn_values.finite"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series[bool]:  # noqa: N805
        finite = np.isfinite(column_list.to_numpy(dtype=np.float64)).all(axis=1)
        return pd.Series(finite, index=column_list.index)


class ExpectColumnsToBeFinite(MulticolumnMapExpectation):
    """Expect numbers in all of ``column_list``, neither missing nor infinite.

    Most other expectations pass over missing values, so this one asks for each that must be there.
    """

    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "never"
    map_metric: ClassVar[str] = "multicolumn_values.finite"
    args_keys: ClassVar[tuple[str, ...]] = ("column_list",)


class ColumnPairGroupInOne(ColumnPairMapMetricProvider):
    """Row by row: do all rows with this value of A have the same value of B?"""

    condition_metric_name = "column_pair_values.group_in_one"

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805 (the decorator makes it a class method)
        column_A: pd.Series[Any],
        column_B: pd.Series[Any],
        **kwargs: Any,
    ) -> pd.Series[bool]:
        return column_B.groupby(column_A).transform("nunique") <= 1


class ExpectColumnPairGroupInOne(ColumnPairMapExpectation):
    """Expect every group of ``column_A`` to lie wholly within one value of ``column_B``.

    Failing rows are all members of a group that is spread over several: no galaxy, quasar or tile may be in
    two parts of a split.
    """

    ignore_row_if: str = "neither"
    map_metric: ClassVar[str] = "column_pair_values.group_in_one"
    success_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "ignore_row_if", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B")
