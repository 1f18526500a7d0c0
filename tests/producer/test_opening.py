"""Any file as a plain one: unpacked, in UTF-8, a record a line, and read where it lies if it is so."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.core.errors import PaywatchError
from producer.opening import STDIN, opened

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = "at;Währung\n2026-11-20;€\n"


def lines(path: Path, encoding: str = "") -> list[str]:
    with opened(path, encoding) as plain:
        return plain.path.read_text(encoding="utf-8-sig").splitlines()


def said(path: Path) -> tuple[str, ...]:
    with opened(path) as plain:
        return plain.said


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_text_in_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert lines(path) == TEXT.splitlines()


def test_text_in_another_encoding_is_read_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes("Дата\n".encode("cp1251"))
    assert lines(path, "cp1251") == ["Дата"]


def test_latin_1_far_into_the_file_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(b"a,b\n" * 600_000 + "Köln,1\n".encode("cp1252"))
    assert lines(path)[-1] == "Köln,1"


@pytest.mark.parametrize("name", ["h.csv.gz", "h.csv.zst", "h.bin"])
def test_a_packed_file_is_unpacked_by_what_it_holds_and_keeps_its_name(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    pack = zstd.compress if name.endswith(".zst") else gzip.compress
    path.write_bytes(pack(TEXT.encode("utf-16")))
    assert lines(path) == TEXT.splitlines()
    with opened(path) as plain:
        assert plain.path.name == ("h.bin" if name == "h.bin" else "h.csv")
        assert plain.said[1:] == ("UTF-16",)


def test_a_plain_file_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("a,b\n")
    with opened(path) as plain:
        assert (plain.path, plain.kind, plain.said) == (path, "csv", ("UTF-8",))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"a":1}\n{"a":2}\n')))
    with opened(STDIN) as plain:
        assert (plain.kind, plain.path.name, plain.said) == (
            "json", "stdin", ("standard input", "UTF-8")
        )  # fmt: skip
        assert plain.path.read_text() == '{"a":1}\n{"a":2}\n'


RECORDS = [{"id": 1, "at": {"x": "ü\n"}}, {"id": 2, "at": None}]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("document", "whence"),
    [
        (RECORDS, "a JSON array"),
        ({"data": RECORDS}, 'the JSON list "data"'),
        ({"items": RECORDS, "total": 2}, 'the JSON list "items"'),
        ({"anything": RECORDS, "links": ["a"]}, 'the JSON list "anything"'),
        ({"data": RECORDS, "errors": [{"a": 1}]}, 'the JSON list "data"'),
        ({"_embedded": {"payments": RECORDS}, "page": 1}, 'the JSON list "_embedded.payments"'),
    ],
    ids=["array", "data", "items", "any", "known of several", "embedded"],
)
def test_the_records_of_a_document_become_lines(
    tmp_path: Path, document: object, whence: str, indent: int | None
) -> None:
    path = tmp_path / "h.json"
    path.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    assert list(map(json.loads, lines(path))) == RECORDS
    assert said(path)[-1] == whence


def test_one_object_alone_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(json.dumps(RECORDS[0], indent=1))
    assert list(map(json.loads, lines(path))) == RECORDS[:1]


def test_objects_one_after_the_other_are_records(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text("\n".join(json.dumps(record, indent=1) for record in RECORDS))
    assert list(map(json.loads, lines(path))) == RECORDS


@pytest.mark.parametrize(
    "text", ['{"a":1}\n{"a":2}\n', '\n{"a":[{"b":1}]}\n{"a":2}', 'x\n{"a":2}\n']
)
def test_a_record_a_line_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(text)
    with opened(path) as plain:
        assert plain.path == path
        assert not plain.is_items


def test_an_array_that_breaks_off_is_read_as_far_as_it_goes_and_told(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(json.dumps(RECORDS, indent=1)[:-12])
    with opened(path) as plain:
        assert plain.path.read_text().count("\n") == 1
        [note] = plain.notes
        assert "the JSON breaks off in line" in note


def test_several_lists_of_which_none_is_known_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(json.dumps({"good": RECORDS, "bad": RECORDS}))
    with pytest.raises(PaywatchError, match="several lists of records: good, bad"):
        said(path)


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match="there is no file"):
        said(tmp_path / "none.csv")
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1000)[:-10])
    with pytest.raises(PaywatchError, match="cannot unpack"):
        said(tmp_path / "h.csv.gz")
    (tmp_path / "h.xlsx").write_bytes(b"PK\x03\x04....")
    with pytest.raises(PaywatchError, match="save it as CSV"):
        said(tmp_path / "h.xlsx")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PAR1\x15\x04\x15", "Parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"BZh91AY&SY", "packed by bzip2"),
        (b"<?xml version='1.0'?><a/>", "XML or HTML"),
        (b"\n<!DOCTYPE html><html></html>", "XML or HTML"),
        (b"<payments><p/></payments>", "XML or HTML"),
        (b"\x93\x00\x01\xff,\x02\n" * 9, "no text"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "h.csv").write_bytes(data)
    with pytest.raises(PaywatchError, match=f"is {what}.*save it as CSV"):
        said(tmp_path / "h.csv")


def test_an_empty_file_is_a_plain_one(tmp_path: Path) -> None:
    for name in ("h.csv", "h.json"):
        (tmp_path / name).write_bytes(b"")
        assert lines(tmp_path / name) == []
