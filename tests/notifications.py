"""Notifications in the shapes that providers send them: made-up ids, no real person or merchant."""

from __future__ import annotations

import copy
from typing import Any, Final

Json = dict[str, Any]

SECOND: Final = 1_780_000_000
"""2026-05-28T20:26:40Z."""
SECOND_ISO: Final = "2026-05-28T20:26:40Z"
SECOND_MS: Final = SECOND * 1000

STRIPE_FAILED: Final[Json] = {
    "id": "evt_made_up_1",
    "object": "event",
    "api_version": "2025-03-31.basil",
    "created": SECOND,
    "livemode": True,
    "account": "acct_made_up",
    "type": "payment_intent.payment_failed",
    "data": {
        "object": {
            "id": "pi_made_up_1",
            "object": "payment_intent",
            "amount": 1999,
            "currency": "usd",
            "customer": "cus_made_up",
            "latest_charge": "ch_made_up_1",
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            "created": SECOND - 30,
            "livemode": True,
            "last_payment_error": {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": "insufficient_funds",
                "network_decline_code": "51",
                "message": "Your card has insufficient funds.",
                "charge": "ch_made_up_1",
                "payment_method": {
                    "id": "pm_made_up",
                    "type": "card",
                    "card": {"brand": "visa", "country": "DE", "issuer": "Example Bank"},
                },
            },
        }
    },
}

STRIPE_CHARGE: Final[Json] = {
    "id": "evt_made_up_2",
    "object": "event",
    "created": SECOND,
    "livemode": True,
    "type": "charge.failed",
    "data": {
        "object": {
            "id": "ch_made_up_2",
            "object": "charge",
            "amount": 5000,
            "currency": "eur",
            "payment_intent": "pi_made_up_2",
            "status": "failed",
            "created": SECOND - 1,
            "failure_code": "card_declined",
            "failure_message": "Your card was declined.",
            "outcome": {
                "network_status": "declined_by_network",
                "network_decline_code": "05",
                "reason": "generic_decline",
                "seller_message": "The bank did not return any further details.",
                "type": "issuer_declined",
            },
            "payment_method_details": {
                "type": "card",
                "card": {"brand": "mastercard", "network": "mastercard", "country": "FR"},
            },
        }
    },
}

STRIPE_SESSION: Final[Json] = {
    "id": "evt_made_up_3",
    "object": "event",
    "created": SECOND,
    "livemode": True,
    "type": "checkout.session.completed",
    "data": {
        "object": {
            "id": "cs_made_up",
            "object": "checkout.session",
            "amount_total": 3500,
            "currency": "jpy",
            "payment_intent": "pi_made_up_3",
            "payment_method_types": ["card"],
            "payment_status": "paid",
            "status": "complete",
        }
    },
}

STRIPE_DISPUTE: Final[Json] = {
    "id": "evt_made_up_4",
    "object": "event",
    "created": SECOND,
    "livemode": True,
    "type": "charge.dispute.created",
    "data": {
        "object": {
            "id": "dp_made_up",
            "object": "dispute",
            "amount": 1999,
            "currency": "usd",
            "charge": "ch_made_up_1",
            "payment_intent": "pi_made_up_1",
            "reason": "fraudulent",
            "status": "needs_response",
        }
    },
}

ADYEN_ITEM: Final[Json] = {
    "eventCode": "AUTHORISATION",
    "success": "false",
    "reason": "Refused",
    "pspReference": "PSPMADEUP0000001",
    "merchantReference": "order-1",
    "merchantAccountCode": "Example_EU",
    "amount": {"value": 2050, "currency": "EUR"},
    "paymentMethod": "mc",
    "eventDate": "2026-05-28T22:26:40+02:00",
    "additionalData": {
        "refusalReasonRaw": "51 : Insufficient funds",
        "cardIssuingBank": "EXAMPLE BANK",
        "cardIssuingCountry": "NL",
        "cardSummary": "0000",
        "expiryDate": "03/2030",
    },
}

ADYEN_BATCH: Final[Json] = {
    "live": "true",
    "notificationItems": [
        {"NotificationRequestItem": ADYEN_ITEM},
        {
            "NotificationRequestItem": {
                **ADYEN_ITEM,
                "success": "true",
                "reason": "038411:0000:03/2030",
                "pspReference": "PSPMADEUP0000002",
                "merchantReference": "order-2",
                "paymentMethod": "visa_applepay",
                "additionalData": {"authCode": "038411"},
            }
        },
    ],
}

