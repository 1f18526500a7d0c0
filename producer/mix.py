"""Who pays, by what way, and how often it goes wrong on an ordinary day."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

from functions.core.payments.event import DIMENSIONS


class Issuer(NamedTuple):
    """share: of the payments that have an issuer. denied, failed: shares of its payments."""

    name: str
    share: float
    denied: float
    failed: float


class Method(NamedTuple):
    """share: of the payments at home. latency_ms: median. has_issuer: a bank stands behind it."""

    name: str
    share: float
    latency_ms: float
    has_network: bool = False
    has_issuer: bool = True
    abroad: bool = False


class Gateway(NamedTuple):
    """failed: share of its payments that fail, on top of what fails at the issuer."""

    name: str
    share: float
    failed: float


class Place(NamedTuple):
    """amount: median, in major units of the currency."""

    region: str
    country: str
    currency: str
    share: float
    amount: float


class Reason(NamedTuple):
    """Why a payment did not succeed, in its event's words. slow: it took until a timeout."""

    share: float
    scheme: str
    code: str
    message: str
    slow: bool = False


class Profile(NamedTuple):
    """What depends on each other in one payment, drawn at once. Rates are shares, 0 to 1."""

    region: str
    country: str
    currency: str
    amount: float
    method: str
    latency_ms: float
    network: str | None
    issuer: str | None
    denied: float
    failed: float


HOME: Final = "IN"
"""Every method is in use here; abroad only those with Method.abroad."""

# A bank's rates follow those of the UPI remitters (NPCI, June 2026): business declines times four
# fifths and technical declines cut at 0.3 %, so that an ordinary day lies below every threshold.
# HDFC's and ICICI's shares are as among credit cards, where they lead.
_ISSUERS: Final = (
    Issuer("HDFC", 0.22, 0.054, 0.0005),
    Issuer("SBI", 0.19, 0.069, 0.0020),
    Issuer("ICICI", 0.17, 0.040, 0.0006),
    Issuer("AXIS", 0.13, 0.054, 0.0005),
    Issuer("KOTAK", 0.08, 0.088, 0.0005),
    Issuer("PNB", 0.06, 0.085, 0.0028),
    Issuer("BOB", 0.06, 0.102, 0.0026),
    Issuer("CANARA", 0.05, 0.073, 0.0013),
    Issuer("YES", 0.04, 0.063, 0.0015),
)
_NETWORKS: Final = (("VISA", 0.48), ("MASTERCARD", 0.32), ("RUPAY", 0.20))
_METHODS: Final = (
    Method("credit_card", 0.36, 650.0, has_network=True, abroad=True),
    Method("debit_card", 0.31, 700.0, has_network=True, abroad=True),
    Method("upi", 0.20, 900.0),
    Method("netbanking", 0.07, 1400.0),
    Method("wallet", 0.06, 350.0, has_issuer=False, abroad=True),
)
_GATEWAYS: Final = (
    Gateway("razorpay", 0.38, 0.0003),
    Gateway("payu", 0.24, 0.0004),
    Gateway("cashfree", 0.20, 0.0003),
    Gateway("ccavenue", 0.11, 0.0005),
    Gateway("stripe", 0.07, 0.0002),
)
_PLACES: Final = (
    Place("IN-WEST", "IN", "INR", 0.30, 900.0),
    Place("IN-SOUTH", "IN", "INR", 0.26, 850.0),
    Place("IN-NORTH", "IN", "INR", 0.20, 800.0),
    Place("IN-EAST", "IN", "INR", 0.08, 650.0),
    Place("US-WEST", "US", "USD", 0.05, 38.0),
    Place("US-EAST", "US", "USD", 0.04, 35.0),
    Place("ME-CENTRAL", "AE", "AED", 0.03, 120.0),
    Place("EU-WEST", "GB", "GBP", 0.02, 30.0),
    Place("AP-SOUTHEAST", "SG", "SGD", 0.02, 45.0),
)
_DEVICES: Final = (("mobile", 0.71), ("web", 0.22), ("tablet", 0.04), ("pos", 0.03))
_MERCHANTS: Final = (
    "amazon", "flipkart", "myntra", "swiggy", "zomato", "bigbasket", "irctc", "makemytrip",
    "reliance", "nykaa", "ajio", "meesho", "blinkit", "bookmyshow", "ola", "uber", "airtel", "jio",
    "tatacliq", "croma", "decathlon", "firstcry", "lenskart", "pharmeasy", "urbancompany",
    "netflix", "spotify", "apple", "ikea", "starbucks",
)  # fmt: skip
_MERCHANT_SHARES: Final = (0.20, 0.11, *(1 / (rank + 4) for rank in range(28)))


