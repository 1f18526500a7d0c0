"""Some rows of a file by column, from all of its parts."""

from __future__ import annotations

import json
from pathlib import Path

from producer.sample import sample
from producer.sniffing import NO_HEADER, Layout

CSV = Layout(kind="csv", delimiter=",", header=1)


def test_a_column_has_its_values_and_what_is_no_row_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("title\na,b\n1,x\n\n2,y,\ntoo few\nTotal,3\n# a,b\n")
    found = sample(path, Layout(kind="csv", delimiter=",", header=2))
    assert {name: list(values) for name, values in found.items()} == {
        "a": ["1", "2"],
        "b": ["x", "y"],
    }


def test_without_a_header_the_first_line_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("1,x\n2,y\n")
    found = sample(path, Layout(kind="csv", delimiter=",", header=NO_HEADER))
    assert list(found["column 1"]) == ["1", "2"]


def test_a_long_file_is_looked_at_up_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("a,b\n" + "".join(f"{number},x\n" for number in range(100_000)))
    numbers = [int(value) for value in sample(path, CSV)["a"]]
    assert len(numbers) < 50_000
    assert max(numbers) == 99_999
    path = tmp_path / "h.jsonl"
    path.write_text("".join(f'{{"a":{number}}}\n' for number in range(100_000)))
    numbers = [int(value) for value in sample(path, Layout(kind="json"))["a"]]
    assert max(numbers) == 99_999


def test_what_lies_inside_objects_is_a_column_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    rows = [{"id": 1, "card": {"brand": "visa", "checks": {"cvc": "pass"}}, "tags": [1]}, {"id": 2}]
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnonsense\n[1]\n")
    assert sample(path, Layout(kind="json")) == {
        "id": [1, 2],
        "card.brand": ["visa", None],
        "card.checks.cvc": ["pass", None],
    }


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("")
    assert sample(tmp_path / "h.csv", CSV) == {}
    assert sample(tmp_path / "h.csv", Layout(kind="json")) == {}
