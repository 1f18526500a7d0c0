"""`paywatch localise`: leaf counts in, the slices to blame out."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from functions.core.counting.slices import slice_key
from functions.core.errors import PaywatchError
from ops.cli import app
from ops.localise import COUNTS

ROOT = Path(__file__).parent.parent.parent
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))
CASES = DATA / "robustspot_dev"
HEADER = ("issuer", "network", *COUNTS)


def localise(file: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["localise", str(file), *options])


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def market(tmp_path: Path, failing: Sequence[tuple[str, str]], rate: float = 0.5) -> Path:
    """2 % of a thousand payments fail on each segment; on these, `rate`."""
    rows = [
        (*leaf, 1000, 1000 * rate if leaf in failing else 20, 9000, 180)
        for leaf in product(("HDFC", "SBI", "AXIS", ""), ("VISA", "RUPAY"))
    ]
    return write(tmp_path / "leaves.csv", HEADER, rows)


def faults_of(file: Path) -> str:
    result = localise(file, "--json")
    assert isinstance(result.exception, PaywatchError)
    assert result.stdout == ""
    return str(result.exception)


def test_one_object_names_the_causes_best_first_with_scores(tmp_path: Path) -> None:
    file = market(tmp_path, [("HDFC", "VISA"), ("SBI", "RUPAY")])
    result = localise(file, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, list(answer)) == (0, ["causes", "outside"])
    assert answer["outside"] is False
    assert [cause["slice"] for cause in answer["causes"]] == [
        {"issuer": "HDFC", "network": "VISA"},
        {"issuer": "SBI", "network": "RUPAY"},
    ]
    assert all(90 < cause["score"] <= 100 for cause in answer["causes"])


def test_people_read_each_cause_with_its_rates_now_and_before(tmp_path: Path) -> None:
    words = localise(market(tmp_path, [("HDFC", "VISA")])).stdout
    assert (
        "issuer HDFC × network VISA: 50 % of 1,000 attempts failed (baseline 2 %)\n"
        "       all traffic: 8 % of 8,000 attempts failed (baseline 2 %)\n"
    ) in words


def test_a_blank_value_is_told_as_blank(tmp_path: Path) -> None:
    file = market(tmp_path, [("", "VISA"), ("", "RUPAY")])
    assert json.loads(localise(file, "--json").stdout)["causes"][0]["slice"] == {"issuer": ""}
    assert "issuer (blank): 50 %" in localise(file).stdout


def test_when_everything_rose_it_is_outside(tmp_path: Path) -> None:
    every = list(product(("HDFC", "SBI", "AXIS", ""), ("VISA", "RUPAY")))
    file = market(tmp_path, every, 0.2)
    assert json.loads(localise(file, "--json").stdout) == {"causes": [], "outside": True}
    assert "everything rose alike, no slice is to blame: 20 % of 8,000" in localise(file).stdout


def test_when_nothing_rose_nothing_is_named(tmp_path: Path) -> None:
    file = market(tmp_path, [])
    assert json.loads(localise(file, "--json").stdout) == {"causes": [], "outside": False}
    assert "no slice surely fails more than in the baseline: 2 %" in localise(file).stdout


def test_rows_of_the_same_leaf_are_summed_and_columns_stand_in_any_order(tmp_path: Path) -> None:
    header = (*COUNTS[::-1], "network", "issuer")
    rows = [
        (90, 4500, 250 if leaf == ("HDFC", "VISA") else 10, 500, leaf[1], leaf[0])
        for leaf in 2 * list(product(("HDFC", "SBI", "AXIS", ""), ("VISA", "RUPAY")))
    ]
    split = write(tmp_path / "split.csv", header, rows)
    whole = market(tmp_path, [("HDFC", "VISA")])
    assert localise(split, "--json").stdout == localise(whole, "--json").stdout


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty: the first row names the columns"),
        ("a,attempts,failures\n", "column baseline_attempts, baseline_failures missing"),
        (",".join(COUNTS) + "\n", "no dimension"),
        (",".join(("a", "a", *COUNTS)) + "\n", "column a stands there twice"),
        (",".join(("", *COUNTS)) + "\n", "a column has no name"),
        (",".join(("a", *COUNTS)) + "\n", "it has no rows"),
        (",".join(("a", *COUNTS)) + "\nx,0,0,9,1\n", "attempts are 0 in every row"),
        (",".join(("a", *COUNTS)) + "\nx,9,1,0,0\n", "there is nothing to compare with"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_the_reason(
    text: str, fault: str, tmp_path: Path
) -> None:
    file = tmp_path / "leaves.csv"
    file.write_text(text, encoding="utf-8")
    assert fault in faults_of(file)


def test_all_faults_of_the_rows_are_told_with_their_numbers(tmp_path: Path) -> None:
    rows = [
        ("HDFC", "VISA", 10, 1, 10, 1),
        ("HDFC", "VISA", "ten", 1, 10, 1),
        ("HDFC", "VISA", 10, 11, 10, 12),
        ("HDFC", "VISA", -1, 0, "inf", "nan"),
        ("HDFC", 10, 1, 10, 1),
    ]
    assert faults_of(write(tmp_path / "leaves.csv", HEADER, rows)).splitlines() == [
        f"{tmp_path}/leaves.csv cannot be localised:",
        "  - row 3: attempts 'ten' is no number",
        "  - row 4: 11 failures of 10 attempts",
        "  - row 4: 12 baseline_failures of 10 attempts",
        "  - row 5: attempts -1 is negative",
        "  - row 5: baseline_attempts 'inf' is no number",
        "  - row 5: baseline_failures 'nan' is no number",
        "  - row 6: 5 fields, the header has 6",
    ]


def test_of_many_faults_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    rows = [("HDFC", "VISA", "x", 0, 1, 0)] * 50
    lines = faults_of(write(tmp_path / "leaves.csv", HEADER, rows)).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  - and 30 more"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none.csv") == (
        f"cannot read {tmp_path}/none.csv: No such file or directory"
    )
    (tmp_path / "latin.csv").write_bytes(b"caf\xe9,attempts\n")
    assert "latin.csv is no CSV in UTF-8" in faults_of(tmp_path / "latin.csv")


def test_a_spreadsheets_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    file = market(tmp_path, [("HDFC", "VISA")])
    file.write_text("\ufeff" + file.read_text(encoding="utf-8"), encoding="utf-8")
    [cause] = json.loads(localise(file, "--json").stdout)["causes"]
    assert cause["slice"] == {"issuer": "HDFC", "network": "VISA"}


def test_of_real_failures_most_are_blamed_on_the_slice_that_their_operators_found(
    tmp_path: Path,
) -> None:
    if not CASES.is_dir():
        pytest.skip(f"no real cases in {CASES}; set PAYWATCH_DATA")
    truth = json.loads((CASES / "ground_truth.json").read_text(encoding="utf-8"))
    exact = sum(
        keys(json.loads(localise(leaves_of(case, tmp_path), "--json").stdout)["causes"])
        == frozenset(slice_key(cause) for cause in case["causes"])
        for case in truth
    )
    assert exact >= 0.65 * len(truth)


def keys(causes: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(slice_key(cause["slice"]) for cause in causes)


def leaves_of(case: dict[str, Any], tmp_path: Path) -> Path:
    """The labelled minute, and those before it as the baseline."""
    with (CASES / case["file"]).open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    dimensions = [name for name in rows[0] if name not in ("min", "value", "cnt")]
    leaves = []
    for row in rows:
        counts = [float(row["cnt"]), float(row["value"])]
        values = [row[name] for name in dimensions]
        if int(row["min"]) == case["timestamp"]:
            leaves.append([*values, *counts, 0.0, 0.0])
        elif int(row["min"]) < case["timestamp"]:
            leaves.append([*values, 0.0, 0.0, *counts])
    return write(tmp_path / "case.csv", [*dimensions, *COUNTS], leaves)
