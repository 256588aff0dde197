"""The protocols of wlroots that pywayland does not bring, by their signatures.

A message is its name, then its arguments: `n` makes an object of an interface, `o` names one (`o?` may be none), `u`
and `i` are numbers, `f` is a number with a fraction, `h` a file descriptor, `s` a text and `a` bytes. In front, `!`
ends the object, and `@2` is there since version 2. Messages stand in the order of the wire.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pywayland.protocol.wayland import WlBuffer, WlOutput, WlSeat, WlSurface
from pywayland.protocol_core.argument import Argument
from pywayland.protocol_core.interface import Interface, InterfaceMeta
from pywayland.protocol_core.proxy import Proxy
from pywayland.scanner.argument import ArgumentType


class _Signature(NamedTuple):
    version: int
    requests: tuple[str, ...]
    events: tuple[str, ...] = ()


_KINDS: Final = {
    "n": ArgumentType.NewId,
    "o": ArgumentType.Object,
    "u": ArgumentType.Uint,
    "i": ArgumentType.Int,
    "f": ArgumentType.Fixed,
    "h": ArgumentType.FileDescriptor,
    "s": ArgumentType.String,
    "a": ArgumentType.Array,
}

_SIGNATURES: Final = {
    "zwlr_screencopy_manager_v1": _Signature(
        3,
        (
            "capture_output n:zwlr_screencopy_frame_v1 i o:wl_output",
            "capture_output_region n:zwlr_screencopy_frame_v1 i o:wl_output i i i i",
            "!destroy",
        ),
    ),
    "zwlr_screencopy_frame_v1": _Signature(
        3,
        ("copy o:wl_buffer", "!destroy", "@2copy_with_damage o:wl_buffer"),
        (
            "buffer u u u u",
            "flags u",
            "ready u u u",
            "failed",
            "@2damage u u u u",
            "@3linux_dmabuf u u u",
            "@3buffer_done",
        ),
    ),
    "zwlr_virtual_pointer_manager_v1": _Signature(
        2,
        (
            "create_virtual_pointer o?:wl_seat n:zwlr_virtual_pointer_v1",
            "!destroy",
            "@2create_virtual_pointer_with_output o?:wl_seat o?:wl_output n:zwlr_virtual_pointer_v1",
        ),
    ),
    "zwlr_virtual_pointer_v1": _Signature(
        2,
        (
            "motion u f f",
            "motion_absolute u u u u u",
            "button u u u",
            "axis u u f",
            "frame",
            "axis_source u",
            "axis_stop u u",
            "axis_discrete u u f i",
            "!destroy",
        ),
    ),
    "zwp_virtual_keyboard_manager_v1": _Signature(1, ("create_virtual_keyboard o:wl_seat n:zwp_virtual_keyboard_v1",)),
    "zwp_virtual_keyboard_v1": _Signature(1, ("keymap u h u", "key u u u", "modifiers u u u u", "!destroy")),
    "org_kde_kwin_idle": _Signature(1, ("get_idle_timeout n:org_kde_kwin_idle_timeout o:wl_seat u",)),
    "org_kde_kwin_idle_timeout": _Signature(1, ("!release", "simulate_user_activity"), ("idle", "resumed")),
    "zwlr_data_control_manager_v1": _Signature(
        2,
        (
            "create_data_source n:zwlr_data_control_source_v1",
            "get_data_device n:zwlr_data_control_device_v1 o:wl_seat",
            "!destroy",
        ),
    ),
    "zwlr_data_control_device_v1": _Signature(
        2,
        (
            "set_selection o?:zwlr_data_control_source_v1",
            "!destroy",
            "@2set_primary_selection o?:zwlr_data_control_source_v1",
        ),
        (
            "data_offer n:zwlr_data_control_offer_v1",
            "selection o?:zwlr_data_control_offer_v1",
            "finished",
            "@2primary_selection o?:zwlr_data_control_offer_v1",
        ),
    ),
    "zwlr_data_control_source_v1": _Signature(1, ("offer s", "!destroy"), ("send s h", "cancelled")),
    "zwlr_data_control_offer_v1": _Signature(1, ("receive s h", "!destroy"), ("offer s",)),
    "zwlr_foreign_toplevel_manager_v1": _Signature(
        3, ("stop",), ("toplevel n:zwlr_foreign_toplevel_handle_v1", "finished")
    ),
    "zwlr_foreign_toplevel_handle_v1": _Signature(
        3,
        (
            "set_maximized",
            "unset_maximized",
            "set_minimized",
            "unset_minimized",
            "activate o:wl_seat",
            "close",
            "set_rectangle o:wl_surface i i i i",
            "!destroy",
            "@2set_fullscreen o?:wl_output",
            "@2unset_fullscreen",
        ),
        (
            "title s",
            "app_id s",
            "output_enter o:wl_output",
            "output_leave o:wl_output",
            "state a",
            "done",
            "closed",
            "@3parent o?:zwlr_foreign_toplevel_handle_v1",
        ),
    ),
}


class _Message(NamedTuple):
    name: str
    arguments: tuple[Argument, ...]
    version: int | None
    is_destructor: bool


def _message(text: str, known: dict[str, type[Interface]]) -> _Message:
    head, *kinds = text.split()
    version = int(head[1]) if head[0] == "@" else None
    name = head[2:] if version else head.removeprefix("!")
    return _Message(name, tuple(_argument(kind, known) for kind in kinds), version, head[0] == "!")


def _argument(text: str, known: dict[str, type[Interface]]) -> Argument:
    kind, _, interface = text.partition(":")
    return Argument(_KINDS[kind[0]], nullable=kind.endswith("?"), interface=known[interface] if interface else None)


def _request(opcode: int, message: _Message) -> Any:
    """Return the method that sends a request; what it makes is returned by it."""
    made = [one.interface for one in message.arguments if one.argument_type == ArgumentType.NewId and one.interface]

    def request(self: Proxy[Any], *given: object) -> Any:
        if made:
            return self._marshal_constructor(opcode, made[0], *given)
        self._marshal(opcode, *given)
        if message.is_destructor:
            self._destroy()
        return None

    request.__name__ = message.name
    return request


def _event(message: _Message) -> Any:
    """Return what stands for an event that the compositor sends: only its name is asked for."""

    def event() -> None: ...

    event.__name__ = message.name
    return event


def _interfaces() -> dict[str, type[Interface]]:
    known: dict[str, type[Interface]] = {one.name: one for one in (WlBuffer, WlOutput, WlSeat, WlSurface)}
    made: dict[str, Any] = {
        name: InterfaceMeta(name, (Interface,), {"name": name, "version": signature.version})
        for name, signature in _SIGNATURES.items()
    }
    known |= made
    for name, interface in made.items():
        requests = [_message(text, known) for text in _SIGNATURES[name].requests]
        methods = {message.name: _request(opcode, message) for opcode, message in enumerate(requests)}
        for message in requests:
            interface.request(*message.arguments, version=message.version)(methods[message.name])
        for message in (_message(text, known) for text in _SIGNATURES[name].events):
            interface.event(*message.arguments, version=message.version)(_event(message))
        interface.proxy_class = type(f"{name}_proxy", (Proxy,), {"interface": interface, **methods})
    for interface in made.values():
        interface._gen_c()
    return made


WLROOTS: Final = _interfaces()
"""The interfaces by the names that compositors announce."""
