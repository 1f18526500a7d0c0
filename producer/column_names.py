"""What people call the columns of payment exports, and the words they write for an outcome.

From the exports of Stripe, Adyen, Razorpay, PayPal, Braintree, Checkout.com and Square, from bank
switches (ISO 8583, UPI) and from tables of databases. A name is compared as `normal` makes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from producer.moments import plain

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": (
        "timestamp", "event time", "event timestamp", "created utc", "created date utc",
        "transaction date time", "transaction datetime", "transaction timestamp", "txn timestamp",
        "txn datetime", "txn date time", "created datetime", "created date time", "created at",
        "creation date", "created date", "created time", "created on", "created", "date created",
        "payment time", "payment date", "payment datetime", "transaction time", "transaction date",
        "txn date", "txn time", "tran date", "tran time", "trans date", "requested on",
        "action date utc", "action date", "processed on", "processed at", "processing date",
        "authorised at", "authorized at", "authorisation date", "authorization date", "auth date",
        "auth time", "event date", "initiated at", "occurred at", "booking date", "order date",
        "datetime", "date time", "date utc", "time utc", "local date", "local time",
        "local transaction date", "local transaction time", "transmission date time", "date", "time",
        "ts", "at", "when", "hr", "hour", "minute", "min", "epoch", "start time",
        "datum uhrzeit", "zeitstempel", "zeitpunkt", "buchungsdatum", "transaktionsdatum",
        "erstellt am", "datum", "zeit", "uhrzeit",
        "fecha y hora", "fecha hora", "fecha operacion", "fecha de operacion", "fecha transaccion",
        "date operation", "date d operation", "date transaction", "data operacao", "data operazione",
        "fecha de creacion", "fecha de transaccion", "fecha creacion",
        "fecha", "hora",
        "date et heure", "date de creation", "date de transaction", "horodatage", "heure",
        "data e hora", "data hora", "data da transacao", "data de criacao", "data", "ora",
        "data transakcji", "data i czas", "tarih", "islem tarihi", "дата и время", "дата", "время",
        "日時", "取引日時", "決済日時", "交易时间", "时间", "日期",
        "data e ora", "data transazione", "datum en tijd", "tijd", "datum tijd",
    ),
    "timezone": (
        "timezone", "time zone", "tz", "created timezone", "zone", "utc offset", "zeitzone",
        "zona horaria", "huso horario", "fuseau horaire", "fuso horario", "fuso orario", "tijdzone",
    ),
    "payment_status": (
        "payment status", "transaction status", "txn status", "status", "outcome", "result", "state",
        "transaction state", "payment state", "final status", "response status", "action type",
        "record type", "event type", "event code", "transaction result", "payment result", "success",
        "is success", "successful", "is successful", "succeeded", "approved", "is approved", "ok", "zahlungsstatus", "transaktionsstatus", "ergebnis",
        "zustand", "estado", "estado de pago", "estado de la transaccion", "resultado", "situacao",
        "etat", "statut", "resultat", "stato", "esito", "stan", "durum", "islem durumu", "статус",
        "результат", "состояние", "ステータス", "状態", "結果", "決済結果", "状态", "交易状态", "支付状态",
        "wynik", "type", "transaction type",
    ),
    "count": (
        "count", "cnt", "transactions", "transaction count", "txn count", "number of transactions",
        "total transactions", "attempts", "total attempts", "payments", "total", "total count",
        "volume", "quantity", "qty", "t", "n", "anzahl", "cantidad", "nombre", "quantidade", "numero",
    ),
    "successes": (
        "successes", "success count", "successful", "success", "succeeded", "approved count",
        "approvals", "successful transactions", "ok", "erfolgreich", "exitosas", "aprobadas",
        "reussies",
    ),
    "response code": (
        "response code", "resp code", "auth code", "auth response code", "authorisation response code",
        "authorization response code", "action code", "iso response code", "rc", "result code",
        "response", "processor response code", "host response code", "issuer response code", "de39",
        "field 39", "antwortcode", "codigo de respuesta", "codigo respuesta", "cod respuesta",
        "code reponse", "code de reponse", "codigo de resposta", "codigo resposta", "codice risposta",
    ),
    "error_code": (
        "error code", "decline code", "failure code", "decline reason", "error reason",
        "failure reason code", "refusal reason code", "reason code", "response reason code",
        "raw acquirer response", "acquirer response", "network decline code", "err code", "errorcode",
        "fehlercode", "ablehnungscode", "codigo de error", "codigo error", "code erreur",
        "codigo de erro", "codice errore",
    ),
    "error_scheme": ("error scheme", "code scheme"),
    "error_message": (
        "error message", "error description", "failure message", "failure reason", "decline message",
        "seller message", "response description", "response message", "response text",
        "processor response text", "refusal reason", "gateway rejection reason", "reason", "message",
        "fehlermeldung", "ablehnungsgrund", "grund", "mensaje de error", "motivo",
        "motivo de rechazo", "motivo rechazo", "message d erreur", "motif", "motif de refus",
        "motif refus", "motivo da recusa", "motivo rifiuto", "error", "mensagem de erro", "remarks",
    ),
    "transaction_id": (
        "transaction id", "payment id", "txn id", "payment intent id", "paymentintent id",
        "psp reference", "action id", "transaction reference", "transaction ref", "txn ref",
        "payment reference", "rrn", "retrieval reference number", "utr", "trace id number", "id",
        "reference", "ref", "uuid", "transaction number", "transaction no", "charge id", "order id",
        "merchant reference", "transaktionscode", "transaktions id", "transaktionsnummer", "referenz",
        "id de transaccion", "codigo de transaccion", "referencia", "numero de transaction",
        "id de transaction", "id da transacao", "id transazione", "transactiecode",
    ),
    "correlation_id": ("correlation id", "request id", "trace id", "x request id"),
    "user_id": (
        "user id", "customer id", "shopper reference", "payer id", "client id", "kundennummer",
        "kunden id", "id cliente", "id client", "shopper id",
    ),
    "latency_ms": (
        "latency ms", "latency", "duration ms", "response time ms", "elapsed ms", "processing time ms",
        "time taken ms", "duration", "response time", "dauer ms", "latenz ms",
    ),
    "amount": (
        "amount", "amt", "transaction amount", "txn amount", "txn amt", "tran amount", "tran amt", "payment amount", "amount minor",
        "amount in minor units", "amount cents", "amount in cents", "amount paise", "amount in paise",
        "gross", "gross amount", "gross sales", "total collected", "value", "amount authorized",
        "amount authorised", "processing currency amount", "main amount", "total amount", "sum",
        "betrag", "brutto", "summe", "umsatz", "importe", "monto", "cantidad total", "bruto", "montant",
        "brut", "valor", "importo", "lordo", "bedrag", "kwota", "belopp",
        "tutar", "сумма", "金額", "取引金額", "決済金額", "金额", "交易金额", "订单金额",
    ),
    "currency": (
        "currency", "currency code", "currency iso code", "transaction currency", "payment currency",
        "ccy", "cur", "iso currency", "processing currency", "wahrung", "waehrung", "wahrungscode",
        "moneda", "divisa", "devise", "moeda", "valuta", "waluta",
    ),
    "method": (
        "payment method", "method", "payment method type", "payment type", "payment instrument",
        "payment instrument type", "payment source type", "payment mode", "instrument", "sub type",
        "entry method", "zahlungsart", "zahlungsmethode", "metodo de pago", "forma de pago",
        "moyen de paiement", "mode de paiement", "metodo de pagamento", "forma de pagamento",
        "metodo di pagamento", "betaalmethode",
    ),
    "network": (
        "network", "card network", "card brand", "brand", "card scheme", "scheme", "card type",
        "payment method variant", "kartenmarke", "kartentyp", "marca de tarjeta", "marque de carte",
        "bandeira", "circuito", "reseau", "red", "rede", "rete", "tarjeta", "carte", "cartao", "karte",
        "card",
    ),
    "issuer": (
        "issuer", "issuing bank", "issuer name", "bank", "bank name", "issuer bank", "card issuer",
        "payer bank", "remitter bank", "remitting bank", "customer bank", "bank code",
        "card issuing bank", "herausgeber", "banco", "banco emisor", "banque", "banque emettrice",
        "banco emissor", "banca",
    ),
    "gateway": (
        "gateway", "psp", "processor", "acquirer", "pg", "provider", "payment gateway",
        "payment provider", "acquirer name", "acquirer account code", "processing channel",
        "acquiring bank", "beneficiary bank", "payee bank", "pasarela", "adquirente", "passerelle",
        "zahlungsanbieter",
    ),
    "merchant": (
        "merchant", "merchant id", "merchant account", "merchant name", "mid", "store", "store id",
        "shop", "company", "entity name", "handler", "handler id", "handlerkonto", "comercio",
        "marchand", "commercant", "lojista", "estabelecimento", "esercente",
    ),
    "country": (
        "country", "country code", "issuer country", "issuing country", "card issue country",
        "country of issuance", "card country", "shopper country", "billing country",
        "customer country", "land", "pais", "pays", "paese",
    ),
    "region": ("region", "location", "aws region", "area", "ort", "ubicacion"),
    "test": ("livemode", "live mode", "test mode", "is test", "test", "mode", "sandbox"),
    "device": ("device", "device type", "channel", "platform", "device name", "kanal", "geraet",
               "canal", "dispositivo", "appareil"),
}  # fmt: skip
"""Field of an event, or what columns say beside one → names, those that are surest first."""

LATER: Final = frozenset(
    ("updated", "modified", "settled", "settlement", "captured", "capture", "refunded", "refund",
     "disbursement", "available", "deposit", "expires", "expiry", "exp", "birth", "dispute", "payout",
     "aktualisiert", "valor", "wertstellung")
)  # fmt: skip
"""Words in the names of times that are not when a payment was tried."""

MINOR_WORDS: Final = frozenset(
    ("minor", "cents", "cent", "paise", "pence", "centimes", "centavos", "centesimi")
)
"""Words in the name of an amount that is in the currency's smallest unit."""

