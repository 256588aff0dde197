// What GNOME Shell tells to nobody else: windows with their places, and what a person does at the devices.
import Clutter from 'gi://Clutter';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Meta from 'gi://Meta';
import Shell from 'gi://Shell';
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';
import * as Config from 'resource:///org/gnome/shell/misc/config.js';
import {getKeyboardManager} from 'resource:///org/gnome/shell/misc/keyboardManager.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';

const NAME = 'org.screenagent.Windows';
const PATH = '/org/screenagent/Windows';
const XML = `<node><interface name="${NAME}">
  <method name="Version"><arg type="s" direction="out"/><arg type="s" direction="out"/></method>
  <method name="Look"><arg type="s" direction="out"/></method>
  <method name="Layout"><arg type="u" direction="out"/></method>
  <method name="Activate"><arg type="t" direction="in"/><arg type="b" direction="out"/></method>
  <method name="Close"><arg type="t" direction="in"/><arg type="b" direction="out"/></method>
  <method name="Arrange"><arg type="t" direction="in"/><arg type="(iiii)" direction="in"/><arg type="b" direction="out"/></method>
  <method name="Grab"><arg type="s" direction="in"/><arg type="b" direction="out"/></method>
  <method name="Watch"/>
  <method name="Own"><arg type="u" direction="in"/></method>
  <method name="Unwatch"/>
  <signal name="Pressed"><arg type="s"/></signal>
  <signal name="Touched"><arg type="s"/><arg type="t"/><arg type="(ii)"/><arg type="u"/><arg type="b"/></signal>
  <signal name="Focused"><arg type="t"/></signal>
</interface></node>`;

const POPUPS = [Meta.WindowType.MENU, Meta.WindowType.DROPDOWN_MENU, Meta.WindowType.POPUP_MENU, Meta.WindowType.COMBO];
const WINDOWS = [Meta.WindowType.NORMAL, Meta.WindowType.DIALOG, Meta.WindowType.MODAL_DIALOG, Meta.WindowType.UTILITY];

