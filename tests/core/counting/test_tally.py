"""Counts by second and slice: a commutative monoid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import attempts, payments
from functions.core.counting.failing import MOST_LEAVES
from functions.core.counting.harm import Example
from functions.core.counting.slices import ALL
from functions.core.counting.tally import MOST_FAULTS, Bucket, Tally, merge
from functions.core.payments.event import ATTEMPT_STATUSES, STATUSES, Payment
from tests.builders import NOW, counts, payment

SLICING = (("issuer",), ("network",), ("issuer", "network"))

made = st.builds(
    payment,
    st.integers(NOW, NOW + 3),
    st.sampled_from(STATUSES),
    issuer=st.none() | st.sampled_from("AB"),
    network=st.none() | st.sampled_from("XY"),
    count=st.integers(1, 5),
    latency_ms=st.none() | st.floats(0, 5000),
    amount=st.none() | st.floats(0, 1e9),
    currency=st.none() | st.sampled_from(("INR", "USD")),
    transaction_id=st.sampled_from("tuv"),
)
lists = st.lists(made, max_size=12)


def counted(paid: list[Payment]) -> Tally:
    tally = Tally()
    for item in paid:
        is_failed = item.status in ATTEMPT_STATUSES - {"approved"}
        tally.add(item, "issuer" if is_failed else "", SLICING, ":Z9" if is_failed else "")
    return tally


tallies = lists.map(counted)


@given(tallies)
def test_an_empty_tally_changes_nothing(tally: Tally) -> None:
    assert merge([tally, Tally()]) == merge([Tally(), tally]) == merge([tally]) == tally


@given(tallies, tallies, tallies)
def test_merging_is_associative(one: Tally, two: Tally, three: Tally) -> None:
    assert merge([merge([one, two]), three]) == merge([one, merge([two, three])])


@given(tallies, tallies)
def test_merging_is_commutative(one: Tally, two: Tally) -> None:
    assert merge([one, two]) == merge([two, one])


@given(lists, lists)
def test_counting_and_merging_is_counting_all_at_once(
    one: list[Payment], two: list[Payment]
) -> None:
    assert merge([counted(one), counted(two)]) == counted(one + two)


@given(tallies, tallies)
def test_merging_leaves_what_it_merges_as_it_was(one: Tally, two: Tally) -> None:
    before = repr((one, two))
    merge([one, two])
    assert repr((one, two)) == before


@given(lists, lists)
def test_what_is_taken_back_was_never_counted(kept: list[Payment], taken: list[Payment]) -> None:
    tally = counted(kept + taken)
    for item in taken:
        is_failed = item.status in ATTEMPT_STATUSES - {"approved"}
        cause, unknown = ("issuer", ":Z9") if is_failed else ("", "")
        tally.take(item, cause, SLICING, unknown)
    seen, wanted = tally.total, counted(kept)
    assert seen == wanted.total
    for second, bucket in wanted.seconds.items():
        left = tally.seconds[second]
        assert (left.slices, left.latency, left.failing) == (
            bucket.slices,
            bucket.latency,
            bucket.failing,
        )
        assert (left.unknown, harm_of(left)) == (bucket.unknown, harm_of(bucket))


def harm_of(bucket: Bucket) -> dict[str, dict[str, int]]:
    """The money that failed, slices and currencies without any left out."""
    money = {key: {name: n for name, n in held.items() if n} for key, held in bucket.money.items()}
    return {key: held for key, held in money.items() if held}


def test_what_was_never_counted_cannot_be_taken_back() -> None:
    tally = Tally()
    tally.take(payment(NOW, "failed", issuer="A"), "timeout", SLICING, ":Z9")
    tally.add(payment(NOW, "approved"), "", SLICING)
    tally.take(payment(NOW, "failed", issuer="A"), "timeout", SLICING, ":Z9")
    assert tally.seconds[NOW].slices == {}


def test_kinds_of_faults_are_bounded() -> None:
    tally = Tally()
    tally.fault(NOW, (f"kind {number}" for number in range(99)))
    assert len(tally.seconds[NOW].faults) == MOST_FAULTS + 1
    assert sum(tally.seconds[NOW].faults.values()) == 99


@given(lists)
def test_every_payment_is_counted_once_in_all_traffic(paid: list[Payment]) -> None:
    assert payments(counted(paid).total) == sum(item.count for item in paid)


@given(lists)
def test_attempts_are_the_payments_with_a_final_outcome(paid: list[Payment]) -> None:
    final = sum(item.count for item in paid if item.status in ATTEMPT_STATUSES)
    assert attempts(counted(paid).total) == final


def test_a_payment_is_counted_in_its_second_under_each_of_its_slices() -> None:
    tally = Tally()
    tally.add(payment(NOW, "failed", issuer="A", network="X", count=3), "timeout", SLICING)
    three = counts(failed=3, timeout=3)
    keys = (ALL, "issuer=A", "network=X", "issuer=A&network=X")
    assert tally.seconds[NOW].slices == dict.fromkeys(keys, three)


def test_what_failed_leaves_its_money_and_an_example_in_each_of_its_slices() -> None:
    tally = Tally()
    for name, amount, cause in (("b", 2.5, "issuer"), ("a", 0.1, "issuer"), ("c", 9.0, "customer")):
        failed = payment(
            NOW, "failed", transaction_id=name, amount=amount, currency="INR", issuer="A", count=2,
            error_code="91",
        )  # fmt: skip
        tally.add(failed, cause, (("issuer",),))
    assert tally.seconds[NOW].money == {key: {"INR": 5_200} for key in (ALL, "issuer=A")}
    assert tally.seconds[NOW].examples == dict.fromkeys((ALL, "issuer=A"), Example("a", "91"))


def test_a_card_number_in_a_transaction_id_is_not_kept() -> None:
    tally = Tally()
    tally.add(payment(NOW, "failed", transaction_id="4111111111111111"), "issuer", ())
    assert tally.seconds[NOW].examples[ALL] == Example("************1111")


def test_a_code_that_nobody_knows_is_counted_by_name() -> None:
    tally = Tally()
    for _ in range(3):
        tally.add(payment(NOW, "failed", count=2), "unknown", (), "acme:Z9")
    assert tally.seconds[NOW].unknown == {"acme:Z9": 6}


@given(lists)
def test_what_failed_is_counted_once_in_its_leaf(paid: list[Payment]) -> None:
    wrong = sum(attempts(bucket.slices.get(ALL, 0)) for bucket in counted(paid).seconds.values())
    wrong -= sum(p.count for p in paid if p.status == "approved")
    failing = [bucket.failing for bucket in counted(paid).seconds.values()]
    assert sum(attempts(n) for leaves in failing for n in leaves.values()) == wrong


def test_a_leaf_has_all_values_of_the_dimensions_that_are_counted() -> None:
    tally = Tally()
    slicing = (("issuer",), ("gateway", "network"))
    made = payment(status="denied", issuer="A&B", gateway="G", method="card", latency_ms=70.0)
    tally.add(made, "customer", slicing)
    assert tally.seconds[NOW].failing == {"gateway=G&issuer=A%26B": counts(denied=1, customer=1)}
    tally.add(payment(issuer="A"), "", slicing)
    assert len(tally.seconds[NOW].failing) == 1


def test_a_tally_on_its_way_has_few_leaves_a_second_and_lost_nothing() -> None:
    tally = Tally()
    for number in range(2 * MOST_LEAVES):
        tally.add(payment(status="failed", merchant=f"M{number}"), "gateway", (("merchant",),))
    before = tally.seconds[NOW].failing
    failing = tally.with_few_leaves().seconds[NOW].failing
    assert len(failing) <= MOST_LEAVES + 1
    assert sum(failing.values()) == sum(before.values())
