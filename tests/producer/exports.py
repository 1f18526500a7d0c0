"""Exports in the shape of providers' own, with made-up rows: a name, its text, and what is in it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Export(NamedTuple):
    """text: the file. fields: field of the event → its column. first: the first row's time, ISO 8601,
    its status, and its amount. form: of its times."""

    text: str
    fields: dict[str, str]
    first: tuple[str, str, float | None]
    form: str = "iso8601"


STRIPE: Final = Export(
    "id,Description,Seller Message,Created date (UTC),Amount,Amount Refunded,Currency,"
    "Converted Amount,Fee,Mode,Status,Customer ID,Customer Email,Captured,Card ID,Card Brand,"
    "Card Funding,Card Issue Country,Decline Reason,PaymentIntent ID,Payment Source Type\n"
    "ch_1,Order 1,Payment complete.,2026-11-20 13:14:15,12.50,0.00,eur,12.50,0.40,Live,Paid,cus_1,"
    "a@example.com,true,card_1,Visa,credit,DE,,pi_1,card\n"
    "ch_2,Order 2,The bank declined.,2026-11-20 13:14:20,99.00,0.00,eur,99.00,0.00,Live,Failed,"
    "cus_2,b@example.com,false,card_2,MasterCard,debit,FR,insufficient_funds,pi_2,card\n"
    "ch_3,Order 3,Payment complete.,2026-11-20 13:14:25,5.00,5.00,eur,5.00,0.20,Live,Refunded,"
    "cus_3,c@example.com,true,card_3,Visa,credit,DE,,pi_3,card\n",
    {
        "timestamp": "Created date (UTC)", "payment_status": "Status", "amount": "Amount",
        "currency": "Currency", "network": "Card Brand", "country": "Card Issue Country",
        "error_code": "Decline Reason", "user_id": "Customer ID",
        "error_message": "Seller Message", "method": "Payment Source Type",
        "transaction_id": "PaymentIntent ID",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 12.5),
)  # fmt: skip
ADYEN: Final = Export(
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,"
    "TimeZone,Currency,Amount,Type,Acquirer Response,Raw Acquirer Response,Issuer Name,"
    "Issuer Country,Shopper Interaction\n"
    "Acme,AcmeEU,8836000000000001,order-1,visa,2026-11-20 14:14:15,CET,EUR,12.50,Authorised,"
    "APPROVED,00,Demo Bank,NL,Ecommerce\n"
    "Acme,AcmeEU,8836000000000002,order-2,mc,2026-11-20 14:14:20,CET,EUR,40.00,Refused,"
    "NOT_ENOUGH_BALANCE,51,Demo Bank,NL,Ecommerce\n"
    "Acme,AcmeEU,8836000000000003,order-3,visa,2026-11-20 14:14:25,CET,EUR,7.00,Authorised,"
    "APPROVED,00,Other Bank,DE,Ecommerce\n",
    {
        "timestamp": "Creation Date", "payment_status": "Type", "amount": "Amount",
        "currency": "Currency", "method": "Payment Method", "issuer": "Issuer Name",
        "country": "Issuer Country", "merchant": "Merchant Account",
        "transaction_id": "Psp Reference", "error_code": "Raw Acquirer Response",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 12.5),
)  # fmt: skip
RAZORPAY: Final = Export(
    "id,entity,amount,currency,status,order_id,invoice_id,international,method,amount_refunded,"
    "captured,description,card_id,bank,wallet,vpa,email,contact,fee,tax,error_code,"
    "error_description,error_source,error_step,error_reason,created_at\n"
    "pay_1,payment,500.00,INR,captured,order_1,,0,upi,0,1,,,,,demo@upi,a@example.com,,10,1,,,,,,"
    "20/11/2026 13:14:15\n"
    "pay_2,payment,99.00,INR,failed,order_2,,0,netbanking,0,0,,,HDFC,,,b@example.com,,0,0,"
    "BAD_REQUEST_ERROR,Payment failed,bank,payment_authorization,payment_failed,"
    "20/11/2026 13:14:20\n",
    {
        "timestamp": "created_at", "payment_status": "status", "amount": "amount",
        "currency": "currency", "method": "method", "issuer": "bank", "transaction_id": "id",
        "error_code": "error_code", "error_message": "error_description",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 500.0),
    "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
PAYPAL: Final = Export(
    '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",'
    '"From Email Address","To Email Address","Transaction ID","Country Code"\n'
    '"20/11/2026","05:14:15","PST","A","Express Checkout Payment","Completed","USD","1,012.50",'
    '"-0.50","1,012.00","a@example.com","shop@example.com","9AB00000000000001","US"\n'
    '"20/11/2026","05:14:20","PST","B","Express Checkout Payment","Denied","USD","8.00","0.00",'
    '"8.00","b@example.com","shop@example.com","9AB00000000000002","US"\n',
    {
        "timestamp": "Date", "payment_status": "Status", "amount": "Gross", "currency": "Currency",
        "transaction_id": "Transaction ID", "country": "Country Code",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 1012.5),
    "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
PAYPAL_DE: Final = Export(
    '"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto",'
    '"Absender E-Mail-Adresse","Transaktionscode"\n'
    '"20.11.2026","14:14:15","CET","A","Zahlung","Abgeschlossen","EUR","1.012,50","-0,50","1.012,00",'
    '"a@example.com","9AB00000000000001"\n'
    '"20.11.2026","14:14:20","CET","B","Zahlung","Abgelehnt","EUR","8,00","0,00","8,00",'
    '"b@example.com","9AB00000000000002"\n',
    {
        "timestamp": "Datum", "payment_status": "Status", "amount": "Brutto", "currency": "Währung",
        "transaction_id": "Transaktionscode",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 1012.5),
    "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
BRAINTREE: Final = Export(
    "Transaction ID,Subscription ID,Transaction Type,Transaction Status,Escrow Status,"
    "Created Datetime,Created Timezone,Settlement Date,Disbursement Date,Merchant Account,"
    "Amount Authorized,Amount Submitted For Settlement,Currency ISO Code,Order ID,"
    "Payment Instrument Type,Card Type,Country of Issuance,Issuing Bank,Processor Response Code,"
    "Processor Response Text\n"
    "abc1,,sale,settled,,11/20/2026 13:14:15,UTC,11/21/2026,,acme,12.50,12.50,USD,o1,Credit Card,"
    "Visa,USA,Demo Bank,1000,Approved\n"
    "abc2,,sale,processor_declined,,11/20/2026 13:14:20,UTC,,,acme,9.00,,USD,o2,Credit Card,"
    "MasterCard,USA,Demo Bank,2001,Insufficient Funds\n",
    {
        "timestamp": "Created Datetime", "payment_status": "Transaction Status",
        "amount": "Amount Authorized", "currency": "Currency ISO Code", "network": "Card Type",
        "issuer": "Issuing Bank", "country": "Country of Issuance", "merchant": "Merchant Account",
        "transaction_id": "Transaction ID", "error_code": "Processor Response Code",
        "error_message": "Processor Response Text", "method": "Payment Instrument Type",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 12.5),
    "%m/%d/%Y %H:%M:%S",
)  # fmt: skip
CHECKOUT: Final = Export(
    "Payment ID,Action ID,Action Type,Action Date UTC,Amount,Currency,Response Code,"
    "Response Description,Payment Method,Card Scheme,Issuing Bank,Issuer Country,Reference,Status\n"
    "pay_a,act_a,Authorization,2026-11-20T13:14:15.123Z,12.50,GBP,10000,Approved,Card,VISA,"
    "Demo Bank,GB,o1,Authorized\n"
    "pay_b,act_b,Authorization,2026-11-20T13:14:20.456Z,9.00,GBP,20051,Insufficient Funds,Card,"
    "MASTERCARD,Demo Bank,GB,o2,Declined\n",
    {
        "timestamp": "Action Date UTC", "payment_status": "Status", "amount": "Amount",
        "currency": "Currency", "network": "Card Scheme", "issuer": "Issuing Bank",
        "country": "Issuer Country", "transaction_id": "Payment ID", "method": "Payment Method",
        "error_code": "Response Code", "error_message": "Response Description",
    },
    ("2026-11-20T13:14:15.123Z", "approved", 12.5),
)  # fmt: skip
SQUARE: Final = Export(
    "Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Total Collected,Source,Card,Card Brand,"
    "PAN Suffix,Device Name,Payment ID,Event Type,Location,Status\n"
    "2026-11-20,08:14:15,Eastern Time (US & Canada),$12.50,$0.00,$12.50,$12.50,Register,$12.50,"
    "Visa,1111,Till 1,sq1,Payment,Main,Complete\n"
    "2026-11-20,08:14:20,Eastern Time (US & Canada),$9.00,$0.00,$9.00,$9.00,Register,$9.00,"
    "MasterCard,4444,Till 1,sq2,Payment,Main,Failed\n",
    {
        "timestamp": "Date", "payment_status": "Status", "amount": "Gross Sales",
        "network": "Card Brand", "transaction_id": "Payment ID", "device": "Device Name",
        "region": "Location",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 12.5),
)  # fmt: skip
UPI_SWITCH: Final = Export(
    "TXN_DATE|TXN_TIME|RRN|PAYER_BANK|PAYEE_BANK|AMOUNT|RESP_CODE\n"
    "20112026|131415|632500000001|SBIN|HDFC|500.00|00\n"
    "20112026|131420|632500000002|SBIN|HDFC|20.00|U30\n"
    "20112026|131425|632500000003|ICIC|HDFC|75.00|91\n",
    {
        "timestamp": "TXN_DATE", "payment_status": "RESP_CODE", "error_code": "RESP_CODE",
        "amount": "AMOUNT", "issuer": "PAYER_BANK", "gateway": "PAYEE_BANK",
        "transaction_id": "RRN",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 500.0),
    "%d%m%Y %H%M%S",
)  # fmt: skip
SQL_DUMP: Final = Export(
    "paymentId\tcreatedAt\tpaymentStatus\tamountMinor\tcurrencyCode\tcardNetwork\terrorCode\n"
    "p1\t2026-11-20 13:14:15.123456+00\tSUCCEEDED\t1250\tEUR\tVISA\t\\N\n"
    "p2\t2026-11-20 13:14:20.123456+00\tFAILED\t900\tEUR\tVISA\tissuer_unavailable\n",
    {
        "timestamp": "createdAt", "payment_status": "paymentStatus", "amount": "amountMinor",
        "currency": "currencyCode", "network": "cardNetwork", "transaction_id": "paymentId",
        "error_code": "errorCode",
    },
    ("2026-11-20T13:14:15.123Z", "approved", 12.5),
)  # fmt: skip
SPANISH: Final = Export(
    "Fecha;Hora;Estado;Importe;Moneda;Banco;Referencia;Código de respuesta\n"
    "20/11/2026;13:14:15;Aprobada;1.012,50;EUR;Banco Demo;r1;00\n"
    "20/11/2026;13:14:20;Rechazada;9,00;EUR;Banco Demo;r2;51\n",
    {
        "timestamp": "Fecha", "payment_status": "Estado", "amount": "Importe", "currency": "Moneda",
        "issuer": "Banco", "transaction_id": "Referencia", "error_code": "Código de respuesta",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 1012.5),
    "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
FRENCH: Final = Export(
    "Date;Heure;Statut;Montant;Devise;Banque;Référence\n"
    "20/11/2026;13:14:15;Acceptée;1 012,50;EUR;Banque Démo;r1\n"
    "20/11/2026;13:14:20;Refusée;9,00;EUR;Banque Démo;r2\n",
    {
        "timestamp": "Date", "payment_status": "Statut", "amount": "Montant", "currency": "Devise",
        "issuer": "Banque", "transaction_id": "Référence",
    },
    ("2026-11-20T13:14:15.000Z", "approved", 1012.5),
    "%d/%m/%Y %H:%M:%S",
)  # fmt: skip

EXPORTS: Final = {
    "stripe": STRIPE, "adyen": ADYEN, "razorpay": RAZORPAY, "paypal": PAYPAL,
    "paypal in German": PAYPAL_DE, "braintree": BRAINTREE, "checkout.com": CHECKOUT,
    "square": SQUARE, "upi switch": UPI_SWITCH, "sql dump": SQL_DUMP, "spanish": SPANISH,
    "french": FRENCH,
}  # fmt: skip
