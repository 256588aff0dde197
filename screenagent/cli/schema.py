"""`screenagent schema`: the JSON Schemas of the files that people write, for editors to complete and check them."""

from __future__ import annotations

import click


@click.command
@click.argument("kind", type=click.Choice(["script", "policy", "settings"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a script, a policy or the settings.

    \b
    screenagent schema script > script.schema.json
    # and on a script's first line: # yaml-language-server: $schema=script.schema.json
    """
    import json

    click.echo(json.dumps(_schema(kind), indent=2))


def _schema(kind: str) -> dict[str, object]:
    match kind:
        case "script":
            from screenagent.scripts import Script

            return Script.model_json_schema()
        case "policy":
            from screenagent.approval import Policy

            return Policy.model_json_schema()
        case _:
            from screenagent.settings import Settings

            return Settings.model_json_schema()
