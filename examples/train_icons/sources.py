"""Where the icons come from: packages of npm and Debian, each set under a licence that permits learning from it."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NPM = {
    "@iconify/json": "2.2.535",
    "lucide-static": "1.62.0",
    "@tabler/icons": "3.52.0",
    "@mdi/svg": "7.4.47",
    "@fortawesome/fontawesome-free": "7.3.1",
    "@carbon/icons": "11.89.0",
    "famfamfam-silk": "1.0.0",
}
DEBIAN_TRAINED = ("adwaita-icon-theme", "tango-icon-theme")
OFFICE = "libreoffice-style-colibre"
DEBIAN_HELD = ("papirus-icon-theme", "breeze-icon-theme", "oxygen-icon-theme", "gnome-icon-theme",
               "elementary-xfce-icon-theme")  # fmt: skip
"""Under the GPL or LGPL: looked at for the figures, never learned from."""
PERMISSIVE = {"MIT", "Apache-2.0", "ISC", "CC0-1.0", "Unlicense", "BSD-3-Clause", "CC-BY-4.0"}
HELD_SETS = ("carbon", "codicon", "octicon")
MIN_SETS = 3
"""A name that so many sets draw is a concept; fewer, and it is a product or a whim."""
MOST_STYLES = 4
MIRRORED = re.compile(r"\brtl\b")
"""Drawn for scripts that run the other way: "go next" points to the left there."""

Names = dict[str, set[str]]


@dataclass(frozen=True)
class Source:
    """One icon before it is drawn: an SVG text, or the bytes of a PNG."""

    set: str
    name: str
    drawing: str | bytes
    coloured: bool


def fetch(folder: Path, *, held: bool) -> None:
    """Download and unpack what isn't there yet, by the registries' own clients."""
    for package, version in NPM.items():
        target = folder / "npm" / package.strip("@").replace("/", "-")
        if not target.is_dir():
            name = subprocess.run(
                ["npm", "pack", "--silent", f"{package}@{version}"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()[-1]
            with tarfile.open(folder / name) as archive:
                archive.extractall(target, filter="data")
    for package in (*DEBIAN_TRAINED, OFFICE, *(DEBIAN_HELD if held else ())):
        target = folder / "deb" / package
        if not target.is_dir():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            target.mkdir(parents=True)
            subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{package}_*.deb")), target], check=True)


_TRAIL = set(
    "outline outlined filled fill line linear solid bold duotone broken rounded round sharp thin light regular twotone "
    "alt rtl ltr color dual stroke duo o sm xs lg f symbolic icon md".split()
)
_LEAD = set(
    "ic baseline outline round sharp twotone ios md mdi solid regular bold linear broken color line bx bxs icon "
    "streamline interface computer".split()
)


def plain(name: str) -> str:
    """The words of an icon's name, without its style and size."""
    words = re.sub(r"([a-z])([A-Z])", r"\1-\2", name).lower()
    parts = [word for word in re.split(r"[-_.:\s]+", words) if word]
    parts = [word for word in parts if len(parts) == 1 or not re.fullmatch(r"\d+(px|x)?", word)] or parts[:1]
    while len(parts) > 1 and parts[-1] in _TRAIL:
        parts.pop()
    while len(parts) > 1 and parts[0] in _LEAD:
        parts.pop(0)
    return " ".join(parts)


def tags(folder: Path) -> Names:
    """What the sets' makers say that their icons may be looked for by."""
    npm = folder / "npm"
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, words in _json(npm / "lucide-static/package/tags.json").items():
        found[plain(name)] |= set(words)
    for name, icon in _json(npm / "tabler-icons/package/icons.json").items():
        found[plain(name)] |= set(map(str, icon["tags"]))
    for icon in _json(npm / "mdi-svg/package/meta.json"):
        found[plain(icon["name"])] |= set(map(plain, icon["aliases"]))
    for name, icon in _json(npm / "fortawesome-fontawesome-free/package/metadata/icon-families.json").items():
        found[plain(name)] |= set(icon["search"]["terms"]) | set(map(plain, icon.get("aliases", {}).get("names", [])))
    for icon in _json(npm / "carbon-icons/package/metadata.json")["icons"]:
        found[plain(icon["name"])] |= set(map(str, icon.get("aliases", [])))
    for icons in _sets(folder).values():
        for name, alias in icons.get("aliases", {}).items():
            if not alias.keys() - {"parent"} and not MIRRORED.search(
                name
            ):  # else it is turned or mirrored, and shows something else
                found[plain(alias["parent"])].add(plain(name))
    return {name: {word.lower() for word in words if 1 < len(word) < 30} for name, words in found.items()}


