"""Property tests are not timed: a slow machine is no defect."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("paywatch", deadline=None, print_blob=True)
settings.load_profile("paywatch")
