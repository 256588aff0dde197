"""How each style sheet spells the parts of a page; a part that it gives no class bears none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Look:
    """A style sheet of a package, and the classes that it gives to parts; `dark` are attributes of the page that make
    it dark. Without, its colours are turned round."""

    package: str
    sheet: str
    classes: Mapping[str, str] = field(default_factory=dict)
    dark: str = ""
    light: str = ""

    def of(self, part: str) -> str:
        return f' class="{self.classes[part]}"' if part in self.classes else ""


_BOOTSTRAP: Final = {
    "button": "btn btn-outline-secondary", "main": "btn btn-primary", "table": "table", "field": "form-control",
    "card": "card p-3", "check": "form-check-input", "select": "form-select", "slider": "form-range", "page": "p-3",
}  # fmt: skip
_BUTTONS: Final = {"button": "button", "main": "button primary"}

LOOKS: Final[tuple[Look, ...]] = (
    Look("bootstrap", "dist/css/bootstrap.min.css", _BOOTSTRAP, dark='data-bs-theme="dark"'),
    Look("@tabler/core", "dist/css/tabler.min.css", _BOOTSTRAP, dark='data-bs-theme="dark"'),
    Look("@coreui/coreui", "dist/css/coreui.min.css", _BOOTSTRAP, dark='data-coreui-theme="dark"'),
    Look("halfmoon", "css/halfmoon.min.css", _BOOTSTRAP, dark='data-bs-theme="dark"'),
    Look(
        "bulma",
        "css/bulma.min.css",
        {
            "button": "button", "main": "button is-primary", "table": "table is-fullwidth", "field": "input",
            "card": "box", "heading": "title is-4", "page": "section",
        },
        dark='data-theme="dark"',
        light='data-theme="light"',
    ),
    Look(
        "@picocss/pico",
        "css/pico.min.css",
        {"page": "container"},
        dark='data-theme="dark"',
        light='data-theme="light"',
    ),
    Look(
        "uikit",
        "dist/css/uikit.min.css",
        {
            "button": "uk-button uk-button-default", "main": "uk-button uk-button-primary", "field": "uk-input",
            "table": "uk-table uk-table-divider", "card": "uk-card uk-card-default uk-card-body",
            "check": "uk-checkbox", "select": "uk-select", "slider": "uk-range", "page": "uk-padding-small",
        },
    ),
    Look(
        "foundation-sites",
        "dist/css/foundation.min.css",
        {"button": "hollow button", "main": "button", "card": "callout", "page": "grid-container"},
    ),
    Look(
        "spectre.css",
        "dist/spectre.min.css",
        {
            "button": "btn", "main": "btn btn-primary", "table": "table", "field": "form-input", "card": "card p-2",
            "select": "form-select", "slider": "slider", "page": "container p-2",
        },
    ),
    Look(
        "milligram",
        "dist/milligram.min.css",
        {"button": "button button-outline", "main": "button", "page": "container"},
    ),
    Look("water.css", "out/light.min.css"),
    Look(
        "@primer/css",
        "dist/primer.css",
        {
            "button": "btn", "main": "btn btn-primary", "field": "form-control", "card": "Box p-3", "page": "p-3",
            "select": "form-select",
        },
        dark='data-color-mode="dark" data-dark-theme="dark"',
        light='data-color-mode="light" data-light-theme="light"',
    ),
    Look(
        "semantic-ui-css",
        "semantic.min.css",
        {"button": "ui basic button", "main": "ui primary button", "table": "ui table", "card": "ui segment"},
    ),
    Look(
        "materialize-css",
        "dist/css/materialize.min.css",
        {"button": "btn-flat", "main": "btn", "card": "card-panel", "select": "browser-default", "page": "container"},
    ),
    Look(
        "purecss",
        "build/pure-min.css",
        {
            "button": "pure-button", "main": "pure-button pure-button-primary", "table": "pure-table",
            "form": "pure-form",
        },
    ),
    Look(
        "govuk-frontend",
        "dist/govuk/govuk-frontend.min.css",
        {
            "button": "govuk-button govuk-button--secondary", "main": "govuk-button", "table": "govuk-table",
            "field": "govuk-input", "select": "govuk-select", "heading": "govuk-heading-m", "text": "govuk-body",
            "label": "govuk-label", "page": "govuk-width-container", "cell": "govuk-table__cell",
        },
    ),
    Look("98.css", "dist/98.css", {"card": "window window-body"}),
    Look("xp.css", "dist/XP.css", {"card": "window window-body"}),
    Look("papercss", "dist/paper.min.css", {"main": "btn-secondary", "card": "card card-body", "page": "paper"}),
    Look("beercss", "dist/cdn/beer.min.css", {"button": "border", "card": "card"}, dark='class="dark"'),
    Look("mvp.css", "mvp.css"),
    Look("sakura.css", "css/sakura.css"),
    Look("simpledotcss", "simple.min.css"),
    Look("picnic", "picnic.min.css", {"button": "pseudo button", "main": "button", "card": "card"}),
    Look("chota", "dist/chota.min.css", {"button": "button outline", "main": "button primary", "card": "card"}),
    Look(
        "@patternfly/patternfly",
        "patternfly.min.css",
        {
            "button": "pf-v6-c-button pf-m-secondary", "main": "pf-v6-c-button pf-m-primary", "table": "pf-v6-c-table",
            "card": "pf-v6-c-card", "heading": "pf-v6-c-title pf-m-lg",
        },
        dark='class="pf-v6-theme-dark"',
    ),
    Look("@exampledev/new.css", "new.css"),
    Look("cirrus-ui", "dist/cirrus.min.css", {"button": "outline", "card": "card p-2", "page": "p-2"}),
    Look("", "", {"card": "framed"}),
)  # fmt: skip
"""The last is what a browser draws without any."""
