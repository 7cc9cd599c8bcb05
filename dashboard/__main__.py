"""python -m dashboard [--host H] [--port N], or python -m dashboard publish <user>/<name>"""

from __future__ import annotations

import argparse
import socket
import sys


def main() -> None:
    if sys.argv[1:2] == ["publish"]:
        from dashboard.publish import main as publish

        return publish(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Serve the Driftscope page.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for every network")
    parser.add_argument("--port", type=int, default=7860)
    options = parser.parse_args()
    if problem := port_problem(options.host, options.port):
        sys.exit(problem)
    from dashboard.app import main as serve  # imports gradio, seconds: a bad port is told at once

    print(
        f"Driftscope: http://{'localhost' if options.host == '0.0.0.0' else options.host}:{options.port}",
        flush=True,
    )
    try:
        serve(options.host, options.port)
    except OSError as error:
        sys.exit(f"Port {options.port} on {options.host} cannot be used ({error}): choose another with --port.")


def port_problem(host: str, port: int) -> str | None:
    """One line that says why the port cannot be used, or None."""
    if not 1 <= port <= 65535:
        return f"Port {port} does not exist: choose one from 1 to 65535 with --port."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port."
    return None


if __name__ == "__main__":
    main()