export default class Windows extends Extension {
    enable() {
        this._grabs = new Map(); // the caller and the keys, by the shell's number for them
        this._watchers = new Map(); // what ends the watching of a caller's connection, by its name
        this._own = new Map(); // the devices of an agent, by the caller's name
        this._devices = []; // those that have sent something, by their numbers
        this._lastDevice = null;
        this._object = Gio.DBusExportedObject.wrapJSObject(XML, this);
        this._object.export(Gio.DBus.session, PATH);
        this._nameId = Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, null, null, null);
        this._signals = [
            [global.display, global.display.connect('accelerator-activated', (_, action) => this._pressed(action))],
            [global.display, global.display.connect('notify::focus-window', () => this._focused())],
            [global.backend, global.backend.connect('last-device-changed', (_, device) => this._deviceChanged(device))],
        ];
    }

    disable() {
        if (this._awaiting)
            global.backend.get_core_idle_monitor().remove_watch(this._awaiting);
        this._awaiting = 0;
        for (const [object, id] of this._signals)
            object.disconnect(id);
        for (const caller of [...this._watchers.keys()])
            this._forget(caller);
        Gio.bus_unown_name(this._nameId);
        this._object.unexport();
        this._object = null;
    }

    Version() {
        return [this.metadata['version-name'], Config.PACKAGE_VERSION];
    }

    Look() {
        const [x, y, modifiers] = global.get_pointer();
        const stacked = this._stacked();
        return JSON.stringify({
            windows: stacked.map(window => this._described(window)),
            focus: global.display.focus_window?.get_id() ?? 0,
            keys: this._keysGoTo(),
            pointer: [x, y],
            modifiers,
            under: this._under(x, y),
            chrome: this._chrome(),
            locked: Main.sessionMode.isLocked,
        });
    }

    // Which of the layouts in the keymap the keys have now.
    Layout() {
        return getKeyboardManager().currentLayout?.groupIndex ?? 0;
    }

    Activate(id) {
        const window = this._window(id);
        if (window) {
            Main.overview.hide();
            Main.activateWindow(window);
        }
        return Boolean(window);
    }

    Close(id) {
        const window = this._window(id);
        window?.delete(global.get_current_time());
        return Boolean(window);
    }

    Arrange(id, [x, y, width, height]) {
        const window = this._window(id), frame = window?.get_frame_rect();
        if (frame?.width === width && frame.height === height)
            window.move_frame(true, x, y);
        else
            window?.move_resize_frame(true, x, y, width, height);
        return Boolean(window);
    }

    GrabAsync([keys], invocation) {
        const action = global.display.grab_accelerator(keys, Meta.KeyBindingFlags.IGNORE_AUTOREPEAT);
        const grabbed = action !== Meta.KeyBindingAction.NONE;
        if (grabbed) {
            Main.wm.allowKeybinding(Meta.external_binding_name_for_action(action), Shell.ActionMode.ALL);
            this._grabs.set(action, {caller: this._remember(invocation), keys});
        }
        invocation.return_value(new GLib.Variant('(b)', [grabbed]));
    }

    WatchAsync(_, invocation) {
        this._own.set(this._remember(invocation), new Set());
        this._awaitActivity();
        invocation.return_value(null);
    }

    // From here on, the device with this number counts as the caller's own. A real one never does.
    OwnAsync([number], invocation) {
        const device = this._devices[number];
        if (device && !device.get_device_node())
            this._own.get(invocation.get_sender())?.add(device);
        invocation.return_value(null);
    }

    UnwatchAsync(_, invocation) {
        this._forget(invocation.get_sender());
        invocation.return_value(null);
    }

    _stacked() {
        return global.display.sort_windows_by_stacking(global.get_window_actors().map(actor => actor.meta_window));
    }

    _window(id) {
        return this._stacked().find(window => window.get_id() === id);
    }

    _described(window) {
        const frame = window.get_frame_rect(), buffer = window.get_buffer_rect(), type = window.get_window_type();
        return {
            id: window.get_id(),
            title: window.get_title() ?? '',
            app: window.get_gtk_application_id() ?? window.get_wm_class() ?? '',
            pid: window.get_pid(),
            owner: window.get_transient_for()?.get_id() ?? 0,
            kind: this._kind(type, window.is_override_redirect()),
            shown: window.showing_on_its_workspace() && !window.minimized && window.get_workspace()?.active !== false,
            frame: [frame.x, frame.y, frame.width, frame.height],
            buffer: [buffer.x, buffer.y, buffer.width, buffer.height],
        };
    }

    _kind(type, unmanaged) {
        if (type === Meta.WindowType.TOOLTIP)
            return 'tip';
        if (POPUPS.includes(type) || unmanaged)
            return 'popup';
        if (type === Meta.WindowType.DIALOG || type === Meta.WindowType.MODAL_DIALOG)
            return 'dialog';
        return WINDOWS.includes(type) ? 'window' : 'fixture';
    }

    _keysGoTo() {
        if (Main.sessionMode.isLocked)
            return 'lock';
        return Main.modalCount > 0 || global.stage.key_focus ? 'shell' : 'window';
    }

    // The window that a press would reach; null on the bare ground, 0 for what the shell itself shows.
    _under(x, y) {
        let actor = global.stage.get_actor_at_pos(Clutter.PickMode.REACTIVE, x, y);
        for (; actor; actor = actor.get_parent()) {
            if (actor.meta_window)
                return actor.meta_window.get_window_type() === Meta.WindowType.DESKTOP ? null : actor.meta_window.get_id();
            if (actor === global.window_group || actor === global.stage)
                return null;
            if (actor === Main.layoutManager.uiGroup)
                return 0;
        }
        return null;
    }

    // Where the shell itself takes the mouse, from the lowest to the top.
    _chrome() {
        const found = [];
        const visit = actor => {
            if (!actor.mapped || actor === global.window_group || actor === global.top_window_group)
                return;
            if (actor.reactive) {
                const [x, y] = actor.get_transformed_position(), [width, height] = actor.get_transformed_size();
                if (width > 0 && height > 0)
                    found.push([x, y, width, height].map(Math.round));
                return;
            }
            actor.get_children().forEach(visit);
        };
        visit(Main.layoutManager.uiGroup);
        return found;
    }

    _pressed(action) {
        const grab = this._grabs.get(action);
        if (grab)
            this._tell(grab.caller, 'Pressed', new GLib.Variant('(s)', [grab.keys]));
    }

    _focused() {
        this._object.emit_signal('Focused', new GLib.Variant('(t)', [global.display.focus_window?.get_id() ?? 0]));
    }

    _deviceChanged(device) {
        this._lastDevice = device;
        this._judge();
    }

    // Said once for the next activity of any device; then it has to be asked for again. Which device it came from the
    // shell notes as soon as it is idle, so it is judged after that.
    _awaitActivity() {
        if (this._awaiting || !this._own.size)
            return;
        const monitor = global.backend.get_core_idle_monitor();
        this._awaiting = monitor.add_user_active_watch(() => {
            this._awaiting = 0;
            GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE + 1, () => {
                if (this._object)
                    this._judge();
                return GLib.SOURCE_REMOVE;
            });
            this._awaitActivity();
        });
    }

    // What comes from a device that is not the agent's own is a person's touch.
    _judge() {
        const device = this._lastDevice;
        if (!device)
            return;
        const what = device.device_type === Clutter.InputDeviceType.KEYBOARD_DEVICE ? 'keyboard' : 'mouse';
        const [x, y] = global.get_pointer();
        const target = what === 'mouse' ? this._under(x, y) ?? 0 : global.display.focus_window?.get_id() ?? 0;
        const said = [what, target, [x, y], this._number(device), !device.get_device_node()];
        for (const [caller, own] of this._own) {
            if (!own.has(device))
                this._tell(caller, 'Touched', new GLib.Variant('(st(ii)ub)', said));
        }
    }

    _number(device) {
        if (!this._devices.includes(device))
            this._devices.push(device);
        return this._devices.indexOf(device);
    }

    _tell(caller, signal, body) {
        Gio.DBus.session.emit_signal(caller, PATH, NAME, signal, body);
    }

    // Return the caller's name; what it has asked for ends with its connection.
    _remember(invocation) {
        const caller = invocation.get_sender();
        if (!this._watchers.has(caller)) {
            const id = Gio.bus_watch_name(Gio.BusType.SESSION, caller, Gio.BusNameWatcherFlags.NONE, null,
                () => this._forget(caller));
            this._watchers.set(caller, id);
        }
        return caller;
    }

    _forget(caller) {
        for (const [action, grab] of this._grabs) {
            if (grab.caller === caller) {
                global.display.ungrab_accelerator(action);
                this._grabs.delete(action);
            }
        }
        this._own.delete(caller);
        const id = this._watchers.get(caller);
        this._watchers.delete(caller);
        if (id)
            Gio.bus_unwatch_name(id);
    }
}
