"""Values as bytes, to be stored and sent: MessagePack, in a form that follows from their type.

Of a struct every field is kept but those whose annotation is Derived: they follow from the rest, and
whoever reads works them out again. Counts are numbers of more than 64 bits, which MessagePack has
not, so they go as bytes. Whoever adds a field to a type has said all: nothing is listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import GenericAlias, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)
from typing import Union as UnionOf

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import fields as fields_of

from functions.core.counting.counts import Counts, from_bytes, to_bytes

T = TypeVar("T")
_DERIVED: Final = "follows from the rest"
Derived = Annotated[T, _DERIVED]
"""A field that follows from the others: it is not stored, and needs a default."""


class Wire(Generic[T]):
    """The bytes of the values of one type.

    A field that the bytes do not have takes its default, and one that the type does not have is left
    out, if the struct is a map (`array_like`: if it is at the end).
    """

    def __init__(self, kind: type[T]) -> None:
        self._form = _form(kind)
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(self._form.kind)

    def encode(self, value: T) -> bytes:
        return _encoder.encode(self._form.pack(value))

    def decode(self, data: bytes) -> T:
        """Raises msgspec.MsgspecError for bytes that hold no such value."""
        value: T = self._form.unpack(self._decoder.decode(data))
        return value


_encoder: Final = msgspec.msgpack.Encoder()


class _Form(NamedTuple):
    """The type that stands on the wire for another, and the way there and back."""

    kind: Any
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _form(kind: Any) -> _Form:
    """Raises TypeError where counts are held in a way that is not known here."""
    if kind == Counts:
        return _Form(bytes, to_bytes, from_bytes)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct_form(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    forms = [_form(argument) for argument in arguments]
    if all(form.pack is _same for form in forms):
        return _Form(kind, _same, _same)
    if origin in (dict, Mapping):
        return _mapping_form(*forms)
    if origin is tuple and arguments[1:] == (...,):
        return _tuple_form(forms[0])
    if origin in (UnionOf, UnionType) and len(forms) == 2 and NoneType in arguments:
        return _optional_form(forms[arguments[0] is NoneType])
    raise TypeError(f"how {kind} is stored is not known")


def _mapping_form(key: _Form, value: _Form) -> _Form:
    pack, unpack = value.pack, value.unpack
    return _Form(
        GenericAlias(dict, (key.kind, value.kind)),
        lambda held: {key: pack(value) for key, value in held.items()},
        lambda read: {key: unpack(value) for key, value in read.items()},
    )


def _tuple_form(item: _Form) -> _Form:
    pack, unpack = item.pack, item.unpack
    return _Form(
        GenericAlias(tuple, (item.kind, ...)),
        lambda held: tuple(map(pack, held)),
        lambda read: tuple(map(unpack, read)),
    )


def _optional_form(value: _Form) -> _Form:
    return _Form(
        value.kind | None,
        lambda held: None if held is None else value.pack(held),
        lambda read: None if read is None else value.unpack(read),
    )


def _struct_form(kind: type[msgspec.Struct]) -> _Form:
    hints = get_type_hints(kind, include_extras=True)
    fields = fields_of(kind)
    stored = [field for field in fields if not _is_derived(hints[field.name])]
    forms = [(field.name, _form(hints[field.name])) for field in stored]
    if stored == list(fields) and all(form.pack is _same for _, form in forms):
        return _Form(kind, _same, _same)
    is_array = kind.__struct_config__.array_like
    wire = msgspec.defstruct(
        kind.__name__,
        [
            (name, form.kind) if field.required else (name, form.kind | UnsetType, UNSET)
            for field, (name, form) in zip(stored, forms, strict=True)
        ],
        array_like=is_array,
        kw_only=True,
    )
    packs = [(name, form.pack) for name, form in forms]
    unpacks = [(name, form.unpack) for name, form in forms]

    def pack(held: msgspec.Struct) -> Any:
        if is_array:
            return [pack(getattr(held, name)) for name, pack in packs]
        return {name: pack(getattr(held, name)) for name, pack in packs}

    def unpack(read: msgspec.Struct) -> msgspec.Struct:
        values = ((name, unpack, getattr(read, name)) for name, unpack in unpacks)
        return kind(**{name: unpack(value) for name, unpack, value in values if value is not UNSET})

    return _Form(wire, pack, unpack)


def _is_derived(hint: Any) -> bool:
    return get_origin(hint) is Annotated and _DERIVED in hint.__metadata__


S = TypeVar("S", bound=msgspec.Struct)


def from_json(kind: type[S], text: str) -> tuple[S, tuple[str, ...]]:
    """What can be read of a struct that was stored as JSON, and the names of the fields that cannot:
    another release wrote them, and they have their defaults. Raises msgspec.MsgspecError where one
    of them has none."""
    try:
        return msgspec.json.decode(text, type=kind), ()
    except msgspec.MsgspecError as error:
        values, lost = _fields_read(kind, text)
        if any(field.required and field.name not in values for field in fields_of(kind)):
            raise
        return kind(**values), lost or (str(error),)


def _fields_read(kind: type[msgspec.Struct], text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Field → value, and the names of those that are stored and cannot be read."""
    try:
        stored = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return {}, ()
    values: dict[str, Any] = {}
    lost: list[str] = []
    for field in fields_of(kind):
        if field.name in stored:
            try:
                values[field.name] = msgspec.json.decode(stored[field.name], type=field.type)
            except msgspec.MsgspecError:
                lost.append(field.name)
    return values, tuple(lost)
