"""Any file of past payments as a plain one: text in UTF-8, a row a line.

gzip, Zstandard, UTF-16, Windows-1252, standard input, and one JSON document with a list of records
in it are written out once beside the file's own name, in a folder that is gone at the end. A file
that is plain already is read where it lies.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import json
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from functions.core.errors import PaywatchError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STDIN: Final = Path("-")
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZIP: Final = b"PK\x03\x04"
_BLOCK: Final = 1 << 20
_SAMPLE: Final = 1 << 16
_LIST_NAMES: Final = (
    "data", "items", "payments", "transactions", "records", "results", "events", "charges", "rows",
    "notificationItems",
)  # fmt: skip
"""Members that hold the records where a document has several lists."""
_OUTER_NAMES: Final = ("_embedded", "result", "response", "data", "body", "payload")
"""Members that hold such a list one object further in."""


class Plain(msgspec.Struct, frozen=True):
    """path: of the plain file. kind: csv, or json for an object a line. said: what was done, such as
    `gzip`, `UTF-16`. notes: what was wrong. is_items: whether a line is an item of a list, and no
    line of the file."""

    path: Path
    kind: str
    said: tuple[str, ...]
    notes: tuple[str, ...] = ()
    is_items: bool = False


@contextlib.contextmanager
def opened(path: Path, encoding: str = "") -> Iterator[Plain]:
    """The file as a plain one, while the context lasts. encoding: where it is known.

    Raises PaywatchError when it cannot be read.
    """
    if path != STDIN and (path.is_dir() or not path.exists()):
        raise PaywatchError(f"there is no file {path}")
    try:
        with tempfile.TemporaryDirectory(prefix="paywatch-") as folder:
            yield _plain(path, Path(folder), encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError) as error:
        raise PaywatchError(f"cannot unpack {path}: {error}") from error
    except OSError as error:
        raise PaywatchError(f"cannot read {path}: {error.strerror or error}") from error


def _plain(path: Path, folder: Path, encoding: str) -> Plain:
    said = []
    name = path.name if path != STDIN else "stdin"
    if path == STDIN:
        path = _written(folder / "stdin", sys.stdin.buffer)
        said.append("standard input")
    for _ in range(2):
        packing = _packing(path)
        if packing:
            said.append(packing)
            name = name.removesuffix(".gz").removesuffix(".zst").removesuffix(".zstd")
            path = _unpacked(path, folder, packing)
    other = _no_text(_begin(path))
    if other:
        raise PaywatchError(f"{name} is {other}: save it as CSV or JSON, or unpack it first")
    found = encoding or _encoding(path)
    if found == "cp1252" and b"\0" in _begin(path):
        raise PaywatchError(f"{name} is no text: save it as CSV or JSON first")
    if codecs.lookup(found).name not in ("utf-8", "utf-8-sig", "ascii"):
        path = _transcoded(path, folder, found)
    said.append(spoken_encoding(found))
    kind = _kind(path, name)
    lines = _unfolded(path, folder, name) if kind == "json" else None
    if lines is not None:
        path, whence, notes = lines
        return Plain(_named(path, folder, name, ".jsonl"), kind, (*said, whence), notes, True)
    return Plain(_named(path, folder, name, ""), kind, tuple(said))


_SPOKEN: Final = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16",
    "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252 (Latin-1)",
}  # fmt: skip


def spoken_encoding(encoding: str) -> str:
    """`UTF-8`: an encoding as people call it."""
    return _SPOKEN.get(encoding, encoding)


_OTHERS: Final = {
    _ZIP: "a ZIP or an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "Parquet", b"Obj\x01": "Avro", b"ORC": "ORC", b"SQLite format 3\0": "an SQLite database",
    b"%PDF": "a PDF", b"BZh": "packed by bzip2", b"\xfd7zXZ\0": "packed by xz",
    b"7z\xbc\xaf": "packed by 7-Zip",
}  # fmt: skip
"""Beginning of a file that is no text → what it is."""
_MARKUP: Final = re.compile(rb"\s*<[!?]?[A-Za-z][\w:-]*[\s>/]")


def _no_text(begin: bytes) -> str:
    """What the file is that begins so, where it is nothing to be read; else empty."""
    for mark, what in _OTHERS.items():
        if begin.startswith(mark):
            return what
    return "XML or HTML" if _MARKUP.match(begin.removeprefix(codecs.BOM_UTF8)) else ""


def _begin(path: Path, size: int = _SAMPLE) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _packing(path: Path) -> str:
    begin = _begin(path, 4)
    if begin.startswith(GZIP):
        return "gzip"
    return "Zstandard" if begin == ZSTD else ""


def _written(path: Path, source: BinaryIO) -> Path:
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)
    return path


def _unpacked(path: Path, folder: Path, packing: str) -> Path:
    into = Path(tempfile.mkstemp(dir=folder)[1])
    with gzip.open(path) if packing == "gzip" else zstd.open(path) as source:
        return _written(into, cast(BinaryIO, source))


def _encoding(path: Path) -> str:
    """Of a file that does not say: UTF-8 where all of it is, UTF-16 by its mark or its zeros, else
    Windows-1252, which holds Latin-1."""
    begin = _begin(path)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = begin[0::2].count(0), begin[1::2].count(0)
    if len(begin) >= 4 and max(even, odd) > len(begin) // 8 and min(even, odd) <= len(begin) // 50:
        return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            pending = False
            while block := file.read(_BLOCK):
                if pending or not block.isascii():
                    decoder.decode(block)
                    pending = bool(decoder.getstate()[0])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig" if begin.startswith(codecs.BOM_UTF8) else "utf-8"


def _transcoded(path: Path, folder: Path, encoding: str) -> Path:
    into = Path(tempfile.mkstemp(dir=folder)[1])
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        into.open("w", encoding="utf-8", newline="") as file,
    ):
        shutil.copyfileobj(source, file, _BLOCK)
    return into


def _named(path: Path, folder: Path, name: str, suffix: str) -> Path:
    """The file under the name it came with, from which ids are made up."""
    if path.parent != folder:
        return path
    wanted = folder / name
    if suffix:
        wanted = wanted.with_suffix(suffix)
    return path.rename(wanted) if wanted != path else path


def _kind(path: Path, name: str) -> str:
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "json"
    begin = _begin(path, 4096).removeprefix(codecs.BOM_UTF8).lstrip()
    return "json" if begin[:1] in (b"{", b"[") and begin[1:].lstrip()[:1] in _JSON_NEXT else "csv"


_JSON_NEXT: Final = (b'"', b"{", b"[", b"}", b"]", b"")


def _unfolded(path: Path, folder: Path, name: str) -> tuple[Path, str, tuple[str, ...]] | None:
    """The records of one JSON document as lines, where they came from and what was wrong; None where
    the file has a record a line."""
    begin = _begin(path).removeprefix(codecs.BOM_UTF8).lstrip()
    first = begin[:1]
    if first not in (b"[", b"{"):
        return None
    if first == b"{" and _is_lines(begin, whole=len(begin) < _SAMPLE - 3):
        return None
    text = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        records, whence = _records(text, name)
        return _lines(records, folder), whence, ()
    except (msgspec.DecodeError, RecursionError) as error:
        broken = str(error)
    return _as_far_as_it_goes(path, folder, first, broken)


def _is_lines(begin: bytes, *, whole: bool) -> bool:
    """Whether the file has an object a line, and is not one document."""
    first, _, rest = begin.partition(b"\n")
    try:
        found = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        later = [line for line in rest.split(b"\n")[:50] if line.strip()]
        return any(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in later)
    if rest.strip() or not whole:
        return True
    return not any(map(_is_list, found.values())) and not _embedded(found)


def _records(text: bytes, name: str) -> tuple[list[msgspec.Raw], str]:
    """The document's list of records, and its place in words. Raises DecodeError, PaywatchError."""
    if text[:64].lstrip()[:1] == b"[":
        return msgspec.json.decode(text, type=list[msgspec.Raw]), "a JSON array"
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    lists = {member: value for member, value in members.items() if _is_list(value)}
    if not lists:
        lists = _embedded(members)
    if len(lists) > 1:
        known = [member for member in lists if member.rpartition(".")[2] in _LIST_NAMES]
        if len(known) != 1:
            raise PaywatchError(
                f"{name} has several lists of records: {', '.join(lists)}; leave one of them"
            )
        lists = {known[0]: lists[known[0]]}
    if not lists:
        return [msgspec.json.decode(text, type=msgspec.Raw)], "one JSON object"
    [(member, records)] = lists.items()
    return msgspec.json.decode(records, type=list[msgspec.Raw]), f'the JSON list "{member}"'


