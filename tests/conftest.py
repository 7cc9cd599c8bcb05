import os

os.environ["OMP_NUM_THREADS"] = "1"  # for networks this small one thread is faster and steadier than two

import hypothesis
import pytest
from filelock import FileLock

# no deadlines: how long a case takes says more of the machine than of the code
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=900, print_blob=True)
hypothesis.settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def no_graphs_of_others(tmp_path_factory):
    """Tests compute by PyTorch, whatever was prepared on this machine, unless they prepare graphs themselves."""
    from core.networks import fast

    fast.CACHE = tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="session")
def together(tmp_path_factory):
    """A folder of all processes that this session's tests run in."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def test_runs(together):
    """The folder of the training runs of the `test` preset."""
    return together / "runs"


@pytest.fixture(scope="session")
def trained(test_runs, together):
    """The folder of the `test` preset's model, trained from scratch: about a minute, once a session. It stays as it is:
    what changes a model changes a copy.
    """
    from core.training.build import train
    from core.training.presets import PRESETS

    folder = together / "models" / "test"
    with FileLock(together / "trained.lock"):
        if not folder.exists():
            train(PRESETS["test"], folder, runs=test_runs)
    return folder
