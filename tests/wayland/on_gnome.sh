#!/bin/sh
# The tests on GNOME Shell and on KWin, each kind in a session of its own: on_gnome.sh FOLDER [arguments of pytest]
set -eu
trixie=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "$trixie/tmp/gnome.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
inside=/tmp/$(basename "$scratch")
failed=0
on() {  # on NAME "VARIABLES FOR gnome.sh" TESTS...
    name=$1; variables=$2; shift 2
    # shellcheck disable=SC2086
    "$here/trixie.sh" "$trixie" enter env $variables /src/tests/wayland/gnome.sh "$inside/$name" \
        sh -c 'cd /src && exec python -m pytest -p no:cacheprovider -m wayland "$@"' sh "$@" || failed=1
}
on plain "SIZE=1280x720" tests/wayland/test_gnome_contract.py tests/wayland/test_gnome_input.py \
    tests/wayland/test_gnome_controls.py tests/wayland/test_gnome_run.py "$@"
on lock "LOGIND=1" tests/wayland/test_gnome_lock.py "$@"
on monitors "SIZE=1920x1080 SECOND=1024x768" tests/wayland/test_gnome_monitors.py "$@"
on layouts "LAYOUTS=[('xkb','us'),('xkb','de'),('xkb','ru')]" tests/wayland/test_gnome_layouts.py "$@"
on missing "EXTENSION=no CASE=missing" tests/wayland/test_gnome_without_extension.py "$@"
on old "EXTENSION=old CASE=old" tests/wayland/test_gnome_without_extension.py "$@"
on pipeless "PIPEWIRE=no" tests/wayland/test_gnome_without_pipewire.py "$@"
on portal "CASE=portal" tests/wayland/test_gnome_portal.py "$@"
# libei is not in Debian 12, so what needs no compositor but libei runs here, too
on eis "" -m "" tests/desktop/wayland/test_eis.py tests/desktop/wayland/test_portal.py "$@"
"$here/trixie.sh" "$trixie" enter /src/tests/wayland_kde/kwin.sh "$inside/kwin" \
    sh -c 'cd /src && exec python -m pytest -p no:cacheprovider -m wayland "$@"' sh tests/wayland_kde "$@" || failed=1
on gone "ENDS=yes" tests/wayland/test_gnome_gone.py "$@"
exit $failed
