#!/bin/sh
# A Debian 13 system in a folder, with GNOME Shell 48 and this package: trixie.sh FOLDER
# trixie.sh FOLDER enter COMMAND...   carries out a command in it, with this repository as /src
#
# It takes root, 1.8 GB and two minutes the first time, from the mirror that this machine's apt uses, and is kept.
set -eu
folder=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
PYTHON=${PYTHON:-python3}
if [ "${2:-}" = enter ]; then
    shift 2
    # the mounts are in a namespace of their own, and end with the command
    exec unshare --mount --propagation private sh -ec '
        folder=$1; here=$2; shift 2
        mkdir -p "$folder/src"
        mountpoint -q "$folder/proc" || mount -t proc proc "$folder/proc"
        mountpoint -q "$folder/dev" || mount --rbind /dev "$folder/dev"
        mount --bind "$here" "$folder/src"
        exec chroot "$folder" env -i PATH=/opt/screenagent/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root \
            LANG=C.UTF-8 TERM=dumb PYTHONDONTWRITEBYTECODE=1 "$@"' sh "$folder" "$here" "$@"
fi
[ "$(id -u)" = 0 ] || { echo "trixie.sh: a system of its own in $folder takes root" >&2; exit 1; }
mkdir -p "$folder"
packages="mutter gnome-shell pipewire wireplumber dbus dbus-bin libglib2.0-bin libei1 at-spi2-core gir1.2-atspi-2.0 \
    gir1.2-gtk-3.0 gir1.2-gtk-4.0 python3-gi python3-venv gstreamer1.0-pipewire gir1.2-gst-plugins-base-1.0 \
    gstreamer1.0-plugins-base fonts-dejavu-core libgl1-mesa-dri procps ca-certificates python3-dbusmock \
    xdg-desktop-portal xdg-desktop-portal-gnome xdg-desktop-portal-gtk kwin-wayland kwin-common"
if [ "$(cat "$folder/opt/packages" 2> /dev/null)" != "$packages" ]; then
    command -v debootstrap > /dev/null || apt-get install -y --no-install-recommends debootstrap
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | grep '/debian/*$' | head -n 1)
    [ -n "$mirror" ] || { echo "trixie.sh: apt names no mirror that ends in /debian" >&2; exit 1; }
    script=/usr/share/debootstrap/scripts/trixie
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid  # a debootstrap that is older than Debian 13
    [ -e "$folder/etc/debian_version" ] || debootstrap --variant=minbase trixie "$folder" "$mirror" "$script"
    cp /etc/resolv.conf "$folder/etc/resolv.conf"
    for conf in /etc/apt/apt.conf.d/*proxy*; do [ ! -e "$conf" ] || cp "$conf" "$folder$conf"; done
    "$0" "$folder" enter sh -ec "export DEBIAN_FRONTEND=noninteractive; apt-get update -q
        apt-get install -q -y --no-install-recommends $packages"
    echo "$packages" > "$folder/opt/packages"
fi
if ! cmp -s "$here/pyproject.toml" "$folder/opt/pyproject.toml"; then
    # the wheels are fetched out here, where pip knows its index, for the Python in there
    "$PYTHON" "$here/tests/wayland/wheels.py" > "$folder/opt/requirements"
    "$PYTHON" -m pip download --quiet --python-version 3.13 --only-binary :all: --dest "$folder/opt/wheels" \
        --requirement "$folder/opt/requirements"
    "$0" "$folder" enter sh -ec 'python3 -m venv --system-site-packages /opt/screenagent
        /opt/screenagent/bin/pip install --quiet --no-index --find-links /opt/wheels --requirement /opt/requirements
        /opt/screenagent/bin/pip install --quiet --no-index --no-deps --no-build-isolation --editable /src'
    cp "$here/pyproject.toml" "$folder/opt/pyproject.toml"
fi
