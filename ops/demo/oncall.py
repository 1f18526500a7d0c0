"""The demo's person on call: gets each page from the on-call topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from functions.core.paging.page import ACKNOWLEDGE, Page


class Oncall:
    """A real subscriber of the on-call topic: a queue in place of a person's mailbox. It gets each page
    as the channels do, and shows it as e-mail shows it.
    """

    def __init__(self, client: Callable[[str], Any], topic_arn: str) -> None:
        """client: a service's, by its name."""
        self._sqs = client("sqs")
        self._url: str = self._sqs.create_queue(QueueName="oncall-person")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def new(self) -> list[tuple[float, str, str]]:
        """The pages that came since: when (epoch seconds), subject, body."""
        pages: list[tuple[float, str, str]] = []
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
            )
            if not answer.get("Messages"):
                return sorted(pages)
            for message in answer["Messages"]:
                told = json.loads(message["Body"])
                at = int(message["Attributes"]["SentTimestamp"]) / 1000
                page = _page(str(told["Message"]))
                if page is None:
                    pages.append((at, str(told.get("Subject", "")), str(told["Message"])))
                elif page.kind != ACKNOWLEDGE:
                    pages.append((at, page.subject, page.body))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _page(text: str) -> Page | None:
    """The page; None for what reaches the topic raw because notify failed."""
    try:
        return msgspec.json.decode(text, type=Page)
    except msgspec.DecodeError:
        return None
