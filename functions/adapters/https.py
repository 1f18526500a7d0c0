"""HTTPS: JSON posted to other people's services, certificates verified, waits and tries bounded.

urllib3's own retries are not used: each writes the address into the log, and of an incoming webhook
the address is the secret. For the same reason no error here repeats what urllib3 says.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.exceptions import SSLError as UntrustedError

from functions.core.errors import SettingsError, Transient

LARGEST_ANSWER: Final = 65_536
"""Bytes of an answer that are read; what matters of it stands in its first line."""
_PIECE: Final = 4096


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. body: cut after LARGEST_ANSWER; it may repeat a secret that was sent."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Patience:
    """Seconds and tries. total: for all tries of one post and the pauses between them."""

    connect: float = 3.0
    read: float = 6.0
    total: float = 20.0
    tries: int = 3
    pause: float = 1.0


class Https:
    def __init__(
        self,
        patience: Patience = Patience(),
        pause: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience
        self._pause = pause
        self._jitter = jitter
        self._clock = clock

    def post(
        self, url: str, payload: Any, headers: Mapping[str, str] | None = None, ca: str = ""
    ) -> Answer:
        """POST the payload as JSON. `ca`: a certificate in PEM to trust beside the usual ones.

        Raises Transient when there is no answer, or only 429 and 5xx; SettingsError when the
        address is not https or its certificate is not trusted. Redirects are answers, not followed.
        """
        host = _host(url)
        context = _context(ca)
        body = msgspec.json.encode(payload)
        sent = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Paywatch",
            **(headers or {}),
        }
        deadline = self._clock() + self._patience.total
        fault, wait = "", 0.0
        for attempt in range(self._patience.tries):
            if attempt:
                ceiling = self._patience.pause * 2**attempt
                wait = max(wait, ceiling * self._jitter())
                if self._clock() + wait >= deadline:
                    break
                self._pause(wait)
            answer, fault, wait = self._try(host, url, body, sent, context, deadline)
            if answer:
                return answer
        raise Transient(f"{host} {fault}")

    def _try(
        self,
        host: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        context: ssl.SSLContext,
        deadline: float,
    ) -> tuple[Answer | None, str, float]:
        """The answer; or None, what is wrong, and how long the other side wants us to wait."""
        left = max(0.1, deadline - self._clock())
        timeout = urllib3.Timeout(
            connect=min(self._patience.connect, left), read=min(self._patience.read, left)
        )
        # A pool for each post: pages are rare, and a connection does not outlive a frozen function.
        with urllib3.PoolManager(ssl_context=context, num_pools=1) as pool:
            try:
                response = pool.request(
                    "POST",
                    url,
                    body=body,
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                try:
                    answer = Answer(response.status, self._body(response, deadline))
                    asked = response.headers.get("Retry-After", "")
                finally:
                    response.close()
            except UntrustedError:
                raise SettingsError(
                    [f"the certificate of {host} is not trusted: correct the address, or mend it"]
                ) from None
            except HTTPError as error:
                return None, f"did not answer: {type(error).__name__}", 0.0
        if answer.status == 429 or answer.status >= 500:
            wait = _seconds(asked)
            asks = f" and asks to wait {wait:g} s" if wait else ""
            return None, f"answered {answer.status}{asks}", wait
        return answer, "", 0.0

    def _body(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        """The body in pieces, so that one that trickles in for ever ends with our patience."""
        body = b""
        while len(body) < LARGEST_ANSWER and self._clock() < deadline:
            piece = response.read1(_PIECE)
            if not piece:
                break
            body += piece
        return body[:LARGEST_ANSWER]


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise SettingsError(["an address does not begin with https://: nothing was sent there"])
    return parts.hostname


def _context(ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError):
            raise SettingsError(["ca_certificate is no certificate in PEM"]) from None
    return context


def _seconds(retry_after: str) -> float:
    """Retry-After, seconds or a date, as seconds from now; 0 when there is none that can be read."""
    if not retry_after:
        return 0.0
    try:
        return urllib3.Retry().parse_retry_after(retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0
