"""Kinds of failures: what gateways say in many words, what follows from it, and which words tell it.

A rule holds where the words of a text are clear by themselves; the first that holds tells the kind.
So the order is part of it: who acted comes before what broke, what broke before what was wrong in a
request. What no rule tells is left to the model (functions/core/causes/guess.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from functions.core.causes.wording import feature


class FailureKind(msgspec.Struct, frozen=True, gc=False):
    """One kind of failure. cause, owner, retry: as in Code. action: what an on-call engineer does first
    when it rises. sure: how often its rules are right where it was measured, from 0 to 1."""

    name: str
    cause: str
    owner: str
    retry: str
    action: str
    sure: float


class Telltale(msgspec.Struct, frozen=True, gc=False):
    """Tells its kind where a text has a word of each group, and none of `unless`; why: what it rests on.

    A group is words, or pairs of neighbours, between bars. Words are known by their stems.
    """

    kind: str
    groups: tuple[str, ...]
    unless: str = ""
    why: str = ""


_ONE: Final = "None for one payment. When it rises, {}."
KINDS: Final[Mapping[str, FailureKind]] = {
    name: FailureKind(name, cause, owner, retry, action, sure)
    for name, cause, owner, retry, sure, action in (
        ("no funds", "customer", "customer", "later", 0.97,
         _ONE.format("compare with a payday or a campaign, and see whether amounts are right")),
        ("limit of the customer", "customer", "customer", "later", 0.92,
         _ONE.format("see whether amounts rose, or a job repeats the same cards")),
        ("declined by the issuer", "customer", "customer", "later", 0.92,
         _ONE.format("see whether one issuer alone declines, and ask it which rule changed")),
        ("wrong card data", "customer", "customer", "after_fix", 0.95,
         _ONE.format("look at the card form, and at card testing by bots")),
        ("wrong PIN or password", "customer", "customer", "after_fix", 0.95,
         _ONE.format("see whether one issuer alone is hit, and try its page yourself")),
        ("address does not match", "customer", "customer", "after_fix", 0.92,
         _ONE.format("look at the address form and at who asks for the check")),
        ("authentication not passed", "customer", "customer", "after_fix", 0.92,
         _ONE.format("try the 3-D Secure step yourself, for each issuer that is hit")),
        ("card or account blocked", "customer", "customer", "after_fix", 0.92,
         _ONE.format("see whether one issuer or kind of card alone is hit")),
        ("card or account does not exist", "customer", "customer", "never", 0.92,
         _ONE.format("see whether stored cards are refreshed by the account updater")),
        ("customer revoked it", "customer", "customer", "never", 0.95,
         "Stop the schedule of this customer; repeating it is fined."),
        ("customer gave up", "customer", "customer", "never", 0.95,
         _ONE.format("go through the checkout yourself: a step may be slow or broken")),
        ("lost or stolen card", "fraud", "customer", "never", 0.97,
         "Block the card; look for card testing: many cards, one device or address."),
        ("suspected fraud", "fraud", "issuer", "never", 0.95,
         "Check the fraud rules changed last, and look for card testing."),
        ("law or sanctions", "fraud", "merchant", "never", 0.92,
         "Ask the compliance team; do not repeat it by another route."),
        ("issuer unavailable", "issuer", "issuer", "after_reconciliation", 0.95,
         "See whether one issuer alone answers so; warn its customers."),
        ("network unavailable", "network", "network", "after_reconciliation", 0.92,
         "See whether one network alone answers so, and its status page."),
        ("gateway or acquirer failed", "gateway", "gateway", "after_reconciliation", 0.92,
         "Check the gateway's status; ask for the payment's status before repeating."),
        ("too many requests", "gateway", "us", "later", 0.92,
         "Lower the rate of requests; find what repeats them."),
        ("request not valid", "merchant", "us", "after_fix", 0.92,
         "Take one failing request, find the field that is wrong, compare with our last release."),
        ("duplicate", "merchant", "us", "after_reconciliation", 0.95,
         "Check that the first payment stands; find what sends it twice."),
        ("operation not allowed", "merchant", "us", "after_fix", 0.92,
         "Find what refunds, captures or cancels payments in the wrong state."),
        ("not enabled for the merchant", "merchant", "merchant", "after_fix", 0.92,
         "Check the merchant account's set-up; hide the method until then."),
        ("credentials refused", "merchant", "us", "after_fix", 0.95,
         "Check for a rotated or expired key, and the permissions of this account."),
        ("no answer in time", "timeout", "gateway", "after_reconciliation", 0.95,
         "Find the slow hop by latency; ask for the payment's status before repeating."),
    )
}  # fmt: skip


_NOT: Final = "not|no|never"
_BAD: Final = (
    "invalid|incorrect|wrong|bad|malformed|not valid|not match|mismatch|not correct|illegal|format"
    "|length|too long|too short|not recognized|unrecognized|not numeric|non numeric|erroneous"
)
_ABSENT: Final = (
    "missing|required|blank|empty|null|not supplied|not provided|not specified|not present"
    "|not found|must|absent|incomplete|needed|not sent|should not|contain"
)
_OFF: Final = (
    "not enabled|not configured|configured|not activated|unactivated|not supported|unsupported"
    "|not available|not allowed|not permitted|disabled|inactive|not active|deactivated"
    "|misconfigured|not set|setup|set up|not setup|not accepted|not enrolled|not registered"
    "|unregistered|suspended|not subscribed|not defined|contract|not approved|not assigned"
    "|not exist|closed|not authorized|does not|not applicable|not implemented|not live|not ready"
    "|disallowed|not eligible"
)
_DOWN: Final = (
    "unavailable|not available|inoperative|down|offline|malfunction|outage|maintenance|technical"
    "|not responding|system|busy|overloaded|signed off|not reachable|downtime|not work|not working"
    "|server|internal"
)
_REQUEST: Final = (
    "field|parameter|request|json|xml|payload|body|header|attribute|element|property|schema|syntax"
    "|argument|input|value|format|characters|string|url|uri|content|encoding|data|version|message"
    "|amount|currency|order|reference|id|identifier|description|country|language|locale|timestamp"
    "|date|email|phone|quantity|item|items|tax|shipping|installments|mcc|name|state|city|address"
    "|type|token|nonce|session|ip|invoice|transaction|merchant|terminal|mandate|metadata|customer"
    "|billing|postal|zip|street|line|decimal|payment|source|division|sku|store|plan|batch"
    "|cryptogram|cavv|eci|xid|icc|track|cashback|tip|mode|operation|action|method|instrument"
    "|location|certificate|birth|document|nationality|companion"
)
_AFTERWARDS: Final = (
    "refund|capture|void|voided|reversal|settle|credit back|chargeback|rebill|reauthorize"
    "|cancellation|recapture|payout|transfers"
)
_EXCEEDS: Final = (
    "exceed|greater|higher|more than|larger|above|maximum|over|too large|too high|too much|max"
)
_CREDENTIAL: Final = (
    "api key|secret|credential|password|passcode|username|login|signature|hmac|checksum|hash"
    "|apikey|bearer|jwt|access token|oauth|private key|public key|key|md5|fingerprint|sign|salt"
    "|auth header|sha|encrypt|decrypt|passphrase"
)

TELLTALES: Final = tuple(
    Telltale(kind, groups, unless, why)
    for kind, groups, unless, why in (
        # 3-D Secure: its service, its set-up and its data are not the customer's matter.
        (
            "issuer unavailable",
            (
                "acs|issuer",
                "3ds|authentication|acs",
                "unavailable|not available|malfunction|down|technical|error|unable|server"
                "|not process",
            ),
            "required|challenge|abandon",
            "the issuer's own server of 3-D Secure",
        ),
        (
            "network unavailable",
            (
                "3ds|directory server|authentication service",
                "malfunction|unavailable|down|technical|system|server|outage|service|internal"
                "|provider error",
            ),
            "acs|not configured|version|customer|required",
            "the network's 3-D Secure",
        ),
        (
            "not enabled for the merchant",
            (
                "3ds|verified visa",
                "not configured|configuration|merchant|not set|setup|misconfigured|not activated",
            ),
            "customer",
            "3-D Secure is set up by the merchant",
        ),
        (
            "request not valid",
            (
                "3ds|cavv|eci|xid|cryptogram|authentication",
                "data|version|protocol|parameter|field|cavv|eci|xid|cryptogram|format|result|value"
                "|element",
                f"{_BAD}|{_ABSENT}|not supported|error",
            ),
            "otp|pin|password|customer not|credentials|incorrect otp|authentication required"
            "|additional customer",
            "what the request carries of 3-D Secure",
        ),
        # What people do, before what machines do: a lapsed page is no time-out of the path.
        (
            "customer gave up",
            (
                "cancel|abandon|abort|dropped|drop|closed window|back button|left|interrupted"
                "|user rejected|closed",
                "customer|page|window|browser|app",
            ),
            f"{_AFTERWARDS}|account|mandate|subscription|recurring|required|connection|card"
            "|authorization request|already",
            "the customer acted",
        ),
        (
            "customer gave up",
            (
                "session|checkout|link|otp|challenge|collect|qr|page|3ds|authentication"
                "|authorization window|customer|cart|voucher|payment link|order",
                "timeout|timed out|expired|lapsed|time limit|not completed|abandoned|not finished"
                "|time|uncompleted",
            ),
            f"{_BAD}|{_AFTERWARDS}|required|date|token|card|key|service|server|system|processor"
            "|acquirer|connection|network|read|limit|account|mandate|already|original|real",
            "nobody finished in time",
        ),
        (
            "customer gave up",
            (
                "not approved|declined|not authorised|not accept",
                "by customer|customer declined|collect",
            ),
            "card|bank|action|perform",
            "the customer refused",
        ),
        (
            "customer revoked it",
            (
                "mandate|recurring|subscription|standing|direct debit|authorisation|billing"
                "|payment|agreement|debit|preapproval",
                "revoked|revocation|stop|stopped|cancelled|withdrawn|paused|not active|inactive"
                "|disputed|terminated|suspended|invalid mandate|mandate invalid|mandate not",
            ),
            f"{_AFTERWARDS}|order|transaction|key|token|merchant|request|required|parameter|field"
            "|not stop",
            "the customer's consent is gone",
        ),
        # Fraud says so.
        (
            "lost or stolen card",
            (
                "lost|stolen|pickup|pick card|pick up|retain card|capture card|hard capture"
                "|keep card|confiscate|hotlisted|hot card|seize|hold call",
            ),
            "connection|timeout|session|packet|expired|restricted|communication|data|pin",
            "the card is reported",
        ),
        (
            "law or sanctions",
            (
                "sanction|ofac|aml|money laundering|laundering|embargo|compliance|pep|politically"
                "|screening",
            ),
            "pci|format|field",
            "compliance forbids it",
        ),
        (
            "suspected fraud",
            (
                "fraud|suspicious|suspected|blacklist|blocklist|blocked list|denylist|deny list"
                "|block list|black list|negative list|negative file|watchlist|counterfeit"
                "|antifraud|tampered|manipulation|scam|money mule|card testing|risk|risky"
                "|security decline|acquirer security|radar|high risk|security violation"
                "|security reasons|security department",
            ),
            "malfunction|ip address|ip from|not configured|service unavailable|format|field",
            "it says so",
        ),
        (
            "suspected fraud",
            (
                "score",
                "threshold|exceeds|high|above|validation|limit",
            ),
            "field|parameter",
            "a score of risk",
        ),
        (
            "suspected fraud",
            (
                "blocked",
                "ip|email|device|fingerprint",
            ),
            "merchant account|field",
            "a rule on who pays",
        ),
        (
            "suspected fraud",
            (
                "blocked by",
                "processor|gateway|psp|provider|acquirer|rule|rules|filter|policy",
            ),
            "card|limit",
            "a rule of who serves us",
        ),
        (
            "issuer unavailable",
            (
                "issuer not|bank not",
                "available|reachable|working|respond|process",
            ),
            "acquirer|beneficiary|partner|payee|psp|honor|response",
            "the customer's bank",
        ),
        (
            "issuer unavailable",
            (
                "issuer unavailable|bank unavailable|issuer down|bank down|issuer offline"
                "|bank offline|issuer inoperative|issuer temporarily|bank temporarily"
                "|issuer technical|bank technical|issuer malfunction|issuer server|bank server"
                "|issuer maintenance|bank maintenance|unavailable issuer|down issuer",
            ),
            "acquirer|beneficiary|partner|payee|not authorized|not approved|not permit|not allow"
            "|not support|not honor|not accept|not found|not exist|not match",
            "the customer's bank",
        ),
        # Time.
        (
            "no answer in time",
            (
                "timeout|timed out|time out|timedout|deadline exceeded|no response|no reply"
                "|no answer|not respond|too late|took too|response not|did respond|not received"
                "|timeframe|lapse time|time exceeded|late response|not answer",
            ),
            f"{_AFTERWARDS}|original|parameter|field|invalid timeout|connect|too many|callback",
            "nobody answered",
        ),
        # Money and limits.
        (
            "no funds",
            (
                "insufficient|not enough|not sufficient|low|inadequate|lack|nsf",
                "funds|balance|credit|money|limit|amount|account|card|cover",
            ),
            "merchant|permission|scope|privilege|amount low|field|parameter|data|information"
            "|request|minimum|seller|balance account|amount too",
            "the account is empty",
        ),
        (
            "no funds",
            (
                "insufficient",
                "insufficient",
            ),
            "merchant|permission|scope|privilege|data|parameter|information|field|access|rights"
            "|authority|authentication",
            "the account is empty",
        ),
        (
            "too many requests",
            (
                "rate limit|many requests|throttled|429|quota|requests limit|api limit|ratelimit"
                "|limit api",
            ),
            "otp|pin|card",
            "the gateway limits us",
        ),
        (
            "operation not allowed",
            (
                _AFTERWARDS,
                _EXCEEDS,
            ),
            "card|withdrawal|credit limit|pin",
            "more than the payment has",
        ),
        (
            "operation not allowed",
            (
                "exceeds|greater|higher|more than|larger",
                "original|authorized amount|remaining|initial|previous|total",
            ),
            "",
            "more than the payment has",
        ),
        (
            "limit of the customer",
            (
                "limit|frequency|velocity|count|number|attempts|maximum number|tries|withdrawal"
                "|daily|activity|times|spending|cap|allowance|many transactions",
                f"{_EXCEEDS}|reached|breached|crossed|too many|limit|velocity",
            ),
            "api|rate|merchant|terminal|refund|field|length|characters|request|minimum|pin|otp"
            "|password|seller|division|allowed limit|option|account amount|time limit|line|items"
            "|decimal|file|card number|digits|metadata|invalid|parameter|value|size|description",
            "the card or account has a limit",
        ),
        (
            "limit of the customer",
            ("amount exceeded",),
            "authorized|original|balance|remaining|merchant|account|field|parameter|total|terminal"
            "|minimum|order|currency|captured|allowed|permitted",
            "the card or account has a limit",
        ),
        # Twice.
        (
            "duplicate",
            (
                "duplicate|idempotency|already exists|already used|previously used|used already"
                "|already processed|same reference|not unique|unique|reused|seen before"
                "|used before|same transaction|already submitted|repeated|resubmitted|already use"
                "|earlier transaction|token used|nonce used|use already|account exists|exists",
            ),
            f"{_AFTERWARDS}|required|completed|paid|approved by|not exists|no|exists not"
            "|non exists",
            "it was sent before",
        ),
        # What is done to a payment afterwards.
        (
            "operation not allowed",
            (
                "already",
                f"{_AFTERWARDS}|paid|completed|processed|approved|authorized|closed|finalized"
                "|succeeded|confirmed|expired",
            ),
            "key|card already|merchant|account",
            "the payment is in another state",
        ),
        (
            "operation not allowed",
            (
                _AFTERWARDS,
                f"{_NOT}|invalid|state|status|expired|wrong|fully|only|pending|window|period"
                "|disabled|error|original|referenced|declined|late",
            ),
            "card|risk|issuer|bank account|parameter|field|currency|hard|configured|enabled"
            "|permission|timeout|pin",
            "the payment is in another state",
        ),
        (
            "operation not allowed",
            (
                "state|status",
                "invalid|wrong|not|unexpected|illegal|because|current|incorrect",
            ),
            "card status|account status|http|unknown|country|state zip|city",
            "the payment is in another state",
        ),
        (
            "operation not allowed",
            (
                "original|referenced|parent|initial|previous|transaction|payment|order"
                "|authorization|charge|capture|record|intent|resource|session",
                "not found|not exist|not located|no such|unknown|not find|nonexistent|not known"
                "|not available|does exist|declined original|original declined"
                "|original authorization|cancelled previously|different|not finalised"
                "|not identified|found",
            ),
            "card|issuer|bank|account|customer|merchant|method|processor|gateway|terminal|route"
            "|url|endpoint|contract|country|currency|field|reason|parameter|recipient|iban|name"
            "|unknown error|acquirer|service|not available",
            "the payment that it refers to is not there",
        ),
        (
            "operation not allowed",
            (
                "operation|action|transition|modification",
                "not allowed|not permitted|invalid|illegal|not possible|cannot|not supported"
                "|forbidden|not available",
            ),
            "card|customer|issuer|bank|3ds",
            "the payment is in another state",
        ),
        # Who we are to the gateway.
        (
            "credentials refused",
            (
                _CREDENTIAL,
                f"{_BAD}|{_ABSENT}|expired|error|verify|not|declined|revoked|inactive|unauthorized"
                "|provided|authentication|validation|unknown",
            ),
            "card|otp|pin|customer|idempotency|3ds|cavv|expired card|issuer|bank|foreign|csc"
            "|primary|security|date|duplicate",
            "our key or signature",
        ),
        (
            "credentials refused",
            (
                "unauthorized|forbidden|access denied|permission|not whitelisted|whitelist"
                "|privilege|scope|invalid access|insufficient permission|missing authentication"
                "|authentication missing|auth missing",
            ),
            "card|cardholder|issuer|bank|recurring|transaction|payment|currency",
            "we may not do this",
        ),
        (
            "credentials refused",
            (
                "not authorized|not allowed|not permitted|not entitled|no access|no right",
                "perform|api|resource|endpoint|action|access|account api|application",
            ),
            "card|cardholder|issuer|bank|transaction not|payment not",
            "we may not do this",
        ),
        (
            "credentials refused",
            (
                "ip",
                "not whitelisted|unknown|violation|whitelist|allowed|not allowed|invalid"
                "|unauthorized|unregistered|not registered",
            ),
            "customer|fraud|blocked|format",
            "our server is not known",
        ),
        # Parts of the path that are down.
        (
            "issuer unavailable",
            (
                "issuer|bank|remitter|payer bank|issuer bank|debit bank|hsm|cbs|core banking",
                f"{_DOWN}|cutoff|cut off|error|communication|not process|timeout",
            ),
            "acquirer|beneficiary|partner|psp|payee|gateway|processor|ssl|invalid|unsupported"
            "|card number|declined|account|provider|contact|call|details|identification|merchant"
            "|connect",
            "the customer's bank",
        ),
        (
            "gateway or acquirer failed",
            (
                "acquirer|processor|gateway|psp|provider|partner|connector|host|upstream|backend"
                "|beneficiary|payee|api|downstream|third party|supplier|aggregator",
                f"{_DOWN}|error|communication|connection|timeout|response|unexpected|unknown"
                "|exception|format|invalid response|reach",
            ),
            "invalid|merchant|not configured|configuration|mismatch|key|validation|account|card"
            "|issuer|declined by|not exist|terminal|parameter|field|not supported|contact|call"
            "|misconfigured|fraud|required|version|currency|id",
            "who serves us",
        ),
        (
            "network unavailable",
            (
                "switch|npci|visa|mastercard|rupay|amex|scheme|card network|interchange|imps|upi"
                "|interbank|network switch",
                f"{_DOWN}|error|problem|connection",
            ),
            "issuer switch|invalid|merchant|card number|declined|id|app",
            "who connects the banks",
        ),
        (
            "network unavailable",
            (
                "route|routing|routable",
                "not|error|no|not found",
            ),
            "account|number|aba|merchant|bank routing",
            "no way to the issuer",
        ),
        (
            "gateway or acquirer failed",
            (
                "internal|system|server|technical|processing|service|host|application|platform"
                "|unexpected|database|connection|communication|network|socket|ssl|tls|dns|gateway"
                "|runtime|backend|exception|infrastructure|temporary|5xx|maintenance|acquirer"
                "|transient|fatal",
                "error|unavailable|malfunction|problem|exception|down|down time|busy|fault"
                "|not available|lost|reset|closed|connection|broken|maintenance|server|aborted|5xx"
                "|temporarily|degraded|overloaded|outage|occurred|system",
            ),
            "invalid|card|configuration|validation|parameter|field|merchant|customer|required"
            "|issuer|bank|key|secure|missing|format|not configured|account|currency|order|version"
            "|parse|parsing|syntax|schema|fraud|3ds|authentication|authorization|declined by"
            "|not supported|amount|address|not allowed",
            "something broke on the way",
        ),
        (
            "gateway or acquirer failed",
            (
                "error|problem|wrong",
                "processing|occurred processing|during processing",
            ),
            "merchant|call|invalid|field|parameter|declined",
            "something broke on the way",
        ),
        (
            "gateway or acquirer failed",
            (
                "connect|communication|dns|tls|ssl|handshake|socket",
                "error|not|could not|refused|reset|lost|problem|aborted|closed|timeout",
            ),
            "required|customer",
            "something broke on the way",
        ),
        # The merchant's account.
        (
            "not enabled for the merchant",
            (
                "merchant|mid|tid|terminal|seller|payee|channel|store|division|submerchant"
                "|card acceptor|facilitator|shop|vendor|entity|business|organization|profile"
                "|tenant|pos|location",
                f"{_OFF}|{_BAD}|unknown|not known|not found|no such|permission|error|limit"
                "|restricted|inoperative",
            ),
            "reference|order|defined data|signature|field|parameter|transaction id|amount"
            "|cancelled|request id|customer|card number|expired|date|email|url|cvv|key"
            "|merchant data|merchant defined|name|contact merchant|try again",
            "the merchant's account",
        ),
        (
            "not enabled for the merchant",
            (
                "configuration|misconfiguration|not configured|contract|not setup|set up"
                "|setup error|onboarding|not onboarded|not boarded",
            ),
            "card configured|customer",
            "somebody has to set it up",
        ),
        (
            "card or account blocked",
            (
                "transaction|service|serv|purchase",
                "not allowed|not permitted",
            ),
            "merchant|terminal|account|currency|type|processor|acquirer|country|refund|integration",
            "the issuer or its customer blocked it",
        ),
        (
            "not enabled for the merchant",
            (
                "payment method|payment type|payment option|payment mode|method|brand|card brand"
                "|card type|card types|card scheme|card network|scheme|feature|function|service"
                "|currency|country|corridor|channel|wallet|installment|recurring|tokenization"
                "|preauth|instrument|moto|transaction type|product|plan|apple pay|google pay"
                "|cashback|refunds|option|mcc|aft|stored credential|region|processor feature"
                "|credit plan|payment details",
                f"{_OFF}|invalid mop",
            ),
            "issuer|cardholder|allowed card|format|permitted cardholder|required|missing|by issuer"
            "|by card",
            "it is not switched on",
        ),
        (
            "not enabled for the merchant",
            (
                "not supported|unsupported|not enabled|not available|not allowed|not activated"
                "|disabled|not permitted|not accept",
                "account|currency|country|merchant|mcc|platform|by processor|by acquirer|acquirer"
                "|processor|gateway|live|integration",
            ),
            "card|issuer|customer|bank|permitted account",
            "it is not switched on",
        ),
        # The card, its holder, the account.
        (
            "issuer unavailable",
            (
                "pin",
                "not verify|not possible|not checked|validation not|verification not",
            ),
            "merchant",
            "the issuer cannot check",
        ),
        (
            "wrong PIN or password",
            (
                "pin|otp|passcode|one password|time password|fingerprint|biometric",
                f"{_BAD}|exceeded|tries|attempts|expired|required|verify|not|retries|too many"
                "|blocked",
            ),
            "api|key|merchant|username|login|postal|zip|shipping|cryptographic|not possible"
            "|signature|not verify|block",
            "the customer's secret",
        ),
        (
            "request not valid",
            (
                "cvv|card number|expiry|holder name|card holder|cardholder name|card|pan",
                "missing|mandatory|blank|empty|not supplied|not provided|not specified|null|absent"
                "|required cvv|cvv required|number required|name required|date required",
            ),
            "3ds|authentication|not match|invalid expiration|issuer|not permitted|expired card"
            "|card expired|verification required",
            "the request lacks it",
        ),
        (
            "wrong card data",
            (
                "expired|validity",
                "card|month|year|date|cc|credit|invalid|wrong|incorrect|past|valid|expired card",
            ),
            f"{_AFTERWARDS}|token|session|link|key|mandate|authorization expired|order|request"
            "|certificate|access",
            "a date on the card",
        ),
        (
            "wrong card data",
            (
                "cvv|security|verification value|verification number|card verification"
                "|security number|codigo seguridad",
            ),
            "missing|mandatory|blank|empty|not supplied|not provided|field required|violation"
            "|fraud|parameter|reasons|protocol|department",
            "the security code",
        ),
        (
            "wrong card data",
            (
                "card number|pan|cc number|number card|card information|card data|card details"
                "|card no|luhn|check digit|checksum card|card invalid|invalid card|incorrect card"
                "|credit card|card|invalid credit|cc|account number|bin|issuer",
                f"{_BAD}|not identified|implausible|check digit|luhn|unknown card|digit|must",
            ),
            "merchant|type|token|parameter|field|transaction|id|request|currency|brand|amount"
            "|order|required|missing|bank account|plan|response|stolen|restricted|address|postal"
            "|zip|acceptor|name|scheme|account type|3ds|avs|carddata|secure data|network|state",
            "the card's number",
        ),
        (
            "wrong card data",
            (
                "number",
                _BAD,
            ),
            "phone|mobile|order|reference|invoice|inv|terminal|merchant|tax|transaction|division"
            "|sku|store|field|parameter|house|serial|request|batch|sequence|version|street|stan"
            "|trace|items|decimal|installments|routing|payment",
            "the card's number",
        ),
        (
            "address does not match",
            (
                "address|zip|postal|avs|postcode|street",
                "mismatch|not match|verification|avs|incorrect|check|wrong|match",
            ),
            "ip|email|url|missing|required|blank|empty|field|parameter|shipping|format|length",
            "what the issuer knows differs",
        ),
        (
            "authentication not passed",
            (
                "3ds|authentication|challenge|strong authentication|otp|step up|verification"
                "|identification|enrolled|frictionless|liability shift",
            ),
            f"{_CREDENTIAL}|api|merchant|user authentication|request|header|validation|field"
            "|parameter|address|avs|zip|unauthorized|account verification|message authentication"
            "|business|token|server|service|system|authentication information|malfunction"
            "|transaction verification|order|file|bank account|kyc|email|phone|webhook"
            "|microdeposit|document",
            "the customer has to prove who it is",
        ),
        (
            "card or account blocked",
            (
                "card|account|instrument|wallet|funding source|payment method|vpa",
                "restricted|blocked|inactive|not active|frozen|locked|disabled|suspended|dormant"
                "|not activated|deactivated|hold|out service|not effective|temporarily|not allowed"
                "|not permitted|cannot used|not supported|not open|local use|limited|not enabled"
                "|card closed|unsupported|not eligible|block|declined restricted|closed ecommerce",
            ),
            "merchant|seller|business|api|number|brand|type|scheme|token|card network|mid|terminal"
            "|currency|account not|payee|beneficiary|test card|request|feature|operation"
            "|card acceptor",
            "the issuer or its customer blocked it",
        ),
        (
            "card or account blocked",
            (
                "not permitted|not allowed|restricted|not supported",
                "cardholder|issuer|by issuer|purchase|card|type purchase",
            ),
            "merchant|terminal|seller|currency|operation|parameter",
            "the issuer or its customer blocked it",
        ),
        (
            "card or account does not exist",
            (
                "account|card|iban|vpa|upi id|card record|issuer|wallet|beneficiary account"
                "|debit account",
                "closed|not exist|no such|not found|unknown|no record|nonexistent|non existent"
                "|invalid account|invalid vpa|invalid upi|no account|invalid iban|unregistered"
                "|not registered|non registered|no longer|invalid bank|account invalid|not valid"
                "|no card|no checking|no savings|no credit|no universal|not identified|deceased"
                "|account closed|such issuer|vpa invalid",
            ),
            "merchant|seller|order|transaction|parameter|field|acquirer|token|type|business|payee"
            "|request|processor|access",
            "there is no such account",
        ),
        # The issuer says no.
        (
            "declined by the issuer",
            (
                "not honor|call issuer|refer issuer|contact issuer|call bank|contact bank"
                "|contact card|call card|refer card|card issuer|call authorize|voice authorization"
                "|bank declined|issuer declined|declined bank|declined issuer|declined card"
                "|card declined|by issuer|by bank|issuing bank|transaction declined|policy"
                "|generic decline|authorization declined|call center|voice|referral|not approved"
                "|honor|hard decline|soft decline|call|processor declined|gateway declined",
            ),
            "invalid|merchant|acquirer|gateway|configuration|fraud|support|api|support team|field"
            "|parameter|psp|processor|provider|administrator|vendor|not supported|account manager"
            "|required|help",
            "the issuer declines",
        ),
        # What was wrong in a request.
        (
            "request not valid",
            (
                "validation|malformed|unprocessable|bad request|invalid request|parse|parsing"
                "|syntax|schema|deserialize|unrecognized|not parseable|invalid json|invalid xml"
                "|json|xml|soap|xsd|unmarshal|invalid input|invalid parameter|invalid field"
                "|invalid data|invalid format|invalid value|invalid characters|datatype"
                "|content type|media type|http method|invalid type|data type|4xx",
            ),
            "card number|cvv|avs|address verification",
            "its form is refused",
        ),
        (
            "request not valid",
            (
                _REQUEST,
                f"{_BAD}|{_ABSENT}|unexpected|unknown|unsupported|between|least|not less"
                "|must match|range|too small|too low|low|small|minimum|negative|zero|greater|less"
                "|exceeds|too large|precision|decimals|different|not equal|should|expected|already"
                "|not allowed|specified|supplied|provided|problem|no amount|numeric|alphanumeric",
            ),
            "card|funds|balance|issuer|insufficient|account number|cvv|reason|error unknown"
            "|unknown error|acquirer|gateway|approval|action required|additional authorization"
            "|authentication|enrolled",
            "one of its fields",
        ),
        (
            "request not valid",
            ("must|required|missing",),
            "authentication|3ds|action|customer|approval|pin|otp|authorization|verification"
            "|identification|contact|voice|card present|chip",
            "one of its fields",
        ),
        (
            "request not valid",
            ("invalid|malformed|not valid|illegal",),
            "card|customer|issuer|bank|account|acquirer|processor|gateway|response|answer|pin|cvv",
            "something of it that is not known here",
        ),
    )
)
"""In the order in which they are asked."""


class _Ready(msgspec.Struct, frozen=True, gc=False):
    kind: FailureKind
    groups: tuple[frozenset[str], ...]
    unless: frozenset[str]
    why: str


def told(features: Mapping[str, str]) -> tuple[FailureKind, str] | None:
    """The kind that the words of a text tell by a rule, and in which words; None without one."""
    known = features.keys()
    for rule in _ready():
        if any(group.isdisjoint(known) for group in rule.groups):
            continue
        if not rule.unless.isdisjoint(known):
            continue
        seen = [next(it for it in known if it in group) for group in rule.groups]
        spelt = " + ".join(dict.fromkeys(features[it] for it in seen))
        return rule.kind, f"{rule.why}: it says {spelt!r}"
    return None


@cache
def _ready() -> tuple[_Ready, ...]:
    return tuple(
        _Ready(
            KINDS[rule.kind],
            tuple(map(_group, rule.groups)),
            _group(rule.unless),
            rule.why,
        )
        for rule in TELLTALES
    )


def _group(terms: str) -> frozenset[str]:
    return (
        frozenset(filter(None, (feature(term) for term in terms.split("|"))))
        if terms
        else frozenset()
    )
