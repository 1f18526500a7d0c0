"""Statuses, and the words that providers use for them.

Sources: the life of a payment as the references of Stripe, Adyen, Razorpay, Braintree, Checkout.com,
PayPal, Worldpay, Square, Paytm, PhonePe, NPCI's UPI, Mollie, Klarna, dLocal, Mercado Pago, Cybersource,
Authorize.net, PayU, Juspay, Cashfree, Alipay, WeChat Pay, Paystack, iyzico and Opayo have it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from functions.core.errors import Malformed
from functions.core.payments.sensitive import quoted

STATUSES: Final = (
    "approved",
    "failed",
    "denied",
    "reversed",
    "backend_reversed",
    "refunded",
    "pending",
    "abandoned",
    "disputed",
)
ATTEMPT_STATUSES: Final = frozenset(STATUSES[:5])
"""A payment with one of these has a final outcome: it is an attempt.

Of the others, abandoned: ended before anybody was asked for the money. disputed: the customer claims
it back."""

STATUS_SYNONYMS: Final[Mapping[str, str]] = {
    **{status: status for status in STATUSES},
    **dict.fromkeys(
        (
            "success", "succeeded", "successful", "successfully", "ok", "okay", "yes", "pass",
            "passed", "paid", "paid_out", "fully_paid", "captured", "capture", "full_capture",
            "partially_captured", "partial_captured", "partial_capture", "partially_paid",
            "partially_approved", "partial_approval", "approved_partial", "settled",
            "settling", "settlement_confirmed", "settlement_pending", "settled_successfully",
            "submitted_for_settlement", "submitted_to_settlement", "sent_for_settle",
            "sent_for_settlement", "captured_pending_settlement", "pending_settlement",
            "settled_by_merchant", "completed", "complete", "done", "finished", "fulfilled",
            "processed", "credited", "debited", "authorized", "authorised", "authorisation",
            "authorization", "authorize", "authorise", "auth", "pre_authorized", "preauthorized",
            "partially_authorized", "authorized_partially", "approve", "approval", "accepted",
            "accept", "charged", "charge_succeeded", "partial_charged", "cleared", "confirmed",
            "deemed", "deemed_success", "deemed_approved", "card_verified", "verified",
            "payment_received", "sale", "purchased", "available", "executed",
            "aprobada", "aprobado", "aprovada", "aprovado", "aceptada", "aceptado", "autorizada",
            "autorizado", "capturada", "capturado", "exitosa", "exitoso", "pagada", "pagado", "pago",
            "paga", "acreditada", "acreditado", "completada", "completado", "concluida", "concluido",
            "liquidada", "liquidado", "approuve", "approuvee", "accepte", "acceptee", "autorise",
            "autorisee", "paye", "payee", "reussi", "reussie", "genehmigt", "autorisiert", "bezahlt",
            "erfolgreich", "akzeptiert", "abgeschlossen", "approvata", "approvato", "accettata",
            "accettato", "autorizzata", "autorizzato", "pagata", "pagato", "riuscita", "riuscito",
            "goedgekeurd", "betaald", "geslaagd", "geautoriseerd", "voltooid",
            "part_captured", "settled_bulk", "settlement", "transmitted", "approved_review",
            "partial_authorized", "auto_captured",
            "ausgefuehrt", "ausgefuhrt", "efetuada", "efetuado", "termine", "terminee", "effectue",
            "effectuee", "completato", "completata",
            "zaakceptowana", "zrealizowana", "oplacona", "opłacona", "zakonczona", "onaylandi", "onaylandı", "basarili",
            "başarılı", "успешно", "успешная", "одобрено", "одобрена", "оплачено", "исполнено", "成功",
            "承認", "完了", "支付成功", "交易成功", "已支付", "已完成",
            "capture_success", "capture_succeeded", "settlement_succeeded", "settlement_success",
            "settlement_requested", "settled_externally", "settle_scheduled", "settlement_scheduled",
            "funded", "batched", "accredited", "authcapture_created", "authorization_created",
            "capture_created", "succesful", "successfull", "succesfull", "sucessful", "succes", "succeed",
            "registered", "shipped", "trade_finished",
        ),
        "approved",
    ),
    **dict.fromkeys(
        (
            "fail", "failure", "error", "errored", "system_error", "internal_error", "server_error",
            "technical_error", "technical_failure", "processing_error", "gateway_error",
            "network_error", "communication_error", "exception", "timeout", "timed_out", "time_out",
            "unsuccessful", "not_successful", "not_ok", "nok", "ko", "no_response", "unprocessed",
            "authentication_failed", "authorization_failed", "authorisation_failed",
            "authorization_error", "capture_failed", "settlement_failed", "settlement_declined",
            "charge_failed", "processing_failed", "verification_failed", "failed_validation",
            "validation_failed", "invalid", "invalid_request", "aborted",
            "returned", "general_error", "communication_failure", "undeliverable",
            "fallida", "fallido", "falhou", "falha", "fracasada", "erro", "echoue", "echouee", "echec",
            "erreur", "fehlgeschlagen", "fehler", "gescheitert", "fallita", "fallito", "errore",
            "mislukt", "fout",
            "internal_server_error", "bad_request", "batch_error", "settlement_error",
            "technical_decline", "failed_attempt", "error_tecnico", "zeitueberschreitung",
            "zeituberschreitung",
            "nieudana", "blad", "błąd", "basarisiz", "başarısız", "неуспешно", "ошибка", "не выполнено",
            "失敗", "エラー", "失败", "支付失败", "交易失败",
            "technical_decline", "declined_technical", "malformed", "pay_error",
        ),
        "failed",
    ),
    **dict.fromkeys(
        (
            "decline", "declined", "deny", "refused", "refuse", "reject", "rejected",
            "not_authorized", "not_authorised", "unauthorized", "unauthorised", "not_approved",
            "disapproved", "not_accepted", "processor_declined", "gateway_rejected",
            "gateway_declined", "issuer_declined", "bank_declined", "risk_declined", "fraud_declined",
            "fraud_rejected", "juspay_declined", "authorization_declined", "auth_declined",
            "soft_decline", "soft_declined", "hard_decline", "hard_declined", "card_declined",
            "blocked", "block", "risk_blocked", "rejected_by_risk", "rejected_by_bank", "forbidden",
            "do_not_honor", "pickup", "insufficient_funds",
            "rechazada", "rechazado", "denegada", "denegado", "negada", "negado", "declinada",
            "declinado", "recusada", "recusado", "rejeitada", "rejeitado", "reprovada", "reprovado",
            "refusee", "rejete", "rejetee", "abgelehnt", "verweigert", "zurueckgewiesen",
            "zuruckgewiesen", "rifiutata", "rifiutato", "negata", "negato", "geweigerd", "afgewezen",
            "authorized_risk_declined", "failed_review", "customer_approval_denied", "stopped",
            "authentication_denied", "do_not_honour",
            "odrzucona", "odrzucono", "odmowa", "reddedildi", "отклонено", "отклонена", "отказ", "отказано",
            "拒否", "否認", "拒绝", "已拒绝",
            "authentication_denied",
            "business_decline", "fraud", "fraudulent", "suspected_fraud", "fraud_suspected",
            "fraud_risk_stopped", "notauthed", "expired_card",
        ),
        "denied",
    ),
    **dict.fromkeys(
        (
            "reverse", "reversal", "reversing", "partially_reversed", "void", "voided", "voiding",
            "void_initiated", "auth_reversed", "auth_reversal", "authorization_reversed",
            "authorization_voided", "authorization_canceled", "authorization_cancelled",
            "cancelled_after_authorization", "canceled_after_authorization", "rolled_back",
            "rollback", "undone", "released",
            "reversada", "reversado", "anulada", "anulado", "estornada", "estornado", "revertida",
            "revertido", "storniert", "stornata", "stornato", "extournee",
            "post_auth_cancelled", "post_auth_canceled", "settled_reversed",
            "void_created", "sent_for_cancellation",
        ),
        "reversed",
    ),
    **dict.fromkeys(
        ("backend_reversal", "system_reversed", "system_reversal", "auto_reversed", "auto_reversal",
         "timeout_reversal", "technical_reversal"),
        "backend_reversed",
    ),
    **dict.fromkeys(
        (
            "refund", "refunding", "refund_initiated", "refund_pending", "refund_processed",
            "refund_succeeded", "refund_success", "refund_settled", "refunded_successfully",
            "pending_refund", "partially_refunded", "partial_refund", "partial_refunded",
            "fully_refunded", "refunded_partially", "refunded_externally", "auto_refunded",
            "auto_refund", "refund_requested", "refund_failed", "refund_reversed", "credit_issued",
            "sent_for_refund", "refund_settled_successfully",
            "reembolsada", "reembolsado", "devuelta", "devuelto", "devolvida", "devolvido",
            "reintegrada", "reintegrado", "rembourse", "remboursee", "erstattet", "rimborsata",
            "rimborsato", "terugbetaald",
            "refunded_bulk", "refunded_by_merchant", "refunded_reversed",
            "refund_pending_settlement", "rueckerstattet", "ruckerstattet", "zurueckgezahlt",
            "zuruckgezahlt",
            "refund_pending_settlement",
            "refund_created",
        ),
        "refunded",
    ),
    **dict.fromkeys(
        (
            "processing", "process", "in_process", "in_progress", "progress", "initiated",
            "initialized", "initialised", "initial", "init", "created", "create", "new", "open",
            "opened", "draft", "requested", "request", "requires_action", "requires_source_action",
            "requires_customer_action", "requires_payment_method", "requires_source",
            "requires_confirmation", "requires_capture", "requires_merchant_action",
            "requires_authentication", "action_required", "started", "start", "submitted", "sent",
            "accepted_for_processing", "queued", "scheduled", "delayed", "unpaid", "not_paid",
            "outstanding", "due", "payable", "awaiting", "waiting", "awaiting_payment",
            "awaiting_capture", "awaiting_authorization", "awaiting_authentication",
            "awaiting_confirmation", "awaiting_approval", "awaiting_customer",
            "waiting_for_payment", "waiting_for_capture", "waiting_for_customer",
            "pending_capture", "pending_authorization", "pending_authentication",
            "pending_confirmation", "pending_approval", "pending_review", "pending_vbv",
            "pending_payment", "pending_customer", "authentication_pending", "authentication_required",
            "authentication_started", "authentication_success", "authentication_succeeded",
            "authentication_successful", "authenticated", "authentication_finished",
            "authorization_pending", "authorizing", "authorising", "authorization_requested",
            "authorised_pending", "authorized_pending_review", "capture_pending",
            "capture_initiated", "capturing", "cod_initiated", "to_be_charged", "vbv_successful",
            "partially_authenticated", "charge_pending", "challenge", "challenge_shopper",
            "challenge_required", "challenged", "challenge_requested", "redirect",
            "redirect_shopper", "redirected", "redirect_required", "identify_shopper",
            "present_to_shopper", "in_3ds", "3ds_required", "3ds_pending", "3d_secure",
            "three_d_secure", "payer_action_required", "saved", "on_hold", "hold", "held",
            "in_review", "under_review", "review", "manual_review", "held_for_review",
            "fds_pending_review", "inprocess", "ongoing", "active", "attempted", "checkout_incomplete",
            "checkout_complete", "incomplete", "trusted", "user_action_required",
            "pendiente", "pendente", "en_proceso", "em_processamento", "em_analise", "procesando",
            "processando", "iniciada", "iniciado", "creada", "creado", "en_attente", "en_cours",
            "ausstehend", "offen", "in_bearbeitung", "wartend", "in_attesa", "in_corso", "in_afwachting",
            "openstaand", "in_behandeling",
            "received", "sent_for_authorisation", "sent_for_authorization", "shopper_redirected",
            "signed_form_received", "retry_scheduled", "authentication_not_required",
            "authentication_requested", "authorized_pending_capture",
            "authorised_pending_capture", "authorization_initiated",
            "fds_authorized_pending_review", "flagged", "pending_submission",
            "pending_customer_approval", "buyer_approval_pending",
            "submitted_for_settlement_pending",
            "3ds_challenge", "3ds_started", "3ds_initiated", "3ds_authentication", "3dauth", "init_threeds",
            "callback_threeds", "send_otp", "send_pin", "send_phone", "send_birthday", "send_address",
            "pay_offline", "open_url", "accepting_payments", "awaited", "paypalok", "not_pay", "user_paying",
            "wait_buyer_pay", "checkout_order_approved", "checkout_order_saved",
        ),
        "pending",
    ),
    **dict.fromkeys(
        (
            "abandon", "abandonment", "expired", "expire", "expiry", "lapsed", "authorization_expired",
            "session_expired", "checkout_expired", "cancelled", "canceled", "cancel", "canceling",
            "cancelling", "user_cancelled", "user_canceled", "user_dropped", "cancelled_by_user",
            "canceled_by_user", "cancelled_by_customer", "canceled_by_customer", "customer_cancelled",
            "customer_canceled", "user_aborted", "shopper_cancelled", "closed", "terminated",
            "not_attempted", "not_completed", "not_started", "not_finished", "deleted", "timed_out_by_user",
            "withdrawn", "inactive", "dead", "never_started", "skipped",
            "expirada", "expirado", "caducada", "caducado", "cancelada", "cancelado", "vencida",
            "vencido", "abandonada", "abandonado", "expiree", "annule", "annulee", "abandonne",
            "abgelaufen", "abgebrochen", "scaduta", "scaduto", "annullata", "annullato", "verlopen",
            "geannuleerd",
            "dropped", "bounced", "not_found", "no_record_found", "user_exited",
            "customer_dropped", "payer_cancelled",
            "abort", "timed_out_by_customer", "timeout_by_user", "timeout_by_customer", "termination_requested",
            "revoked", "trade_closed", "collect_expired",
        ),
        "abandoned",
    ),
    **dict.fromkeys(
        (
            "dispute", "chargeback", "chargebacks", "charged_back", "charge_back", "chargedback",
            "chargeback_initiated", "chargeback_received", "chargeback_reversed", "second_chargeback",
            "pre_arbitration", "arbitration", "retrieval", "retrieval_request", "inquiry",
            "request_for_information", "notification_of_chargeback", "prearbitration",
            "dispute_opened", "dispute_created", "dispute_won", "dispute_lost", "dispute_closed",
            "dispute_received", "dispute_evidence_required", "under_dispute", "in_dispute",
            "needs_response", "warning_needs_response", "reported_fraud", "information_requested",
            "information_supplied", "claim", "claimed", "representment", "represented",
            "chargeback_represented", "contracargo", "contestada", "contestado", "contestee",
            "retrofacturation", "rueckbuchung", "ruckbuchung", "ruecklastschrift", "rucklastschrift",
            "contestata", "contestato",
            "in_mediation", "partial_chargeback", "notification_of_fraud", "returned_item",
            "chargeback_reversal", "retrieval_requested", "evidence_required", "waiting_third_party",
        ),
        "disputed",
    ),
}  # fmt: skip
"""Word → status: in lower case, an underscore between words."""

_SILENT: Final = re.compile(r"[\W_]+")
_WORDS_BEFORE: Final = re.compile(
    r"(payment[\W_]?intent|payment|transaction|trans|txn|tx|order|charge|checkout[\W_]?session|checkout"
    r"|trade|pg|net[\W_]authorize|status|state|is|was|were|be|been|has[\W_]been|has|have"
    r"|authorization|authorisation)[\W_]+",
    re.IGNORECASE,
)
_WHO_REFUSES: Final = re.compile(
    r"(card[\W_]?issuer|issuer|bank|network|processor|acquirer|gateway|provider|psp|risk|fraud[\W_]?risk"
    r"|fraud)[\W_]+",
    re.IGNORECASE,
)
"""Before a word for a failure: whose it was. That a bank or a risk check approved is no payment yet."""
_WHO_LEAVES: Final = re.compile(
    r"(user|customer|shopper|buyer|payer|consumer)[\W_]+", re.IGNORECASE
)
_HEADS: Final = frozenset(
    (
        "pending", "awaiting", "waiting", "requires", "declined", "rejected", "refused", "denied",
        "blocked", "failed", "failure", "error", "approved", "authorized", "authorised", "captured",
        "settled", "paid", "succeeded", "success", "successful", "canceled", "cancelled", "abandoned",
        "expired", "refund", "refunded", "reversed", "voided", "dispute", "disputed", "chargeback",
        "inquiry", "retrieval", "timeout",
    )
)  # fmt: skip
"""Words that say what became of a payment, whatever follows them: `rejected_high_risk`,
`Declined (51)`, `pending_waiting_transfer`."""
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST: Final = 64
"""Letters of the longest word that is looked up."""


def _letters(word: str) -> str:
    """What is compared: no case, no accents, no width, nothing between words."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return _SILENT.sub("", "".join(c for c in apart if not unicodedata.combining(c)))