def iconify(folder: Path, *, held: bool) -> Iterator[Source]:
    """The sets of @iconify/json: those to learn from, or those kept aside."""
    sets = _sets(folder)
    shared = Counter(word for icons in sets.values() if not icons["coloured"] for word in {*map(plain, icons["icons"])})
    for name, icons in sets.items():
        if (name in HELD_SETS) != held:
            continue
        styles: Counter[str] = Counter()
        for key in sorted(icons["icons"], key=len):
            icon, concept = icons["icons"][key], plain(key)
            if icon.get("hidden") or "<animate" in icon["body"] or MIRRORED.search(key) or shared[concept] < MIN_SETS:
                continue
            styles[concept] += 1
            if styles[concept] <= (1 if held or icons["coloured"] else MOST_STYLES):
                yield Source(name, concept, _svg(icons, icon), icons["coloured"])


def silk(folder: Path) -> Iterator[Source]:
    """Small coloured icons, as older programs have them."""
    for path in sorted((folder / "npm/famfamfam-silk").rglob("*.png")):
        yield Source("Silk", plain(path.stem), path.read_bytes(), coloured=True)


def office(folder: Path) -> Iterator[Source]:
    """The commands of an office suite, whose names are one word each: "insertrowsafter"."""
    import wordninja

    path = next((folder / "deb" / OFFICE).rglob("images_colibre_svg.zip"))
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if command := re.fullmatch(r"cmd/(?:lc_|32/)(\w+)\.svg", name):
                words = " ".join(wordninja.split(command[1]))
                yield Source("Colibre", words, archive.read(name).decode(), coloured=True)


def _sets(folder: Path) -> dict[str, dict[str, Any]]:
    """By name, those of @iconify/json whose licence permits it and whose icons are for programs."""
    root = folder / "npm/iconify-json/package"
    return {
        name: _json(root / f"json/{name}.json") | {"coloured": bool(about.get("palette"))}
        for name, about in sorted(_json(root / "collections.json").items())
        if about["license"].get("spdx") in PERMISSIVE
        and not (about.get("category") or "").startswith(("Logos", "Flags"))
        and (about.get("category") or about.get("palette") or name in HELD_SETS)
    }


def listed(folder: Path) -> str:
    """Every set that is learned from, with its author and licence, as a page."""
    about = _json(folder / "npm/iconify-json/package/collections.json")
    lines = [
        "# Sets of @iconify/json that the icon encoder learned from",
        "",
        "| set | author | licence |",
        "| --- | --- | --- |",
    ]
    for name in sorted({source.set for source in iconify(folder, held=False)}):
        author, licence = about[name]["author"], about[name]["license"]
        lines.append(f"| {about[name]['name']} (`{name}`) | {author['name']} | {licence['spdx']} |")
    return "\n".join(lines) + "\n"


def _svg(icons: dict[str, Any], icon: dict[str, Any]) -> str:
    width, height = (icon.get(side, icons.get(side, icons.get("width", 16))) for side in ("width", "height"))
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    start = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">'
    return start + str(icon["body"]).replace("currentColor", "#000") + "</svg>"


_SIZES = ("16x16", "22x22", "24x24", "32x32", "16", "22", "24", "32", "scalable", "symbolic")
_PLACES = ("actions", "status", "places", "devices", "mimetypes", "apps", "categories", "legacy", "ui", "emblems")


def theme(folder: Path, package: str) -> Iterator[Source]:
    """The icons of a Debian theme at the sizes of tool bars; a symbolic one may be drawn at any."""
    for root in sorted((folder / "deb" / package / "usr/share/icons").iterdir())[:1]:
        for path in sorted(root.rglob("*")):
            parts, name = set(path.parts), path.name
            if path.is_symlink() or not parts & set(_SIZES) or not parts & set(_PLACES):
                continue
            if name.endswith(".symbolic.png") or path.suffix not in (".png", ".svg") or MIRRORED.search(name):
                continue
            symbolic = path.stem.endswith("-symbolic")
            drawing = path.read_bytes() if path.suffix == ".png" else path.read_text(encoding="utf-8", errors="replace")
            yield Source(root.name, plain(path.stem), drawing, not symbolic)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
