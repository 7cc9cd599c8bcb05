import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dashboard.__main__ import named, problem_with

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


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid", "2001:db8::7", "[2001:db8::7]", "1.2.3.4.5",
                                  "a b", "", "x" * 300, "[::1", "http://localhost"])  # fmt: skip
def test_a_host_that_is_not_here_is_blamed_itself(host):
    problem = problem_with(host, 7999)
    assert problem.startswith(f"Host {host[:80]}") or problem.startswith(f"Host {host[:80]!r}")
    assert "--host" in problem
    assert "--port" not in problem
    assert len(problem) < 250


def test_a_wrong_host_is_one_clear_line():
    done = start("--host", "203.0.113.7", "--port", "7999")
    assert done.returncode != 0
    assert done.stderr.startswith("Host 203.0.113.7 is no address of this machine")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "path", ["driftscope", "/driftscope/", "/", "//host", "https://host/x", "/a b", "/<b>", "/a\n"]
)
def test_a_root_path_that_is_none_is_one_clear_line(path):
    done = start("--port", "7999", "--root-path", path)
    assert done.returncode != 0
    assert done.stderr.startswith("The root path is")
    assert len(done.stderr.strip().splitlines()) == 1


def test_hosts_are_written_into_an_address_as_they_must():
    assert [named(host) for host in ("::1", "[::1]", "::", "127.0.0.1", "localhost")] == [
        "[::1]", "[::1]", "[::]", "127.0.0.1", "localhost",
    ]  # fmt: skip


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "[::1]", "::"])
def test_a_port_in_use_blames_the_port_on_every_kind_of_host(host):
    if ":" in host and not ipv6():
        pytest.skip("this machine has no IPv6")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind(("::1" if ":" in host else "127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "choose another with --port" in problem_with(host, port)
    assert problem_with(host, port) is None


@pytest.mark.parametrize("host", ["::1", "[::1]", "::"])
def test_the_page_is_served_over_ipv6(host):
    if not ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboard", "--host", host, "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            told = server.stdout.readline().strip()
            assert told == f"Driftscope: http://{'localhost' if host == '::' else '[::1]'}:{port}"
            for _ in range(600):
                try:
                    with urllib.request.urlopen(f"http://[::1]:{port}/config", timeout=30) as answer:
                        assert "Driftscope" in json.load(answer)["title"]
                    break
                except OSError:
                    assert server.poll() is None, "the server has ended"
                    time.sleep(0.2)
            else:
                pytest.fail("never served")
        finally:
            server.terminate()


def ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--limits", "speed=9"), "There is no limit 'speed'"),
        (("--public", "--limits", "steps=0"), "The limit steps"),
        (("--proxied", "-1"), "There are -1 proxies"),
        (("--proxied", "99"), "There are 99 proxies"),
        (("--serve", "ray", "--replicas", "0"), "The replicas are '0'"),
        (("--serve", "ray", "--replicas", "4-1"), "The replicas are '4-1'"),
        (("--serve", "ray", "--replicas", "1-1001"), "The replicas are '1-1001'"),
        (("--serve", "ray", "--replicas", "1-"), "The replicas are '1-'"),
        (("--replicas", "2"), "The replicas are '2': without --serve ray"),
    ],
)
def test_what_a_server_cannot_be_told_is_one_clear_line(options, told):
    done = start("--port", "7999", *options)
    assert done.returncode != 0
    assert done.stderr.startswith(told)
    assert len(done.stderr.strip().splitlines()) == 1
