"""gzip and zstd, unpacked under a limit: a bomb is refused before it is unpacked."""

from __future__ import annotations

import sys
import zlib
from typing import Final

from functions.core.errors import Malformed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"

_GZIP_WBITS: Final = zlib.MAX_WBITS | 16
_CHUNK_BYTES: Final = 64 * 1024
_LARGEST_WINDOW_LOG: Final = 27


def gzip(text: bytes) -> bytes:
    """One member. Unlike gzip.compress: no time, and the same operating system byte everywhere."""
    return zlib.compress(text, wbits=_GZIP_WBITS)


def zstandard(text: bytes) -> bytes:
    """One frame, at the library's default level."""
    return zstd.compress(text)


def gunzip(data: bytes, limit: int) -> bytearray:
    """RFC 1952: members one after the other; zero bytes may follow.

    Raises Malformed `too_large` for more than `limit` bytes, `corrupt_gzip` for damaged data.
    """
    out = bytearray()
    position = 0
    while position < len(data):
        if position and data[position] == 0 and not data[position:].strip(b"\0"):
            break
        try:
            position = _gzip_member(data, position, out, limit)
        except zlib.error as error:
            raise Malformed("corrupt_gzip", str(error), data) from None
    return out


def _gzip_member(data: bytes, position: int, out: bytearray, limit: int) -> int:
    member = zlib.decompressobj(wbits=_GZIP_WBITS)
    while position < len(data):
        chunk = data[position : position + _CHUNK_BYTES]
        position += len(chunk)
        while chunk:
            _append(out, member.decompress(chunk, _CHUNK_BYTES), limit, data)
            chunk = member.unconsumed_tail
        if member.eof:
            return position - len(member.unused_data)
    raise Malformed("corrupt_gzip", "the last member does not end", data)


def unzstd(data: bytes, limit: int) -> bytearray:
    """RFC 8878: frames one after the other.

    Raises Malformed `too_large` for more than `limit` bytes, or a window that is
    larger; `corrupt_zstd` for damaged data.
    """
    out = bytearray()
    position = 0
    while position < len(data):
        try:
            position = _zstd_frame(data, position, out, limit)
        except zstd.ZstdError as error:
            reason = "too_large" if "too much memory" in str(error) else "corrupt_zstd"
            raise Malformed(reason, str(error), data) from None
    return out


def _zstd_frame(data: bytes, position: int, out: bytearray, limit: int) -> int:
    # A frame names its window, and the decoder reserves it at once: 128 MiB unless forbidden.
    window_log = min(_LARGEST_WINDOW_LOG, max(10, (limit - 1).bit_length()))
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: window_log}
    frame = zstd.ZstdDecompressor(options=options)
    while position < len(data) or not frame.needs_input:
        chunk = data[position : position + _CHUNK_BYTES] if frame.needs_input else b""
        position += len(chunk)
        _append(out, frame.decompress(chunk, _CHUNK_BYTES), limit, data)
        if frame.eof:
            return position - len(frame.unused_data)
    raise Malformed("corrupt_zstd", "the last frame does not end", data)


def _append(out: bytearray, piece: bytes, limit: int, data: bytes) -> None:
    if len(out) + len(piece) > limit:
        raise Malformed("too_large", f"unpacks to more than the {limit} bytes allowed", data)
    out += piece
