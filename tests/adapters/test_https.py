"""Posting to a real server over TLS: what is trusted, what is tried again, how long is waited."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from functions.adapters.https import LARGEST_ANSWER, Https, Patience
from functions.core.errors import SettingsError, Transient
from tests.https_server import HANG, Say, Server, certificates, serving

pytestmark = pytest.mark.enable_socket

PATIENCE = Patience(connect=5.0, read=0.3, total=20.0, tries=3)
SECRET = "T0000-B0000-verysecret"


@dataclass
class Time:
    """Passes only in pauses."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as started:
        yield started


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def https(time: Time) -> Https:
    return Https(PATIENCE, pause=time.pause, jitter=lambda: 0.5, clock=time.clock)


CA = certificates().authority


def test_a_payload_arrives_as_json_with_its_headers(https: Https, server: Server) -> None:
    answer = https.post(server.url("/hook"), {"a": "×"}, {"Authorization": "Bearer t"}, CA)
    (got,) = server.got
    assert (answer.status, answer.body) == (200, b"ok")
    assert (got.path, got.body) == ("/hook", '{"a":"×"}'.encode())
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert got.headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_one_that_is_overloaded_is_asked_again(
    https: Https, server: Server, time: Time, status: int
) -> None:
    server.says = [Say(status), Say(status), Say(202)]
    assert https.post(server.url(), {}, ca=CA).status == 202
    assert len(server.got) == 3
    assert time.pauses == [1.0, 2.0]  # half of 2 s and of 4 s


def test_tries_are_bounded(https: Https, server: Server, time: Time) -> None:
    server.says = [Say(500)]
    with pytest.raises(Transient, match=r"127\.0\.0\.1 answered 500"):
        https.post(server.url(), {}, ca=CA)
    assert len(server.got) == PATIENCE.tries


def test_a_server_that_asks_for_a_pause_gets_it(https: Https, server: Server, time: Time) -> None:
    server.says = [Say(429, headers={"Retry-After": "7"}), Say()]
    https.post(server.url(), {}, ca=CA)
    assert time.pauses == [7.0]


def test_a_longer_pause_than_our_patience_is_left_to_the_queue(
    https: Https, server: Server, time: Time
) -> None:
    server.says = [Say(429, headers={"Retry-After": "30"})]
    with pytest.raises(Transient, match="asks to wait 30 s"):
        https.post(server.url(), {}, ca=CA)
    assert (len(server.got), time.pauses) == (1, [])


@pytest.mark.parametrize("asked", ["soon", "", "-1", "Mon, 99 Foo 2025 00:00:00 GMT"])
def test_a_pause_that_cannot_be_read_is_as_long_as_ours(
    https: Https, server: Server, time: Time, asked: str
) -> None:
    server.says = [Say(503, headers={"Retry-After": asked}), Say()]
    https.post(server.url(), {}, ca=CA)
    assert time.pauses == [1.0]


@pytest.mark.parametrize("status", [200, 202, 301, 302, 307, 308, 400, 401, 403, 404, 410])
def test_any_other_answer_is_an_answer_and_no_redirect_is_followed(
    https: Https, server: Server, status: int
) -> None:
    server.says = [Say(status, headers={"Location": server.url("/elsewhere")})]
    assert https.post(server.url(), {}, ca=CA).status == status
    assert len(server.got) == 1


def test_a_server_that_hangs_is_given_up(https: Https, server: Server) -> None:
    server.says = [HANG]
    with pytest.raises(Transient, match="did not answer: ReadTimeoutError"):
        https.post(server.url(), {}, ca=CA)
    assert len(server.got) == PATIENCE.tries


def test_a_server_that_is_not_there_is_given_up(https: Https) -> None:
    with serving(Server()) as gone:
        url = gone.url()
    with pytest.raises(Transient, match="did not answer"):
        https.post(url, {}, ca=CA)


def test_an_answer_that_trickles_in_for_ever_ends_with_our_patience(server: Server) -> None:
    server.says = [Say(trickle=True)]
    seconds = itertools.count()
    answer = Https(PATIENCE, clock=lambda: float(next(seconds))).post(server.url(), {}, ca=CA)
    assert answer.status == 200
    assert next(seconds) <= PATIENCE.total + 2


def test_an_answer_that_is_too_large_is_cut(https: Https, server: Server) -> None:
    server.says = [Say(body=b"x" * (LARGEST_ANSWER + 10_000))]
    assert len(https.post(server.url(), {}, ca=CA).body) == LARGEST_ANSWER


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(
    https: Https, server: Server
) -> None:
    with pytest.raises(SettingsError, match=r"the certificate of 127\.0\.0\.1 is not trusted"):
        https.post(server.url(), {})
    assert server.got == []


def test_a_certificate_for_another_name_is_refused(https: Https, server: Server) -> None:
    with pytest.raises(SettingsError, match="the certificate of localhost is not trusted"):
        https.post(f"https://localhost:{server.port}/", {}, ca=CA)
    assert server.got == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://x/", "https://", "", "//x"])
def test_only_https_is_spoken(https: Https, url: str) -> None:
    with pytest.raises(SettingsError, match="does not begin with https://"):
        https.post(url, {})


def test_a_certificate_that_is_none_is_told(https: Https) -> None:
    with pytest.raises(SettingsError, match="ca_certificate"):
        https.post("https://127.0.0.1/", {}, ca="-----BEGIN CERTIFICATE-----\nAAAA\n")


@pytest.mark.parametrize("says", [Say(500), HANG, Say(429, headers={"Retry-After": "60"})])
def test_no_error_repeats_the_address(https: Https, server: Server, says: Say) -> None:
    server.says = [says]
    with pytest.raises(Transient) as caught:
        https.post(server.url(f"/services/{SECRET}"), {}, ca=CA)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_answer_does_not_show_its_body_for_it_may_repeat_what_was_sent(
    https: Https, server: Server
) -> None:
    server.says = [Say(400, SECRET.encode())]
    assert SECRET not in repr(https.post(server.url(), {}, ca=CA))
