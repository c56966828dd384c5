"""Expectations, one a line: name and wording first, then the column, then what is asked of it.

A limit is a number, or the name of one of the suite's thresholds; ``where`` keeps the rows that are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import RowConditionType

from lensfinder.gate.expectations import ExpectColumnPairGroupInOne, ExpectColumnsToBeFinite, about

Limit = float | str


def between(
    name: str,
    checks: str,
    column: str,
    *,
    low: Limit | None = None,
    high: Limit | None = None,
    above: Limit | None = None,
    below: Limit | None = None,
    where: RowConditionType = None,
) -> gxe.Expectation:
    """Every value is at least ``low`` and at most ``high``, or strictly ``above`` and ``below``."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column,
        min_value=_limit(low if above is None else above),
        max_value=_limit(high if below is None else below),
        strict_min=above is not None,
        strict_max=below is not None,
        row_condition=where,
        **about(name, checks),
    )


def one_of(
    name: str, checks: str, column: str, values: Iterable[Any], where: RowConditionType = None
) -> gxe.Expectation:
    """Every value is one of these."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column, value_set=list(values), row_condition=where, **about(name, checks)
    )


def known(column: str, values: Sequence[Any]) -> gxe.Expectation:
    """Every value is one of these, which the wording lists."""
    listed = ", ".join(map(str, values))
    return one_of(f"{column}_known", f"the {column} is one of {listed}", column, values)


def given(name: str, checks: str, column: str, where: RowConditionType = None) -> gxe.Expectation:
    """No text is empty."""
    return gxe.ExpectColumnValuesToNotBeInSet(
        column=column, value_set=[""], row_condition=where, **about(name, checks)
    )


def unique(
    name: str, checks: str, column: str = "object_id", where: RowConditionType = None
) -> gxe.Expectation:
    """No value is there twice."""
    return gxe.ExpectColumnValuesToBeUnique(column=column, row_condition=where, **about(name, checks))


def finite(name: str, checks: str, columns: Sequence[str], where: RowConditionType = None) -> gxe.Expectation:
    """All columns hold numbers, neither missing nor infinite."""
    return ExpectColumnsToBeFinite(column_list=list(columns), row_condition=where, **about(name, checks))


def numbers(name: str, columns: Sequence[str], rows: str, where: RowConditionType = None) -> gxe.Expectation:
    """As :func:`finite`, with a wording that lists the columns and says for which ``rows``."""
    listed = ", ".join(columns)
    return finite(name, f"{listed} are numbers, neither missing nor infinite, {rows}", columns, where)


def positive(columns: Iterable[str], where: RowConditionType = None) -> list[gxe.Expectation]:
    """Every value of each column is above zero."""
    return [between(f"{of}_positive", f"{of} is above zero", of, above=0, where=where) for of in columns]


def axis_ratio(column: str, whose: str, where: RowConditionType = None) -> gxe.Expectation:
    """Every axis ratio is one."""
    checks = f"the axis ratio of the {whose} is above 0 and at most 1"
    return between(f"{column}_in_range", checks, column, above=0, high=1, where=where)


def equal(name: str, checks: str, column: str, other: str, where: RowConditionType = None) -> gxe.Expectation:
    """Two columns say the same in every row, both missing included."""
    return gxe.ExpectColumnPairValuesToBeEqual(
        column_A=column, column_B=other, row_condition=where, ignore_row_if="neither", **about(name, checks)
    )


def greater(
    name: str,
    checks: str,
    column: str,
    other: str,
    where: RowConditionType = None,
    *,
    or_equal: bool | None = None,
) -> gxe.Expectation:
    """The first column is greater than the second (or equal, where that is said) in every row."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=column,
        column_B=other,
        or_equal=or_equal,
        row_condition=where,
        ignore_row_if="neither",
        **about(name, checks),
    )


def group_in_one(
    name: str, checks: str, column: str, home: str, where: RowConditionType = None
) -> gxe.Expectation:
    """All rows with one value of the column have the same ``home``."""
    return ExpectColumnPairGroupInOne(
        column_A=column, column_B=home, row_condition=where, **about(name, checks)
    )


def mean_between(
    name: str, checks: str, column: str, low: Limit, high: Limit, where: RowConditionType = None
) -> gxe.Expectation:
    """The mean lies between two limits."""
    return gxe.ExpectColumnMeanToBeBetween(
        column=column,
        min_value=_limit(low),
        max_value=_limit(high),
        row_condition=where,
        **about(name, checks),
    )


def row_count(name: str, checks: str, value: Limit, where: RowConditionType = None) -> gxe.Expectation:
    """So many rows there are."""
    return gxe.ExpectTableRowCountToEqual(value=_limit(value), row_condition=where, **about(name, checks))


def _limit(value: Limit | None) -> Any:
    return {"$PARAMETER": value} if isinstance(value, str) else value
