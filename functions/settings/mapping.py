"""The mapping of other systems' events, as a setting: short enough for an environment variable.

All variables of a function together may have 4 KB. A mapping's TOML, without its comments and
compressed, takes a fifth of that even with a hundred words of statuses.
"""

from __future__ import annotations

import binascii
import json
import tomllib
import zlib
from base64 import b64decode, b64encode
from typing import Final

from functions.core.errors import SettingsError
from functions.core.payments.mapping import EventMapping

LONGEST: Final = 2500
"""Characters that a packed mapping may take of a function's 4 KB of variables."""
_LARGEST_BYTES: Final = 100_000


def packed(text: str) -> str:
    """A mapping's TOML as `mapping` reads it. Raises ValueError that names every fault."""
    try:
        EventMapping.parse(text)
    except SettingsError as error:
        raise ValueError("; ".join(error.faults)) from None
    document = json.dumps(tomllib.loads(text), ensure_ascii=False, separators=(",", ":"))
    value = b64encode(zlib.compress(document.encode(), 9)).decode()
    if len(value) > LONGEST:
        raise ValueError(f"takes {len(value)} characters packed, more than {LONGEST}: shorten it")
    return value


def mapping(value: str) -> EventMapping | None:
    """What `packed` made; None where it is empty. Raises ValueError."""
    if not value.strip():
        return None
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(b64decode(value, validate=True), _LARGEST_BYTES)
        if not unpacking.eof:
            raise zlib.error("it is cut off")
        return EventMapping.of(json.loads(text))
    except (binascii.Error, zlib.error, UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("is no packed mapping: deploy again with -c mapping_file=FILE") from None
    except SettingsError as error:
        raise ValueError("; ".join(error.faults)) from None