RAZORPAY_FAILED: Final[Json] = {
    "entity": "event",
    "account_id": "acc_made_up",
    "event": "payment.failed",
    "contains": ["payment"],
    "created_at": SECOND,
    "payload": {
        "payment": {
            "entity": {
                "id": "pay_made_up_1",
                "entity": "payment",
                "amount": 125050,
                "currency": "INR",
                "status": "failed",
                "order_id": "order_made_up_1",
                "international": False,
                "method": "card",
                "card_id": "card_made_up",
                "card": {
                    "id": "card_made_up",
                    "entity": "card",
                    "last4": "0000",
                    "network": "RuPay",
                    "issuer": "SBIN",
                    "international": False,
                    "type": "debit",
                },
                "bank": None,
                "wallet": None,
                "vpa": None,
                "error_code": "BAD_REQUEST_ERROR",
                "error_description": "Payment failed because the bank is down.",
                "error_source": "bank",
                "error_step": "payment_authorization",
                "error_reason": "bank_technical_error",
                "acquirer_data": {"rrn": None},
                "created_at": SECOND - 20,
            }
        }
    },
}

RAZORPAY_REFUND: Final[Json] = {
    "entity": "event",
    "account_id": "acc_made_up",
    "event": "refund.processed",
    "contains": ["refund", "payment"],
    "created_at": SECOND,
    "payload": {
        "refund": {
            "entity": {
                "id": "rfnd_made_up",
                "entity": "refund",
                "amount": 1000,
                "currency": "INR",
                "payment_id": "pay_made_up_1",
                "status": "processed",
                "created_at": SECOND - 5,
            }
        },
        "payment": {"entity": RAZORPAY_FAILED["payload"]["payment"]["entity"]},
    },
}

BRAINTREE_TRANSACTION: Final[Json] = {
    "id": "btmadeup1",
    "type": "sale",
    "status": "processor_declined",
    "amount": "49.90",
    "currencyIsoCode": "GBP",
    "merchantAccountId": "example_gbp",
    "orderId": "order-7",
    "createdAt": "2026-05-28T20:26:38Z",
    "updatedAt": "2026-05-28T20:26:40Z",
    "paymentInstrumentType": "credit_card",
    "processorResponseCode": "2001",
    "processorResponseText": "Insufficient Funds",
    "processorResponseType": "soft_declined",
    "additionalProcessorResponse": "2001 : Insufficient Funds",
    "networkResponseCode": "51",
    "gatewayRejectionReason": None,
    "creditCard": {
        "cardType": "Visa",
        "issuingBank": "Example Bank",
        "countryOfIssuance": "GBR",
        "last4": "0000",
    },
    "statusHistory": [
        {"timestamp": "2026-05-28T20:26:40Z", "status": "processor_declined", "amount": "49.90"}
    ],
}

BRAINTREE_GRAPHQL: Final[Json] = {
    "id": "dHJhbnNhY3Rpb25fbWFkZXVw",
    "legacyId": "btmadeup2",
    "status": "PROCESSOR_DECLINED",
    "orderId": None,
    "merchantAccountId": "example_usd",
    "amount": {"value": "12.00", "currencyCode": "USD"},
    "paymentMethodSnapshot": {
        "__typename": "CreditCardDetails",
        "brandCode": "MASTERCARD",
        "binData": {"issuingBank": "Example Bank", "countryOfIssuance": "USA"},
    },
    "statusHistory": [
        {
            "status": "PROCESSOR_DECLINED",
            "timestamp": "2026-05-28T20:26:40.000000Z",
            "processorResponse": {"legacyCode": "2046", "message": "Declined"},
            "networkResponse": {"code": "91", "message": "Issuer unavailable"},
        }
    ],
}

BRAINTREE_WEBHOOK: Final[Json] = {
    "kind": "transaction_settlement_declined",
    "timestamp": "2026-05-28T20:26:40Z",
    "subject": {
        "transaction": {
            **BRAINTREE_TRANSACTION,
            "status": "settlement_declined",
            "processorSettlementResponseCode": "4001",
            "processorResponseCode": "1000",
        }
    },
}

