import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60
    )


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start("--port", str(port))
    assert done.returncode != 0
    assert f"Port {port}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_does_not_exist():
    done = start("--port", "70000")
    assert done.returncode != 0
    assert "Port 70000 does not exist" in done.stderr


def test_a_host_that_is_not_here():
    done = start("--host", "203.0.113.7", "--port", "7999")
    assert done.returncode != 0
    assert "203.0.113.7" in done.stderr
    assert "Traceback" not in done.stderr
