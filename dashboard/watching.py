"""/health and /metrics, for whoever watches over a server, and a line in the log for each run: no prompt is in any.

What is counted lives in the run queue; it is put into Prometheus's words when somebody asks.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.runqueue import RunQueue
from dashboard.service import Service
from dashboard.welcome import Welcome

TOKEN = "DRIFTSCOPE_METRICS_TOKEN"  # in the environment: whoever asks for /metrics must show it


def routes(service: Service, welcome: Welcome, closed: bool = False) -> list[Route]:
    """closed: without a token, /metrics is nobody's."""

    async def health(_: Request) -> Response:
        """200 once the model has drawn the picture that greets everyone; a load balancer sends visitors from then."""
        return JSONResponse({"status": welcome.status}, 200 if welcome.status == "ready" else 503)

    async def metrics(asked: Request) -> Response:
        token = os.environ.get(TOKEN, "")
        if token or closed:
            shown = asked.headers.get("authorization", "").encode()
            if not token or not hmac.compare_digest(shown, f"Bearer {token}".encode()):
                return PlainTextResponse(f"Metrics need the token that {TOKEN} names.", 403)
        return exposed(service.queue, welcome, len(asked.app.state_holder.session_data))

    return [Route("/health", health), Route("/metrics", metrics)]


def exposed(queue: RunQueue, welcome: Welcome, sessions: int) -> Response:
    """All that is counted, as Prometheus reads it."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
    from prometheus_client.process_collector import ProcessCollector

    class Now:
        def collect(self) -> Iterator:
            ends = CounterMetricFamily("driftscope_runs", "Runs, by how they ended.", labels=["end"])
            for end, count in queue.ends.items():
                ends.add_metric([end], count)
            yield ends
            yield CounterMetricFamily("driftscope_steps", "Steps that were taken, of all pictures.", queue.steps)
            for name, told, lasted in (
                ("waiting", "Seconds that runs waited before they began.", queue.waited),
                ("running", "Seconds that runs took once they had begun.", queue.ran),
            ):
                yield SummaryMetricFamily(f"driftscope_{name}_seconds", told, lasted.count, lasted.seconds)
            running, waiting = queue.load
            yield GaugeMetricFamily("driftscope_runs_running", "Runs under way.", running)
            yield GaugeMetricFamily("driftscope_runs_waiting", "Runs that wait for a place.", waiting)
            yield GaugeMetricFamily("driftscope_sessions", "Browser tabs whose runs are held.", sessions)
            yield GaugeMetricFamily("driftscope_ready", "Whether the model answers.", welcome.status == "ready")

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Now())
    ProcessCollector(registry=registry)  # memory, file descriptors, processor time
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Lines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "event": record.getMessage()}
        return json.dumps(told | getattr(record, "told", {}))


def log_runs() -> None:
    """From now on, write a line to stderr for each run that ends."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logger = logging.getLogger("driftscope")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