CHECKOUT_DECLINED: Final[Json] = {
    "id": "evt_made_up_co",
    "type": "payment_declined",
    "version": "1.0.29",
    "created_on": "2026-05-28T20:26:40.3352174Z",
    "data": {
        "id": "pay_made_up_co",
        "action_id": "act_made_up",
        "reference": "order-9",
        "amount": 40000,
        "currency": "KWD",
        "payment_type": "Regular",
        "processed_on": "2026-05-28T20:26:39.4752751Z",
        "processing_channel_id": "pc_made_up",
        "response_code": "20051",
        "response_summary": "Insufficient Funds",
        "source": {
            "id": "src_made_up",
            "type": "card",
            "scheme": "VISA",
            "issuer": "EXAMPLE BANK",
            "issuer_country": "KW",
            "last_4": "0000",
        },
        "customer": {"id": "cus_made_up_co"},
    },
    "_links": {"self": {"href": "https://api.checkout.com/workflows/events/evt_made_up_co"}},
}

PAYPAL_DENIED: Final[Json] = {
    "id": "WH-MADEUP-1",
    "event_version": "1.0",
    "create_time": "2026-05-28T20:26:40.000Z",
    "resource_type": "capture",
    "event_type": "PAYMENT.CAPTURE.DENIED",
    "summary": "Payment denied",
    "resource": {
        "id": "CAPMADEUP1",
        "status": "DECLINED",
        "amount": {"currency_code": "USD", "value": "30.00"},
        "payee": {"merchant_id": "MERCHMADEUP"},
        "supplementary_data": {"related_ids": {"order_id": "ORDERMADEUP1"}},
        "payment_source": {"card": {"brand": "VISA", "bin_details": {"bin_country_code": "US"}}},
        "processor_response": {"avs_code": "A", "cvv_code": "M", "response_code": "5120"},
        "create_time": "2026-05-28T20:26:38Z",
        "update_time": "2026-05-28T20:26:39Z",
    },
    "links": [
        {"href": "https://api.paypal.com/v1/notifications/webhooks-events/WH", "rel": "self"}
    ],
}

PAYPAL_ORDER: Final[Json] = {
    "id": "WH-MADEUP-2",
    "create_time": "2026-05-28T20:26:40.000Z",
    "resource_type": "checkout-order",
    "event_type": "CHECKOUT.ORDER.COMPLETED",
    "resource": {
        "id": "ORDERMADEUP2",
        "intent": "CAPTURE",
        "status": "COMPLETED",
        "payer": {"payer_id": "PAYERMADEUP"},
        "payment_source": {"paypal": {"account_status": "VERIFIED"}},
        "purchase_units": [
            {
                "amount": {"currency_code": "JPY", "value": "3000"},
                "payee": {"merchant_id": "MERCHMADEUP"},
                "payments": {
                    "captures": [
                        {
                            "id": "CAPMADEUP2",
                            "status": "COMPLETED",
                            "amount": {"currency_code": "JPY", "value": "3000"},
                        }
                    ]
                },
            }
        ],
    },
}

OWN: Final[Json] = {
    "transaction_id": "own-1",
    "payment_status": "FAIL",
    "timestamp": SECOND_ISO,
    "error_code": "91",
    "error_scheme": "iso8583",
}

SAMPLES: Final[dict[str, list[Json]]] = {
    "stripe": [STRIPE_FAILED, STRIPE_CHARGE, STRIPE_SESSION, STRIPE_DISPUTE],
    "adyen": [ADYEN_BATCH, ADYEN_ITEM],
    "razorpay": [RAZORPAY_FAILED, RAZORPAY_REFUND],
    "braintree": [BRAINTREE_TRANSACTION, BRAINTREE_GRAPHQL, BRAINTREE_WEBHOOK],
    "checkout": [CHECKOUT_DECLINED],
    "paypal": [PAYPAL_DENIED, PAYPAL_ORDER],
}


def changed(sample: Json, **values: Any) -> Json:
    """A copy with other values at paths, whose names are divided by two underscores; `...` takes the
    member away: `changed(STRIPE_FAILED, data__object__amount=1)`."""
    found = copy.deepcopy(sample)
    for path, value in values.items():
        *outer, last = path.split("__")
        inner: Any = found
        for name in outer:
            inner = inner[int(name) if name.isdigit() else name]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return found
