"""Where the words and the looks of the pages come from: packages of npm and Debian, fetched by their own clients.

Words are pairs of a label and what the same application says about it: a tool tip, a description, a comment.
"""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

LOOKS: Final = {
    "bootstrap": "5.3.9", "bulma": "1.0.4", "@picocss/pico": "2.1.1", "uikit": "3.25.29", "foundation-sites": "6.9.0",
    "spectre.css": "0.5.9", "milligram": "1.4.1", "water.css": "2.1.1", "@primer/css": "22.3.2",
    "semantic-ui-css": "2.5.0", "materialize-css": "1.0.0", "purecss": "3.1.0", "govuk-frontend": "6.6.0",
    "@tabler/core": "1.6.1", "@coreui/coreui": "5.9.0", "98.css": "0.1.21", "xp.css": "0.3.0", "papercss": "1.9.2",
    "beercss": "5.0.3", "mvp.css": "1.18.0", "sakura.css": "1.5.1", "simpledotcss": "2.3.7", "picnic": "7.1.0",
    "chota": "0.9.2", "halfmoon": "2.0.2", "@patternfly/patternfly": "6.6.1", "@exampledev/new.css": "1.1.3",
    "cirrus-ui": "0.8.0",
}  # fmt: skip
"""The style sheets of the pages, all under the MIT, ISC or BSD licence, with their versions."""

WORDS_NPM: Final = {
    "@jupyterlab/notebook-extension": "4.6.4",
    "@jupyterlab/fileeditor-extension": "4.6.4",
    "@jupyterlab/docmanager-extension": "4.6.4",
    "@jupyterlab/filebrowser-extension": "4.6.4",
}
WORDS_DEBIAN: Final = (
    "virt-manager", "meld", "pluma-common", "deluge-gtk", "quodlibet", "terminator", "liferea-data", "rhythmbox-data",
    "gedit-common", "file-roller", "kwin-data", "gthumb-data", "hamster-time-tracker", "onboard", "bleachbit",
    "gimp-data", "xfce4-settings", "libreoffice-common",
)  # fmt: skip
"""Applications whose words are read; nothing of them is kept but weights that were fitted to pages that bear them."""

LONGEST: Final = 5  # words of a label
TELLING: Final = range(3, 13)  # words of what is said about it
_MARKUP: Final = re.compile(r"<[^>]+>|&\w+;")
_PREFIX: Final = re.compile(
    r"^(?:whether|if (?:true|enabled|set|checked|defined)[, ]*|when (?:true|enabled|checked)[, ]*|if"
    r"|this (?:option|setting) |it will )\s*",
    re.I,
)


class Pair(NamedTuple):
    """A label, and what its application says about it; "" if it says nothing."""

    label: str
    about: str


def fetch(folder: Path) -> None:
    """Download and unpack what isn't there yet."""
    for package, version in {**LOOKS, **WORDS_NPM}.items():
        target = unpacked(folder, package)
        if not target.is_dir():
            asked = ["npm", "pack", "--silent", f"{package}@{version}"]
            name = subprocess.run(asked, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
            with tarfile.open(folder / name) as archive:
                archive.extractall(target, filter="data")
    for package in WORDS_DEBIAN:
        target = unpacked(folder, package)
        if not target.is_dir():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            target.mkdir(parents=True)
            subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{package}_*.deb")), target], check=True)


def unpacked(folder: Path, package: str) -> Path:
    return folder / "unpacked" / package.strip("@").replace("/", "-")


def pairs(folder: Path) -> dict[str, list[Pair]]:
    """Return the labels of each application, those that are said something about first; LibreOffice's modules count as
    applications of their own."""
    found: dict[str, dict[str, str]] = {}
    for package in (*WORDS_DEBIAN, *WORDS_NPM):
        root = unpacked(folder, package)
        for file in sorted(path for path in root.rglob("*") if path.suffix in READERS and path.is_file()):
            labels = found.setdefault(_application(package, file), {})
            for read in READERS[file.suffix](file):
                label, about = map(_cleaned, read)
                if _is_label(label) and not labels.get(label):
                    labels[label] = about if _tells(about, label) else ""
    made = {app: [Pair(*one) for one in labels.items()] for app, labels in found.items()}
    return {app: sorted(some, key=lambda one: not one.about) for app, some in made.items() if len(some) >= 40}


def _application(package: str, file: Path) -> str:
    """Return the module for what is as large as an office, the package for all else."""
    return f"{package}/{file.parts[-3]}" if package == "libreoffice-common" else package


def _interface(file: Path) -> Iterator[Pair]:
    """Yield what a GtkBuilder file says of its widgets."""
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError:
        return
    for widget in root.iter("object"):
        said = {(one.get("name") or "").replace("_", "-"): one.text or "" for one in widget.findall("property")}
        label = said.get("label") or said.get("title", "")
        yield Pair(label.replace("_", ""), said.get("tooltip-text") or said.get("tooltip-markup", ""))


def _schema(file: Path) -> Iterator[Pair]:
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError:
        return
    for key in root.iter("key"):
        yield Pair(key.findtext("summary") or "", key.findtext("description") or "")


def _commands(file: Path) -> Iterator[Pair]:
    """Yield the commands of an office, by their names in menus and in tool tips."""
    for command in re.split(r"<node oor:name=\"\.uno:", file.read_text(encoding="utf-8", errors="replace"))[1:]:
        said = dict(re.findall(r'<prop oor:name="(\w*Label)"[^>]*>\s*<value[^>]*>([^<]+)', command))
        for about in ("TooltipLabel", "ContextLabel"):
            yield Pair(said.get("Label", ""), said.get(about, ""))


def _launcher(file: Path) -> Iterator[Pair]:
    text = file.read_text(encoding="utf-8", errors="replace")
    for part in text.split("\n["):
        said = dict(re.findall(r"^(\w+)=(.+)$", part, re.M))
        yield Pair(said.get("Name", ""), said.get("Comment", ""))


def _json(file: Path) -> Iterator[Pair]:
    """Yield the titles and descriptions of a schema of settings, or of a plug-in."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError):
        return
    rest = [told]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            for label, about in (("title", "description"), ("Name", "Description"), ("label", "caption")):
                if isinstance(one.get(label), str):
                    yield Pair(one[label], str(one.get(about, "")))
            rest += one.values()
        elif isinstance(one, list):
            rest += one


READERS: Final = {
    ".ui": _interface, ".glade": _interface, ".xml": _schema, ".xcd": _commands, ".desktop": _launcher, ".json": _json,
}  # fmt: skip


def _cleaned(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).replace("~", "").split()).strip(" :")


def _is_label(label: str) -> bool:
    words = label.split()
    return (
        1 <= len(words) <= LONGEST and label[:1].isupper() and label.isascii() and len(label) > 2 and "%" not in label
    )


def _tells(about: str, label: str) -> bool:
    return len(about.split()) in TELLING and about.isascii() and about.casefold() != label.casefold()


def spoken(about: str) -> str:
    """Return what a person would say who knows the description and not the label: "hide the first tab"."""
    first = re.split(r"(?<=\w\w)[.;]\s|\(", about)[0]
    first = re.sub(r"^to ", "", _PREFIX.sub("", _PREFIX.sub("", first))).strip(" .,")
    return first[:1].lower() + first[1:] if not first[1:2].isupper() else first
