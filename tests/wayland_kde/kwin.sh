#!/bin/sh
# A headless KWin of its own in a folder, with a session bus and accessibility, and a command inside it:
#   kwin.sh FOLDER COMMAND...
# Without a render node (/dev/dri) KWin draws by QPainter, and then nobody can record its screen.
set -eu
dir=$1; shift
mkdir -p "$dir/run" "$dir/home"; chmod 700 "$dir/run"
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS
export XDG_RUNTIME_DIR="$dir/run" HOME="$dir/home" XDG_CURRENT_DESKTOP=KDE XDG_SESSION_TYPE=wayland LANG=C.UTF-8
export KWIN_WAYLAND_NO_PERMISSION_CHECKS=1 GDK_BACKEND=wayland NO_AT_BRIDGE=0
mkdir -p "$dir/services"  # accessibility only: the test has portals of its own
cp /usr/share/dbus-1/services/org.a11y.Bus.service "$dir/services"
cat > "$dir/bus.conf" << EOF
<busconfig><type>session</type><listen>unix:dir=$dir/run</listen><servicedir>$dir/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
EOF
bus=$(dbus-daemon --config-file="$dir/bus.conf" --fork --print-address=1 --print-pid=1)
DBUS_SESSION_BUS_ADDRESS=$(echo "$bus" | sed -n 1p); export DBUS_SESSION_BUS_ADDRESS
processes=$(echo "$bus" | sed -n 2p)
command=
# the accessibility bus is a process of nobody's, known by our folder
trap 'kill $command $processes $(pgrep -f "path=$dir/run/at-spi/bus") 2> /dev/null || true' EXIT
trap 'exit 143' INT TERM
export DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS"
kwin_wayland --virtual --width 1280 --height 720 --no-lockscreen --socket wl-kwin > "$dir/kwin.log" 2>&1 & processes="$! $processes"
n=0; until dbus-send --session --dest=org.kde.KWin --print-reply /org/kde/KWin/EIS/RemoteDesktop \
    org.freedesktop.DBus.Introspectable.Introspect 2> /dev/null | grep -q connectToEIS; do
    n=$((n + 1)); [ $n -lt 200 ] || { cat "$dir/kwin.log" >&2; exit 1; }
    sleep 0.1
done
export WAYLAND_DISPLAY=wl-kwin
"$@" & command=$!
wait $command  # so that a signal is heard meanwhile
