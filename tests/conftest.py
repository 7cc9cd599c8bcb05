import os

os.environ["OMP_NUM_THREADS"] = "1"  # for networks this small one thread is faster and steadier than two

import hypothesis
import pytest

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
def test_runs(tmp_path_factory):
    """The folder of the training runs of the `test` preset."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def trained(test_runs, tmp_path_factory):
    """The folder of the `test` preset's model, trained from scratch: about a minute, once a session."""
    from core.training.build import train
    from core.training.presets import PRESETS

    return train(PRESETS["test"], tmp_path_factory.mktemp("models") / "test", runs=test_runs)
