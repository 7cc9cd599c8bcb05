import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIG = """
import json
from dashboard import app
service = app.Service(None, lambda: ["fake"])
print(json.dumps(app.build(service, app.Welcome(service, None)).get_config_file(), default=str))
"""


def test_the_page_is_the_same_in_every_process():
    """A page loaded from one process is answered by another: after a restart, or with several workers."""
    run = [sys.executable, "-c", CONFIG]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    open_ones = [subprocess.Popen(run, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for env in seeds]
    first, second = (json.loads(one.communicate(timeout=120)[0]) for one in open_ones)
    assert len(first["dependencies"]) > 50
    for mine, theirs in zip(first["dependencies"], second["dependencies"], strict=True):
        assert mine == theirs
    assert first == second
