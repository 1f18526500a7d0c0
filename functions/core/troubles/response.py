"""What people answer to a page: that they take the trouble over, and whether it was worth a page."""

from __future__ import annotations

import msgspec


class Acknowledgement(msgspec.Struct, frozen=True):
    """`by` took over the trouble `id` at epoch second `at`; `comment` may be empty."""

    id: str
    by: str
    at: int
    comment: str = ""

    @property
    def key(self) -> str:
        return f"{self.id}/acknowledged/{self.by}/{self.at}"


class Rating(msgspec.Struct, frozen=True):
    """`by` said at epoch second `at` that the pages of `id` were `useful` or `noise`."""

    id: str
    rating: str
    by: str
    at: int
    comment: str = ""

    @property
    def key(self) -> str:
        return f"{self.id}/rated/{self.by}/{self.at}"


Response = Acknowledgement | Rating
