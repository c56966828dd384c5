"""The two ways in which lensfinder stops on purpose; anything else that escapes is a bug."""

from __future__ import annotations


class UserError(Exception):
    """Wrong use: a file, field or value that cannot be worked with (exit code 2).

    The message names the file, the field and the value, and says what was expected.
    """


class CheckFailed(Exception):
    """A check of the data or of a result failed (exit code 1).

    The message says which check, where, and how many objects it concerns.
    """