BOOLEANS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("y", "yes", "true", "1", "t", "ja", "si", "sí", "oui", "sim"), "approved"),
    **dict.fromkeys(("n", "no", "false", "0", "f", "nein", "non", "não"), "failed"),
}
"""Outcomes only in a column whose name says so."""

TEST_WORDS: Final = frozenset(("test", "testing", "sandbox", "true", "yes", "y", "1", "t"))
LIVE_WORDS: Final = frozenset(("live", "production", "prod", "false", "no", "n", "0", "f"))
"""What a column says of a payment of a test system, and of any other."""

APPROVED_CODES: Final = frozenset(("00", "000", "0", "0000", "10000", "1000", "approved"))
"""Response codes of an approval: of ISO 8583, its variants, and Checkout.com."""
TECHNICAL_CODES: Final = frozenset(
    ("06", "12", "30", "68", "88", "89", "90", "91", "92", "94", "96", "98")
)
"""Response codes of ISO 8583 that say a system failed, and nobody declined."""


def is_test(column: str, value: object) -> bool | None:
    """Whether a column's value marks a payment of a test system; None where it says nothing. In
    `livemode` true is the opposite."""
    word = str(value).strip().casefold()
    if word not in TEST_WORDS and word not in LIVE_WORDS:
        return None
    says_live = normal(column).startswith("live") and word not in ("test", "live")
    return (word in TEST_WORDS) != says_live


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A column's name in small words: `createdAt`, `CREATED_AT` and `Created at` are `created at`.

    What stands in brackets stays, as in `Created (UTC)`; of a path, the last part counts.
    """
    last = name.rpartition(".")[2] or name
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last)
    return " ".join(re.findall(r"[^\W_]+", plain(apart)))