def _embedded(members: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Lists of records one object further in, by path."""
    found: dict[str, msgspec.Raw] = {}
    for outer in _OUTER_NAMES:
        value = members.get(outer)
        if value is not None and bytes(memoryview(value)[:1]) == b"{":
            inner = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
            known = {name: one for name, one in inner.items() if name in _LIST_NAMES}
            found |= {f"{outer}.{name}": one for name, one in known.items() if _is_list(one)}
    return found


def _is_list(value: msgspec.Raw) -> bool:
    """Whether it is a list of objects."""
    begin = bytes(memoryview(value)[:256])
    return begin[:1] == b"[" and begin[1:].lstrip()[:1] == b"{"


def _lines(records: list[msgspec.Raw], folder: Path) -> Path:
    into = Path(tempfile.mkstemp(dir=folder, suffix=".jsonl")[1])
    with into.open("wb") as file:
        file.writelines(msgspec.json.format(bytes(record), indent=-1) + b"\n" for record in records)
    return into


def _as_far_as_it_goes(
    path: Path, folder: Path, first: bytes, broken: str
) -> tuple[Path, str, tuple[str, ...]] | None:
    """Objects one after the other, or an array that breaks off: what is whole of it. None where that
    is nothing, and lines are to be tried."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    decode = json.JSONDecoder().raw_decode
    records: list[Any] = []
    at = text.index(first.decode()) + (first == b"[")
    note = ""
    while at < len(text):
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at == len(text) or (first == b"[" and text[at] == "]"):
            break
        try:
            record, at = decode(text, at)
        except (ValueError, RecursionError):
            line = text.count("\n", 0, at) + 1
            note = f"the JSON breaks off in line {line}: {broken}; what stands before it is read"
            break
        records.append(record)
    if not records:
        return None
    into = Path(tempfile.mkstemp(dir=folder, suffix=".jsonl")[1])
    with into.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    whence = "a JSON array" if first == b"[" else "JSON objects"
    return into, whence, ((note,) if note else ())
