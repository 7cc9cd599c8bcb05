import pytest

from core.types import Request
from dashboard.service import Service
from tests.fake_engine import FakeEngine


@pytest.fixture
def engine():
    return FakeEngine("fake", delay=0.001)


@pytest.fixture
def service(engine):
    return Service(lambda name: engine, lambda: ["fake", "other"])


@pytest.fixture
def layer(service, engine):
    return service.layer(engine.trace(Request("a fox", steps=12, seed=3)))
