"""Run the cameras as a process: ``python -m siaga.demo.rtsp [NAME=]FILE...``."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from siaga.core.errors import ConfigError, SiagaError
from siaga.demo.rtsp.auth import Login
from siaga.demo.rtsp.server import RtspServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the files until SIGINT or SIGTERM; prints one line per camera: its address, without the login.

    Returns:
        The exit code: 0, or that of the `SiagaError` whose message went to standard error.
    """
    options = _parser().parse_args(arguments)
    # Blocked before the server's thread starts, so that the thread inherits it and only sigwait sees them.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        server = RtspServer(port=options.port, login=_login(options.user, options.password_env, options.auth))
        for file in options.files:
            _add(server, file, options.fps_scale)
        with server:
            for path in server.mounts:
                print(server.url(path), flush=True)
            signal.sigwait((signal.SIGINT, signal.SIGTERM))
    except SiagaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m siaga.demo.rtsp",
        description="Serve H.264 or H.265 files as live RTSP cameras on the loopback interface, in a loop.",
    )
    parser.add_argument(
        "files", nargs="+", metavar="[NAME=]FILE", help="NAME becomes the path; default: FILE's"
    )
    parser.add_argument("--port", type=int, default=8554, help="TCP port; 0 takes a free one (default 8554)")
    parser.add_argument("--user", help="ask clients for this user name")
    parser.add_argument("--password-env", metavar="NAME", help="environment variable that holds the password")
    parser.add_argument("--auth", choices=("digest", "basic"), default="digest", help="default: digest")
    parser.add_argument("--fps-scale", type=_positive, default=1.0, help="speed (default 1.0)")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be greater than 0")
    return value


def _login(user: str | None, password_env: str | None, scheme: str) -> Login | None:
    if user is None and password_env is None:
        return None
    if user is None or password_env is None:
        raise ConfigError(
            "A user and a password belong together.", fix="Give both --user and --password-env."
        )
    password = os.environ.get(password_env)
    if not password:
        fix = "Set it before the start, e.g. export NAME=..."
        raise ConfigError(
            "The environment variable with the password is not set.", where=password_env, fix=fix
        )
    return Login(user, password, "basic" if scheme == "basic" else "digest")


def _add(server: RtspServer, argument: str, fps_scale: float) -> None:
    name, equals, file = argument.partition("=")
    path = Path(file if equals else argument)
    if not equals:
        name = re.sub(r"[^\w.-]+", "-", path.stem)
    server.add(f"/{name}", path, fps_scale=fps_scale)


if __name__ == "__main__":
    sys.exit(main())
