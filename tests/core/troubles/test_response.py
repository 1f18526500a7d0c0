"""What people answer to a page."""

from __future__ import annotations

from functions.core.troubles.response import Acknowledgement, Rating, Response

ID, NOW = "PW-1120-1343-4f2", 1_763_646_180


def test_a_response_that_comes_again_has_the_same_key_whatever_its_comment() -> None:
    assert Acknowledgement(ID, "asha", NOW).key == Acknowledgement(ID, "asha", NOW, "on it").key
    assert Rating(ID, "noise", "asha", NOW).key == Rating(ID, "noise", "asha", NOW, "again").key


def test_what_others_answer_or_at_another_time_or_of_another_trouble_is_another_response() -> None:
    responses: list[Response] = [
        Acknowledgement(ID, "asha", NOW),
        Acknowledgement(ID, "ravi", NOW),
        Acknowledgement(ID, "asha", NOW + 1),
        Acknowledgement("PW-1120-1344-4f2", "asha", NOW),
        Rating(ID, "noise", "asha", NOW),
        Rating(ID, "noise", "asha", NOW + 1),
    ]
    assert len({response.key for response in responses}) == len(responses)
