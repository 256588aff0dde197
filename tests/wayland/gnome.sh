#!/bin/sh
# A headless GNOME Shell of its own in a folder, with a session bus, PipeWire and accessibility, and a command inside it:
#   gnome.sh FOLDER COMMAND...
# SIZE=1280x720, SECOND=1024x768 (another monitor), LOGIND=1 (mocked, so that there is a lock screen),
# PIPEWIRE=no (none), EXTENSION=no (none) or old (of another version), LAYOUTS="[('xkb', 'de')]"
set -eu
dir=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
extension=$here/../../screenagent/desktop/wayland/extension
mkdir -p "$dir/run" "$dir/home"; chmod 700 "$dir/run"
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS
export XDG_RUNTIME_DIR="$dir/run" HOME="$dir/home" XDG_CURRENT_DESKTOP=GNOME XDG_SESSION_TYPE=wayland LANG=C.UTF-8
export LIBGL_ALWAYS_SOFTWARE=1 GSETTINGS_BACKEND=keyfile GDK_BACKEND=wayland NO_AT_BRIDGE=0 GTK_A11Y=atspi
bus=$(dbus-daemon --session --fork --print-address=1 --print-pid=1)
DBUS_SESSION_BUS_ADDRESS=$(echo "$bus" | sed -n 1p); export DBUS_SESSION_BUS_ADDRESS
processes=$(echo "$bus" | sed -n 2p)
command=
# the accessibility bus is a process of nobody's, known by our folder
trap 'kill $command $processes $(pgrep -f "path=$dir/run/at-spi/bus") 2> /dev/null || true' EXIT
trap 'exit 143' INT TERM
export DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS"  # the shell wants a system bus
if [ -n "${LOGIND:-}" ]; then  # stand-ins, without which the shell has no lock screen
    mock() { name=$1 path=$2 method=$3; shift 3
        gdbus call --session --dest "$name" --object-path "$path" --method "org.freedesktop.DBus.Mock.$method" "$@" > /dev/null; }
    /usr/bin/python3 -m dbusmock --template logind --session > "$dir/login.log" 2>&1 & processes="$! $processes"
    /usr/bin/python3 -m dbusmock --session org.gnome.DisplayManager /org/gnome/DisplayManager/Manager \
        org.gnome.DisplayManager.Manager > "$dir/manager.log" 2>&1 & processes="$! $processes"
    for name in org.freedesktop.login1 org.gnome.DisplayManager; do gdbus wait --session --timeout 10 "$name"; done
    mock org.freedesktop.login1 /org/freedesktop/login1 AddSession c1 seat0 "uint32 0" root true
    mock org.gnome.DisplayManager /org/gnome/DisplayManager/Manager AddProperty \
        org.gnome.DisplayManager.Manager Version "<'48.0'>"
    export XDG_SESSION_ID=c1
fi
if [ "${PIPEWIRE:-}" != no ]; then
    pipewire > "$dir/pipewire.log" 2>&1 & processes="$! $processes"
    n=0; until [ -S "$dir/run/pipewire-0" ] || [ $n -gt 100 ]; do n=$((n + 1)); sleep 0.05; done
    wireplumber > "$dir/wireplumber.log" 2>&1 & processes="$! $processes"
fi
if [ "${EXTENSION:-}" != no ]; then
    installed=$HOME/.local/share/gnome-shell/extensions/windows@screenagent
    mkdir -p "$(dirname "$installed")"
    cp -r "$extension" "$installed"
    [ "${EXTENSION:-}" != old ] || sed -i 's/"version-name": ".*"/"version-name": "0"/' "$installed/metadata.json"
    gsettings set org.gnome.shell enabled-extensions "['windows@screenagent']"
fi
gsettings set org.gnome.shell welcome-dialog-last-shown-version 999
[ -z "${LAYOUTS:-}" ] || gsettings set org.gnome.desktop.input-sources sources "$LAYOUTS"
gnome-shell --headless --wayland --no-x11 --virtual-monitor "${SIZE:-1280x720}" \
    ${SECOND:+--virtual-monitor "$SECOND"} --wayland-display wl-gnome > "$dir/shell.log" 2>&1 & processes="$! $processes"
export SHELL_PID=$! WAYLAND_DISPLAY=wl-gnome
n=0
until gdbus introspect --session --dest org.gnome.Mutter.RemoteDesktop --object-path /org/gnome/Mutter/RemoteDesktop > /dev/null 2>&1; do
    n=$((n + 1)); [ $n -lt 300 ] || { cat "$dir/shell.log" >&2; exit 1; }
    sleep 0.1
done
dbus-send --session --dest=org.a11y.Bus --print-reply /org/a11y/bus org.freedesktop.DBus.Properties.Set \
    string:org.a11y.Status string:IsEnabled variant:boolean:true > /dev/null 2>&1 || true
shell() { gdbus call --session --dest org.gnome.Shell --object-path /org/gnome/Shell --method "org.freedesktop.DBus.Properties.$@" 2>&1; }
# a new session begins in the overview, as soon as it has started up
n=0; until [ "$(shell Get org.gnome.Shell OverviewActive)" = '(<true>,)' ] || [ $n -gt 50 ]; do n=$((n + 1)); sleep 0.1; done
n=0; until [ "$(shell Get org.gnome.Shell OverviewActive)" = '(<false>,)' ] || [ $n -gt 50 ]; do
    shell Set org.gnome.Shell OverviewActive '<false>' > /dev/null; n=$((n + 1)); sleep 0.3
done
"$@" & command=$!
wait $command  # so that a signal is heard meanwhile