@dataclass(frozen=True)
class Mix:
    """A population of payments. Shares need not sum up to 1; each table is scaled by its sum.

    reversed, backend_reversed, refunded, pending: shares of all payments.
    """

    issuers: tuple[Issuer, ...] = _ISSUERS
    networks: tuple[tuple[str, float], ...] = _NETWORKS
    methods: tuple[Method, ...] = _METHODS
    gateways: tuple[Gateway, ...] = _GATEWAYS
    places: tuple[Place, ...] = _PLACES
    devices: tuple[tuple[str, float], ...] = _DEVICES
    merchants: tuple[tuple[str, float], ...] = tuple(zip(_MERCHANTS, _MERCHANT_SHARES, strict=True))
    reversed: float = 0.004
    backend_reversed: float = 0.0008
    refunded: float = 0.006
    pending: float = 0.003
    values: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """Every value of every dimension."""

    def __post_init__(self) -> None:
        tables: dict[str, list[str]] = {
            "region": [place.region for place in self.places],
            "device": [name for name, _ in self.devices],
            "method": [method.name for method in self.methods],
            "network": [name for name, _ in self.networks],
            "issuer": [issuer.name for issuer in self.issuers],
            "gateway": [gateway.name for gateway in self.gateways],
            "merchant": [name for name, _ in self.merchants],
            "country": [place.country for place in self.places],
            "currency": [place.currency for place in self.places],
        }
        values = {name: tuple(dict.fromkeys(tables[name])) for name in DIMENSIONS}
        object.__setattr__(self, "values", values)

    def profiles(self) -> tuple[list[Profile], list[float]]:
        """Every profile that occurs, and the cumulated weights to draw them by."""
        found: list[Profile] = []
        weights: list[float] = []
        for place in self.places:
            methods = [m for m in self.methods if place.country == HOME or m.abroad]
            everywhere = sum(method.share for method in methods)
            for method in methods:
                share = place.share * method.share / everywhere
                for network, network_share in self._networks_of(method):
                    for issuer in self._issuers_of(method):
                        found.append(_profile(place, method, network, issuer))
                        weights.append(share * network_share * (issuer.share if issuer else 1.0))
        return found, list(accumulate(weights))

    def _networks_of(self, method: Method) -> list[tuple[str | None, float]]:
        if not method.has_network:
            return [(None, 1.0)]
        total = sum(share for _, share in self.networks)
        return [(name, share / total) for name, share in self.networks]

    def _issuers_of(self, method: Method) -> list[Issuer | None]:
        if not method.has_issuer:
            return [None]
        total = sum(issuer.share for issuer in self.issuers)
        return [issuer._replace(share=issuer.share / total) for issuer in self.issuers]


_WITHOUT_ISSUER_DENIED: Final = 0.05
_WITHOUT_ISSUER_FAILED: Final = 0.0008


def _profile(place: Place, method: Method, network: str | None, issuer: Issuer | None) -> Profile:
    return Profile(
        region=place.region,
        country=place.country,
        currency=place.currency,
        amount=place.amount,
        method=method.name,
        latency_ms=method.latency_ms,
        network=network,
        issuer=issuer.name if issuer else None,
        denied=issuer.denied if issuer else _WITHOUT_ISSUER_DENIED,
        failed=issuer.failed if issuer else _WITHOUT_ISSUER_FAILED,
    )


