"""gzip and zstd: what is packed comes back whole, and no envelope unpacks to more than allowed."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments import envelopes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 1024 * 1024


class Envelope(NamedTuple):
    name: str
    pack: Callable[[bytes], bytes]
    unpack: Callable[[bytes, int], bytearray]
    magic: bytes


GZIP = Envelope("gzip", envelopes.gzip, envelopes.gunzip, envelopes.GZIP_MAGIC)
ZSTD = Envelope("zstd", envelopes.zstandard, envelopes.unzstd, envelopes.ZSTD_MAGIC)
both = pytest.mark.parametrize("envelope", [GZIP, ZSTD], ids=lambda one: one.name)


def refusal(envelope: Envelope, data: bytes, limit: int = MIB) -> Malformed:
    with pytest.raises(Malformed) as caught:
        envelope.unpack(data, limit)
    return caught.value


@both
@given(texts=st.lists(st.binary(max_size=2000), min_size=1, max_size=4))
def test_envelopes_that_follow_each_other_are_their_contents_in_order(
    envelope: Envelope, texts: list[bytes]
) -> None:
    packed = b"".join(map(envelope.pack, texts))
    assert packed.startswith(envelope.magic)
    assert envelope.unpack(packed, MIB) == b"".join(texts)


@both
@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 131_072, 1_000_003])
def test_envelopes_of_any_size_are_unpacked_whole(envelope: Envelope, size: int) -> None:
    for text in (b"a" * size, bytes(range(256)) * (size // 256) + b"z"):
        packed = envelope.pack(text)
        assert envelope.unpack(packed, len(text)) == text
        assert refusal(envelope, packed, len(text) - 1).reason == "too_large"


@both
def test_the_limit_holds_for_all_envelopes_of_a_record_together(envelope: Envelope) -> None:
    twice = envelope.pack(b"a" * 600) * 2
    assert envelope.unpack(twice, 1200) == b"a" * 1200
    assert refusal(envelope, twice, 1199).reason == "too_large"


@both
@given(data=st.data())
def test_an_envelope_cut_anywhere_is_corrupt_and_is_kept_as_it_came(
    envelope: Envelope, data: st.DataObject
) -> None:
    packed = envelope.pack(bytes(range(256)))
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    error = refusal(envelope, cut)
    assert (error.reason, error.data) == (f"corrupt_{envelope.name}", cut)


@both
@given(garbage=st.binary(min_size=1, max_size=50).filter(lambda data: data.strip(b"\0")))
def test_what_follows_an_envelope_and_is_none_is_corrupt(
    envelope: Envelope, garbage: bytes
) -> None:
    assert refusal(envelope, envelope.pack(b"a") + garbage).reason == f"corrupt_{envelope.name}"


@given(st.integers(1, 600))
def test_zero_bytes_may_follow_gzip_as_padding(zeros: int) -> None:
    assert envelopes.gunzip(envelopes.gzip(b"text") + b"\0" * zeros, MIB) == b"text"


@given(st.binary(max_size=300))
def test_the_standard_library_reads_what_is_packed_as_gzip(text: bytes) -> None:
    assert gzip.decompress(envelopes.gzip(text)) == text


@given(st.binary(max_size=300))
def test_gzip_says_neither_when_nor_where_it_was_packed(text: bytes) -> None:
    packed = envelopes.gzip(text)
    assert packed[4:8] == b"\0\0\0\0"  # RFC 1952 MTIME
    assert packed == envelopes.gzip(text)


def with_window(log: int) -> bytes:
    """A frame of little text that makes its reader set aside 2^log bytes."""
    options: dict[int, int] = {zstd.CompressionParameter.window_log: log}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(b"a" * 1000) + packer.flush()


def test_a_frame_whose_window_is_larger_than_the_limit_is_refused_however_little_it_holds() -> None:
    assert envelopes.unzstd(with_window(20), MIB) == b"a" * 1000
    assert refusal(ZSTD, with_window(21)).reason == "too_large"
    assert refusal(ZSTD, with_window(28), 1024 * MIB).reason == "too_large"
