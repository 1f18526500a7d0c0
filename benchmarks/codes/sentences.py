"""Training text for the guesser, in our own words: sentences with gaps, and what may fill them.

Gateways say the same few things about many fields, methods and parties; each sentence is read with each
filling. The spelling (snake_case, CamelCase, capitals, ids) is undone before a text is read, see
functions/core/causes/wording.py, so it is not varied here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

_FIELDS: Final = (
    "amount", "currency", "order reference", "merchant reference", "customer email", "return url",
    "billing country", "first name", "last name", "phone", "description", "transaction id",
    "payment method", "callback url", "language", "shipping address", "tax amount", "line item",
    "installment count", "browser info", "ip address", "birth date", "request id", "session id",
    "statement descriptor", "terminal id", "token", "timestamp", "postal code", "metadata",
)  # fmt: skip
_OPERATIONS: Final = ("refund", "capture", "void", "reversal", "cancellation", "settlement")
_METHODS: Final = (
    "payment method", "card brand", "card scheme", "currency", "wallet", "bank transfer", "installments",
    "recurring payments", "tokenisation", "direct debit", "country", "cashback", "partial refund",
    "pre-authorisation", "transaction type", "this feature", "this channel", "moto payments",
)  # fmt: skip
_SECRETS: Final = (
    "api key", "secret key", "signature", "access token", "credentials", "username or password", "checksum",
    "hash", "client secret", "login", "hmac", "public key", "bearer token", "certificate of the client",
)  # fmt: skip
_ISSUERS: Final = (
    "issuer", "issuing bank", "card issuer", "bank of the customer", "remitter bank", "customer's bank",
)  # fmt: skip
_SERVERS: Final = (
    "acquirer", "acquiring bank", "processor", "payment gateway", "provider", "host", "service", "system",
    "server", "connector", "payment platform", "upstream", "partner", "api",
)  # fmt: skip
_NETWORKS: Final = (
    "card network", "card scheme", "switch", "npci", "visa", "mastercard", "rupay", "upi network",
    "directory server", "3ds server", "3d secure service",
)  # fmt: skip
_CARD_DATA: Final = (
    "card number", "account number of the card", "security code", "cvv", "expiry date", "expiration month",
    "expiration year", "name on the card", "card details", "check digit", "pan", "card verification number",
)  # fmt: skip
_PEOPLE: Final = ("customer", "user", "shopper", "payer", "cardholder", "buyer", "consumer")
_CARDS: Final = (
    "card",
    "debit card",
    "credit card",
    "account",
    "prepaid card",
    "wallet",
    "instrument",
)
_MERCHANTS: Final = (
    "merchant", "merchant account", "merchant id", "terminal", "seller", "store", "sub-merchant", "profile",
    "payee", "mid", "entity",
)  # fmt: skip

GAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "field": _FIELDS,
    "operation": _OPERATIONS,
    "method": _METHODS,
    "secret": _SECRETS,
    "issuer": _ISSUERS,
    "server": _SERVERS,
    "network": _NETWORKS,
    "data": _CARD_DATA,
    "person": _PEOPLE,
    "card": _CARDS,
    "merchant": _MERCHANTS,
}

SENTENCES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("merchant", "after_fix", (
        "{field} is missing", "the field {field} must not be blank", "{field} has a wrong format",
        "a value for {field} has to be given", "{field} is longer than allowed", "bad {field}",
        "unknown value in {field}", "{field}: expected a string", "could not read {field} of the request",
        "request without {field}", "{field} does not fit the schema", "parameter {field} is not recognised",
        "{operation} is not possible in this status", "{operation} was done before",
        "nothing left for a {operation}", "{operation} is higher than what is left",
        "too late for a {operation}", "no payment found for this {operation}",
        "the payment's state does not allow a {operation}", "{operation} has been completed already",
        "{method} is not switched on for you", "{method} not configured", "your account cannot use {method}",
        "no contract for {method}", "{method} is not offered here", "{method} has to be activated first",
        "{method} not available for this merchant",
        "{secret} is wrong", "{secret} has expired", "the {secret} could not be verified", "{secret} missing",
        "{secret} belongs to another account",
        "{merchant} is unknown", "{merchant} is not active", "{merchant} was closed", "{merchant} is set up wrongly",
        "{merchant} may not do this", "{merchant} is not onboarded yet", "{merchant} has no processing account",
        "{merchant} is suspended", "no permission for this {merchant}",
        "the body is not valid json", "the request could not be parsed", "one or more fields are not valid",
        "validation of the input failed", "unprocessable request", "unexpected element in the message",
        "the same order was sent twice", "this reference was used before", "key was used with another body",
        "transaction with this id exists", "order is paid already", "payment cannot be changed any more",
        "payment is in the wrong state", "the operation does not fit the payment's status",
        "no such transaction", "original payment not found", "authorisation has lapsed before capture",
        "you are not allowed to call this", "the caller lacks a role", "our address is not on the allow list",
        "amount is below the minimum", "amount has too many decimals", "amount is not a number",
        "totals do not add up", "cryptogram of the wallet is not valid", "eci does not fit the cavv",
        "3ds data in the request is incomplete", "3ds is not set up for the merchant",
        "3ds version not supported by the merchant", "test card in the live system",
        "stored credential not allowed for this merchant", "unsupported media type", "method not allowed on this url",
        "payment data cannot be decrypted", "token was used before", "no processor for this card and currency",
        "routing rules give no connector", "country does not fit the merchant category",
        "not supported", "not allowed", "not enabled", "not configured", "conflict with the current state",
    )),
    ("customer", "after_fix", (
        "{data} is wrong", "{data} is not valid", "please check the {data}", "{data} does not match", "bad {data}",
        "{data} was refused by the issuer", "the {data} you typed is not right",
        "{card} has expired", "{card} is blocked", "{card} is not active yet", "{card} is restricted",
        "{card} may not be used for this purchase", "{card} does not support online payments", "{card} is frozen",
        "{card} cannot be used abroad", "{card} not enabled for ecommerce", "restricted {card}",
        "{person} has to authenticate", "{person} did not pass 3d secure", "{person} could not be verified",
        "{person} entered a wrong otp", "{person} entered a wrong pin", "identity of the {person} not confirmed",
        "authentication needed", "authentication declined by the issuer", "challenge not passed", "step-up needed",
        "soft decline, strong authentication wanted", "3ds authentication was rejected", "card not enrolled for 3ds",
        "too many wrong pins", "one-time password is wrong", "one-time password has lapsed", "biometric check not passed",
        "billing address differs from the bank's", "postcode does not match", "address check not passed",
        "card not allowed for this kind of shop", "card is for domestic use", "pin has to be set first",
        "transaction not permitted to the cardholder", "issuer does not allow this type of payment",
        "identity check of the customer pending", "kyc of the customer required", "no issuer for this bin",
        "bin of the card not found",
    )),
    ("customer", "later", (
        "{card} has not enough money", "not enough funds on the {card}", "balance of the {card} is too low",
        "{card} is over its limit", "daily limit of the {card} reached", "too many payments with this {card}",
        "{card} exceeds its number of uses", "amount is over the limit of the {card}",
        "{issuer} declined", "declined by the {issuer}", "{issuer} wants a call", "{issuer} gives no reason",
        "please call the {issuer}", "refused by {issuer}", "the {issuer} did not approve",
        "nsf", "no money", "credit line used up", "spending limit hit", "over the withdrawal limit",
        "do not honor", "card was declined", "payment was refused", "try another card", "not authorised",
        "decline", "authorization was not given", "authorization of the payment not possible", "authorization no",
        "authorization error", "payment authorization", "refusal by the bank", "authorisation declined", "approval refused", "transaction denied",
    )),
    ("customer", "never", (
        "{person} cancelled the payment", "{person} left the page", "{person} closed the window",
        "{person} did not finish", "aborted by the {person}", "{person} rejected the request",
        "{person} pressed back", "{person} gave up at the challenge", "{person} withdrew the consent",
        "checkout session is over", "payment link has lapsed", "order was not paid in time",
        "voucher was not paid", "transaction expired", "payment has expired", "order expired", "qr code has lapsed", "payment page was left",
        "account is closed", "no such account", "card is closed", "account holder has died", "iban does not exist",
        "mandate was revoked", "mandate is not active", "subscription was stopped", "consent is gone",
        "direct debit was stopped", "stop all recurring payments", "vpa is not registered", "card does not exist",
    )),
    ("fraud", "never", (
        "{card} was stolen", "{card} was lost", "{card} reported lost or stolen", "pick up the {card}",
        "{card} is on a block list", "{person} is on a block list", "{person} looks like a fraudster",
        "fraud suspected by the {issuer}", "blocked by a fraud rule", "risk score too high", "risk check refused it",
        "refused by the risk engine", "fraud filter hit", "suspicious transaction", "high risk payment",
        "declined for risk", "security violation", "possible manipulation", "counterfeit card", "sanctions match",
        "ip address is blocked", "email is blocked", "device is blocked", "aml rule hit", "compliance check refused it",
        "restricted by the law on money laundering", "velocity rule of the fraud engine", "fake card",
    )),
    ("issuer", "another_route", (
        "{issuer} is down", "{issuer} is not available", "{issuer} cannot be reached", "{issuer} has a technical problem",
        "{issuer} is under maintenance", "{issuer} system error", "{issuer} switch is inoperative",
        "{issuer} cannot process it now", "no connection to the {issuer}", "{issuer} is offline",
        "{issuer} cannot check the pin", "authentication server of the {issuer} is down", "malfunction at the {issuer}",
    )),
    ("network", "another_route", (
        "{network} is down", "{network} is not available", "{network} reports a malfunction", "error in the {network}",
        "{network} under maintenance", "no route through the {network}", "{network} technical problem",
        "cannot be routed", "bin is not routed", "bank is not on the switch",
    )),
    ("gateway", "another_route", (
        "{server} is down", "{server} is not available", "{server} error", "{server} has a technical problem",
        "{server} is under maintenance", "{server} is busy", "unexpected answer of the {server}", "{server} failed inside",
        "no connection to the {server}", "{server} could not process it", "problem at the {server}",
        "communication with the {server} broke", "{server} refused the connection", "internal error of the {server}",
        "error while processing", "the order could not be created", "creating the session failed",
        "could not create the payment", "something broke on our side", "unexpected error, ask support", "unhandled exception",
        "too many requests, slow down", "rate limit hit", "quota of calls used up", "try again in a minute, server error",
        "temporary failure", "bad gateway", "could not be processed for technical reasons", "processing failed",
    )),
    ("timeout", "after_reconciliation", (
        "{server} timed out", "{server} did not answer", "no answer from the {server} in time", "{issuer} timed out",
        "{issuer} did not respond", "no response from the {issuer}", "{network} timed out", "answer came too late",
        "request timed out", "time limit for the answer exceeded", "deadline passed without an answer",
        "uncertain result after a time-out", "read timeout",
    )),
    ("unknown", "later", (
        "failed", "error", "general error", "unknown", "unspecified problem", "see the logs", "n/a", "no message",
        "no error code", "the transaction was not successful", "payment not completed", "other reason", "undefined error",
        "no error message", "unsuccessful", "something is wrong", "contact support", "contact us",
    )),
)  # fmt: skip
"""Cause, when to try again, and what is said."""


def sentences() -> Iterator[tuple[str, str, str]]:
    """Text, cause, retry: each sentence with each filling of its gap."""
    for cause, retry, said in SENTENCES:
        for sentence in said:
            gap = next((name for name in GAPS if f"{{{name}}}" in sentence), None)
            for filling in GAPS[gap] if gap else ("",):
                yield (sentence.format(**{gap: filling}) if gap else sentence), cause, retry
