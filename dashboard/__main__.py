"""python -m dashboard [--host H] [--port N] [--device D] [--dtype T], or python -m dashboard publish | soak"""

from __future__ import annotations

import argparse
import errno
import socket
import sys

from core.errors import ModelError
from dashboard.hosting import Hosting, replicas
from dashboard.limits import PUBLIC, USUAL

EVERY_NETWORK = ("0.0.0.0", "[::]")
HOSTS = "such as 127.0.0.1, or 0.0.0.0 for every network"


def main() -> None:
    if sys.argv[1:2] == ["publish"]:
        from dashboard.publish import main as publish

        return publish(sys.argv[2:])
    if sys.argv[1:2] == ["soak"]:
        from dashboard.soak import main as soak

        return soak(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Serve the Driftscope page.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address or name to listen on; 0.0.0.0 or :: for every network"
    )
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps; auto is the best there is")
    parser.add_argument("--dtype", default="auto", help="of the networks: auto, float32, bfloat16 or float16")
    parser.add_argument("--judge", default="", help="a CLIP's folder or hub id, to score pictures of models without")
    parser.add_argument("--public", action="store_true", help="for strangers: a share for each, none of your folders")
    parser.add_argument("--limits", default="", help="other limits, as steps=250,waiting=100,visitor_runs=4")
    parser.add_argument("--proxied", type=int, default=0, metavar="N", help="so many proxies before it")
    parser.add_argument("--root-path", default="", help="below which a proxy serves the page, as /driftscope")
    parser.add_argument("--log", action="store_true", help="a line of JSON on stderr for each run, without its prompt")
    parser.add_argument("--serve", default="here", choices=("here", "ray"), help="ray: replicas in Ray Serve compute")
    parser.add_argument(
        "--replicas", metavar="N", help="of each model, or as 1-4 where as many as are busy; default: 1"
    )
    options = parser.parse_args()
    if problem := problem_with(options.host, options.port):
        sys.exit(problem)
    try:
        limits = (PUBLIC if options.public else USUAL).changed(options.limits)
        if options.replicas and options.serve != "ray":
            raise ValueError(f"The replicas are {options.replicas!r}: without --serve ray they must be left out.")
        scale = replicas(options.replicas or "1") if options.serve == "ray" else None
        hosting = Hosting(options.root_path, options.log, options.public, options.proxied, limits, scale)
    except ValueError as error:
        sys.exit(str(error))
    from dashboard.app import main as serve  # imports gradio, seconds: a bad port is told at once

    host = named(options.host)
    print(f"Driftscope: http://{'localhost' if host in EVERY_NETWORK else host}:{options.port}", flush=True)
    try:
        serve(host, options.port, options.device, options.dtype, hosting, options.judge)
    except ModelError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Port {options.port} on {options.host} cannot be used ({error}): choose another with --port.")


def named(host: str) -> str:
    """The host as it stands in an address: brackets around the colons of IPv6."""
    bare = bare_of(host)
    return f"[{bare}]" if ":" in bare else bare


def bare_of(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def problem_with(host: str, port: int) -> str | None:
    """One line that says whether host or port cannot be used, or None."""
    if not 1 <= port <= 65535:
        return f"Port {port} does not exist: choose one from 1 to 65535 with --port."
    bare, refused = bare_of(host), None
    try:
        found = socket.getaddrinfo(bare or "?", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, ValueError):  # no such name; letters that no name has
        return f"Host {host[:80]!r} is not known here: choose another with --host, {HOSTS}."
    usable = False
    for family, kind, _, _, address in found:
        try:
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as the server listens
                probe.bind(address)
            usable = True
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port."
            refused = error
    if not usable:
        return f"Host {host} is no address of this machine ({refused.strerror}): choose another with --host, {HOSTS}."
    return None


if __name__ == "__main__":
    main()