_BY_LETTERS: Final[Mapping[str, str]] = {
    _letters(word): status for word, status in STATUS_SYNONYMS.items()
}


def parse_status(word: str) -> str:
    """A status, in any case and usual synonym, as one of STATUSES; Malformed for any other word.

    Words of what has the status may stand before it, `TXN_SUCCESS`, `issuer_declined`, and more may
    follow a word that is clear, `rejected_high_risk`.
    """
    status = known_status(word)
    if status is None:
        raise Malformed(
            "unknown_status", f"payment_status {quoted(word)} is none of {', '.join(STATUSES)}"
        )
    return status


def known_status(word: str) -> str | None:
    """As `parse_status`; None for any other word."""
    return _status(word) if len(word) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _status(word: str) -> str | None:
    if (status := _BY_LETTERS.get(_letters(word))) is not None:
        return status
    word = _INNER_CAPITAL.sub("_", unicodedata.normalize("NFKC", word).strip())
    while before := _WORDS_BEFORE.match(word):
        word = word[before.end() :]
        if (status := _BY_LETTERS.get(_letters(word))) is not None:
            return status
    if before := _WHO_REFUSES.match(word):
        status = _BY_LETTERS.get(_letters(word[before.end() :]))
        return status if status in ("failed", "denied") else None
    if before := _WHO_LEAVES.match(word):
        status = _BY_LETTERS.get(_letters(word[before.end() :]))
        return status if status == "abandoned" else None
    return _by_head(word)


def _by_head(word: str) -> str | None:
    """What the first word says, unless another of them says something else: then nobody knows."""
    head, *others = [*map(_letters, _SILENT.sub(" ", word).split())] or [""]
    if head not in _HEADS or not others:
        return None
    status = _BY_LETTERS.get(head, "disputed" if head == "inquiry" else "pending")
    if status not in ATTEMPT_STATUSES:
        return status
    said = {_BY_LETTERS.get(other, status) for other in others}
    return status if said <= {status} and _NO.isdisjoint(others) else None


_NO: Final = frozenset(
    ("no", "not", "non", "none", "never", "payout", "transfer", "withdrawal", "mandate")
)
"""Beside a word for an outcome: it is not this one, or not a payment's."""
