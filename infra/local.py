"""The embedded emulator: starts MiniStack, deploys the very app to it, and leaves no trace."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

import boto3
import botocore.config
import botocore.session

from functions.core.errors import SettingsError
from infra import NODE
from infra.emulated import ASSETS_BUCKET
from infra.settings import ROOT

REGION: Final = "us-east-1"
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"  # noqa: S105 - what MiniStack calls its account's root
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 5.0
_LAST_LINES: Final = 40

OnLine = Callable[[str], None]


class EmulatorError(Exception):
    """The emulator, or a deployment to it, failed; the message ends with its last words."""


class Emulator:
    """MiniStack on 127.0.0.1 for the time of a `with` block; it enforces IAM and forgets all.

    Without a `port` a free one is taken. `folder` holds the log, the synthesised app and whatever
    the emulator writes; unless it is given, it is a temporary one and goes with the block.
    `installed` is the environment that `make setup` put MiniStack into.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        folder: Path | None = None,
        installed: Path = ROOT / ".emulator",
    ) -> None:
        self._installed = installed
        self._python = installed / "bin" / "python"
        self.port = port or _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="paywatch-emulator-"))
        self.log = self.folder / "emulator.log"
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            if self._temporary:
                stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._check()
            stack.enter_context(_sigterm_as_exception())
            self._wait_until_healthy(stack.enter_context(self._running()))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, as the account's root, deaf to the host's AWS settings."""
        deaf = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
                "ca_bundle": (None, None, None, None),
            }
        )
        session: Any = boto3.session.Session(
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            botocore_session=deaf,
        )
        return session.client(
            service, endpoint_url=self.endpoint, config=botocore.config.Config(proxies={})
        )

    def _check(self) -> None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        if not self._python.is_file():
            raise SettingsError([f"no emulator in {self._installed}: run `make setup`"])
        if not (self._installed / "lib" / version).is_dir():
            raise SettingsError([f"{self._installed} is not of {version}: remove it, `make setup`"])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise SettingsError([f"port {self.port} is in use: choose another one"])

    @contextlib.contextmanager
    def _running(self) -> Iterator[subprocess.Popen[bytes]]:
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            **_clean_environment(temporary),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "PERSIST_STATE": "0",
        }
        with self.log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - the emulator, no arguments of others
                [str(self._python), "-m", "ministack"],
                cwd=temporary,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _end(process)

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        # No proxy of the host: the emulator is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._fail("the emulator ended at once")
            with (
                contextlib.suppress(OSError, urllib.error.URLError),
                opener.open(f"{self.endpoint}/_ministack/health", timeout=2),
            ):
                return
            time.sleep(0.05)
        self._fail(f"the emulator was not ready in {START_SECONDS:g} s")

    def _fail(self, what: str) -> NoReturn:
        said = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        raise EmulatorError("\n".join((f"{what}:", *said)))


def deploy(
    emulator: Emulator,
    context: Mapping[str, str] | None = None,
    *,
    on_line: OnLine = lambda _: None,
) -> dict[str, str]:
    """Synthesises the app as `cdk -c key=value …` would, and runs `cdk deploy`; the stack's outputs.

    Raises EmulatorError. `on_line` gets each line that either command prints.
    """
    cdk = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not cdk.is_file():
        raise SettingsError([f"no cdk command in {cdk.parent}: run `make setup`"])
    assembly = emulator.folder / "cdk.out"
    outputs = emulator.folder / "outputs.json"
    # The synthesis may need the network, for the layer's wheels: it keeps the host's environment.
    hosts = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    _run(
        [sys.executable, "-m", "infra.app"],
        {
            **hosts,
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps({**(context or {}), "emulated": "true"}),
        },
        on_line,
    )
    emulator.client("s3").create_bucket(Bucket=ASSETS_BUCKET)
    command = [str(NODE), str(cdk), "deploy", "--all", "--app", str(assembly)]
    command += ["--method", "direct", "--require-approval", "never", "--progress", "events"]
    command += ["--outputs-file", str(outputs), "--ci", "--no-notices", "--no-version-reporting"]
    _run(
        command,
        {
            **_clean_environment(emulator.folder / "tmp"),
            # An address without a name makes the SDK put the bucket into the path by itself.
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        on_line,
    )
    read: dict[str, dict[str, str]] = json.loads(outputs.read_text())
    return {name: value for stack in read.values() for name, value in stack.items()}


def _clean_environment(home: Path) -> dict[str, str]:
    """An environment into which nothing of the host leaks but where its programs are."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _run(command: list[str], environment: Mapping[str, str], on_line: OnLine) -> None:
    """Runs the command to its end, line by line. Raises EmulatorError with its last words."""
    lines: list[str] = []
    process = subprocess.Popen(  # noqa: S603 - our app and the cdk command; no shell
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            on_line(lines[-1])
        if process.wait():
            said = "\n".join(lines[-_LAST_LINES:])
            raise EmulatorError(f"{' '.join(command[:3])} failed:\n{said}")
    finally:
        _end(process)


def _end(process: subprocess.Popen[Any]) -> None:
    """Ends the process and all that it started: it leads a session of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()


@contextlib.contextmanager
def _sigterm_as_exception() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does: by an exception, so that everything is put away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