DENIALS: Final = (
    Reason(0.58, "iso8583", "51", "Not sufficient funds"),
    Reason(0.11, "iso8583", "05", "Do not honour"),
    Reason(0.10, "iso8583", "55", "Incorrect PIN"),
    Reason(0.08, "iso8583", "61", "Exceeds withdrawal amount limit"),
    Reason(0.05, "iso8583", "54", "Expired card"),
    Reason(0.03, "iso8583", "14", "Invalid card number"),
    Reason(0.03, "iso8583", "65", "Exceeds withdrawal frequency limit"),
    Reason(0.02, "iso8583", "59", "Suspected fraud"),
)
"""Why customers' payments are denied, day by day."""

_ISSUER_DOWN: Final = "Issuer or switch inoperative"
_GATEWAY_DOWN: Final = "Gateway unavailable"
_NO_ANSWER: Final = "No answer within 30 s"
_MALFUNCTION: Final = "System malfunction"

TECHNICAL: Final = (
    Reason(0.50, "iso8583", "91", _ISSUER_DOWN),
    Reason(0.20, "iso8583", "96", _MALFUNCTION),
    Reason(0.20, "gateway", "timeout", _NO_ANSWER, slow=True),
    Reason(0.10, "gateway", "err_503", _GATEWAY_DOWN),
)
"""Why payments fail for technical reasons, day by day."""

OUTAGE_REASONS: Final[dict[str, tuple[Reason, ...]]] = {
    "issuer": (
        Reason(0.74, "iso8583", "91", _ISSUER_DOWN),
        Reason(0.16, "iso8583", "96", _MALFUNCTION),
        Reason(0.10, "gateway", "timeout", _NO_ANSWER, slow=True),
    ),
    "network": (
        Reason(0.70, "iso8583", "92", "Unable to route to the issuer"),
        Reason(0.20, "iso8583", "96", _MALFUNCTION),
        Reason(0.10, "gateway", "timeout", _NO_ANSWER, slow=True),
    ),
    "gateway": (
        Reason(0.65, "gateway", "err_503", _GATEWAY_DOWN),
        Reason(0.10, "gateway", "err_502", "Bad answer from upstream"),
        Reason(0.25, "gateway", "timeout", _NO_ANSWER, slow=True),
    ),
    "merchant": (
        Reason(0.80, "iso8583", "03", "Invalid merchant"),
        Reason(0.20, "iso8583", "58", "Not permitted to this terminal"),
    ),
}
"""A dimension of an outage's slice → why its payments fail; the first that the slice names."""

OTHER_OUTAGE: Final = (
    Reason(0.45, "gateway", "err_500", "Internal error"),
    Reason(0.25, "gateway", "err_503", _GATEWAY_DOWN),
    Reason(0.30, "gateway", "timeout", _NO_ANSWER, slow=True),
)
"""Why payments fail in an outage of any other slice, such as a region."""

CAUSE_REASONS: Final[dict[str, tuple[Reason, ...]]] = {
    **OUTAGE_REASONS,
    "timeout": (Reason(1.0, "gateway", "timeout", _NO_ANSWER, slow=True),),
    "customer": (
        Reason(0.85, "iso8583", "51", "Not sufficient funds"),
        Reason(0.15, "iso8583", "61", "Exceeds withdrawal amount limit"),
    ),
    "fraud": (
        Reason(0.80, "iso8583", "59", "Suspected fraud"),
        Reason(0.20, "iso8583", "63", "Security violation"),
    ),
}
"""The cause that an outage is given → why its payments fail."""

DENYING_CAUSES: Final = frozenset(("customer", "fraud"))
"""Payments with these are denied, where others fail."""
