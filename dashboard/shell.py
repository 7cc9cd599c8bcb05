"""What every tab is given, and the few pieces every tab uses."""

from __future__ import annotations

import errno
import functools
import inspect
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from core.types import OPEN, ModelError, Request, RequestError
from dashboard.components.status import Status
from dashboard.controls import Controls
from dashboard.events import QUIET
from dashboard.markup import state, without_folders
from dashboard.runqueue import BusyError
from dashboard.service import Service
from dashboard.welcome import Welcome


@dataclass(frozen=True)
class Shell:
    """The page around the tabs.

    layers holds the runs of a browser tab (dashboard.layers.Layers); it changes when another run comes into view and
    when one is pinned or deleted. A handler that has made a run returns its Layer in finished, and it becomes the one
    in view.
    restored is what core.settings.read_png found in the PNG that was restored last, and a number of its own, for tabs
    that keep more in theirs.
    turn takes a tab's name in the address, and a number of its own, and opens that tab.
    address takes what links.written says of a run: set when the run starts, so that a page loaded anew asks for it.
    session takes the page's session, which the browser tab remembers, so that a page loaded anew has its runs.
    """

    demo: gr.Blocks
    service: Service
    welcome: Welcome
    controls: Controls
    layers: gr.State
    finished: gr.State
    restored: gr.State
    turn: gr.HTML
    address: gr.HTML
    session: gr.HTML

    def asked(self, values: dict, **changes) -> tuple[str, Request]:
        """The model and the request that the sidebar asks for, some of its fields changed; RequestError for rubbish."""
        model, settings = self.controls.read(values)
        name = self.service.check(self.service.default if model is None else model)
        return name, Request(**self.read(name, settings) | changes)

    def read(self, model: str, settings: dict) -> dict:
        """The settings but those that the model does not leave open, and whose controls are hidden."""
        left = self.service.about(model).open
        return {name: value for name, value in settings.items() if name not in OPEN or name in left}

    def stops(self, button: gr.Button) -> None:
        """A button that ends all that its browser tab has under way, after the step it is at, or waiting."""

        def stop(visit: gr.Request) -> None:
            self.service.stop_all(visit.session_hash)

        button.click(stop, None, None, queue=False, **QUIET)


def guard(handler: Callable | None = None, status: Status | None = None) -> Callable:
    """A handler whose errors that a visitor can do something about become a message on the page.

    A generator that has nothing to say leaves the page as it is; Gradio by itself would empty all its outputs.
    status: one of a generator's outputs, where the error stands as well, or it would say for ever that work goes on.
    """
    if handler is None:
        return functools.partial(guard, status=status)

    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def guarded(*args, **kwargs):
            try:
                with closing(handler(*args, **kwargs)) as run:
                    yield next(run, gr.skip())
                    yield from run
            except TOLD as error:
                if status is not None:
                    yield {status: state("error", _told(error))}
                raise _message(error) from error

    else:

        @functools.wraps(handler)
        def guarded(*args, **kwargs):
            try:
                return handler(*args, **kwargs)
            except TOLD as error:
                raise _message(error) from error

    return guarded


def sent(event: gr.EventData) -> dict:
    """What the browser sent along with an event, untrusted; empty where that is no mapping."""
    return event._data if isinstance(event._data, dict) else {}


TOLD = (RequestError, ModelError, BusyError, OSError)
FULL = errno.ENOSPC, errno.EDQUOT
REFUSED = Markup(  # the text of a RequestError, from whose parts static/wrong.js learns which field to mark
    '<span class="ds-refused"><span>{}</span> is <span>{}</span>: it must be <span>{}</span>.</span>'
)


def _message(error: Exception) -> gr.Error:
    if isinstance(error, OSError):
        return gr.Error(_told(error), title="This cannot be saved", print_exception=error.errno not in FULL)
    titles = {RequestError: "This cannot be run", BusyError: "The server is busy"}
    title = titles.get(type(error), "The model is not available")
    if isinstance(error, RequestError):
        told = REFUSED.format(*map(without_folders, (error.field, error.shown, error.allowed)))
    else:
        told = Markup.escape(_told(error))
    return gr.Error(told, title=title, print_exception=False)


def _told(error: Exception) -> str:
    if not isinstance(error, OSError):
        return without_folders(str(error))
    if error.errno in FULL:
        return "The server's disk is full: nothing can be saved until there is room. What this page shows stays."
    return "The server could not read or write a file."  # its own text names folders of the server
