"""What goes wrong with what was asked for or with a model, told in one sentence that says what to do about it."""

from __future__ import annotations


class RequestError(ValueError):
    """A request has a bad value; the message names the field, the value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str):
        try:
            shown = repr(value)
        except ValueError:  # Python refuses to write out a number of more than 4300 digits
            shown = "far too long a number"
        except RecursionError:
            shown = "too deeply nested a value"
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        self.field, self.shown, self.allowed = field, shown, allowed
        super().__init__(f"{field} is {shown}: it must be {allowed}.")


class ModelError(RuntimeError):
    """A model cannot be loaded; the message names the file or folder at fault."""
