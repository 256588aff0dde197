"""What lockers, launchers and panels of Sway do: a surface that is no window covers the screen and has the keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pywayland.client.display import Display
from pywayland.protocol.wayland import WlCompositor, WlOutput, WlShm, WlSurface
from pywayland.protocol_core.argument import Argument
from pywayland.protocol_core.interface import Interface
from pywayland.protocol_core.proxy import Proxy
from pywayland.scanner.argument import ArgumentType

from screenagent.desktop.wayland.session import WaylandSession

OVERLAY: Final = 3
SIDE: Final = 64  # pixels
UINT: Final = Argument(ArgumentType.Uint)


class ZwlrLayerSurfaceV1(Interface):
    name = "zwlr_layer_surface_v1"
    version = 1


class ZwlrLayerShellV1(Interface):
    name = "zwlr_layer_shell_v1"
    version = 1


class LayerSurfaceProxy(Proxy[Any]):
    interface = ZwlrLayerSurfaceV1

    @ZwlrLayerSurfaceV1.request(UINT, UINT)
    def set_size(self, width: int, height: int) -> None:
        self._marshal(0, width, height)

    @ZwlrLayerSurfaceV1.request(UINT)
    def set_anchor(self, edges: int) -> None:
        self._marshal(1, edges)

    @ZwlrLayerSurfaceV1.request(Argument(ArgumentType.Int))
    def set_exclusive_zone(self, zone: int) -> None:
        self._marshal(2, zone)

    @ZwlrLayerSurfaceV1.request(*4 * [Argument(ArgumentType.Int)])
    def set_margin(self, *sides: int) -> None:
        self._marshal(3, *sides)

    @ZwlrLayerSurfaceV1.request(UINT)
    def set_keyboard_interactivity(self, wanted: int) -> None:
        self._marshal(4, wanted)

    @ZwlrLayerSurfaceV1.request(Argument(ArgumentType.Object, interface=WlSurface))
    def get_popup(self, popup: Any) -> None:
        self._marshal(5, popup)

    @ZwlrLayerSurfaceV1.request(UINT)
    def ack_configure(self, serial: int) -> None:
        self._marshal(6, serial)


class LayerSurfaceEvents:
    @ZwlrLayerSurfaceV1.event(UINT, UINT, UINT)
    def configure(self, serial: int, width: int, height: int) -> None: ...

    @ZwlrLayerSurfaceV1.event()
    def closed(self) -> None: ...


class LayerShellProxy(Proxy[Any]):
    interface = ZwlrLayerShellV1

    @ZwlrLayerShellV1.request(
        Argument(ArgumentType.NewId, interface=ZwlrLayerSurfaceV1),
        Argument(ArgumentType.Object, interface=WlSurface),
        Argument(ArgumentType.Object, interface=WlOutput, nullable=True),
        UINT,
        Argument(ArgumentType.String),
    )
    def get_layer_surface(self, surface: Any, output: Any, layer: int, namespace: str) -> Any:
        return self._marshal_constructor(0, ZwlrLayerSurfaceV1, surface, output, layer, namespace)


for made, proxy in ((ZwlrLayerSurfaceV1, LayerSurfaceProxy), (ZwlrLayerShellV1, LayerShellProxy)):
    made._gen_c()
    made.proxy_class = proxy


@contextmanager
def all_keys_taken(session: WaylandSession) -> Iterator[None]:
    """Show a small surface above all windows that has the keys; they have them again afterwards."""
    display = Display(session.socket)
    display.connect()
    try:
        bound = _bound(display, WlCompositor, WlShm, ZwlrLayerShellV1)
        surface = bound["wl_compositor"].create_surface()
        layer = bound["zwlr_layer_shell_v1"].get_layer_surface(surface, None, OVERLAY, "locker")
        configured: list[int] = []

        def configure(_: object, serial: int, _width: int, _height: int) -> None:
            configured.append(serial)

        layer.dispatcher["configure"] = configure
        layer.set_size(SIDE, SIDE)
        layer.set_keyboard_interactivity(1)
        surface.commit()
        while not configured:
            display.roundtrip()
        layer.ack_configure(configured[0])
        surface.attach(_buffer(bound["wl_shm"]), 0, 0)
        surface.commit()
        display.roundtrip()
        yield
    finally:
        display.disconnect()


def _bound(display: Display, *interfaces: Any) -> dict[str, Any]:
    known, found = {interface.name: interface for interface in interfaces}, dict[str, Any]()

    def announced(registry: Any, number: int, name: str, _version: int) -> None:
        if name in known:
            found[name] = registry.bind(number, known[name], 1)

    registry = display.get_registry()
    registry.dispatcher["global"] = announced
    display.roundtrip()
    return found


def _buffer(shm: Any) -> Any:
    memory = os.memfd_create("surface")
    os.truncate(memory, SIDE * SIDE * 4)
    pool = shm.create_pool(memory, SIDE * SIDE * 4)
    buffer = pool.create_buffer(0, SIDE, SIDE, SIDE * 4, 0)
    os.close(memory)
    return buffer
