"""Every face, as a function from a text of an attacker to what is shown. A new face gets a row in `FACES`."""

from __future__ import annotations

import asyncio
import html
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from PIL import Image
from textual.pilot import Pilot

from screenagent import cli
from screenagent.cli.scripts import RecordingLines
from screenagent.cli.terminal import Progress, TerminalAnswers
from screenagent.console.dialogs import PromptScreen
from screenagent.control import Control
from screenagent.desktop.lock import Driver, listed
from screenagent.geometry import Pixel, Size
from screenagent.keys import RecordingKeys
from screenagent.models.remote.errors import BadStatus, explained
from screenagent.models.remote.providers import Endpoint
from screenagent.perception.icon_names import IconNames, ToldName
from screenagent.runs.log import Recorder
from screenagent.runs.report.html import write_html
from screenagent.scripts import Anchor, Anchors, Script
from screenagent.scripts.file import parsed, written
from screenagent.scripts.linked import Linked
from screenagent.scripts.replay.actions import Binding, script_actions
from screenagent.scripts.replay.appearance import Appearance
from screenagent.scripts.replay.healing import Heal, page
from screenagent.scripts.replay.results import ReplayResult, junit
from screenagent.scripts.rows.lines import append_result
from screenagent.sessions.messages import QuestionTold
from screenagent.settings import SettingInForce
from tests.console.console_runs import Stage, until
from tests.loopback import says, serving
from tests.showing.hostile import hostile_question, hostile_run, well_run

Face = Callable[[str, Path], str]
SCRIPT: Final = "name: harmless\nsteps:\n  - click: Save\n"


@contextmanager
def coloured(typed: str = "", **environment: str) -> Iterator[Callable[[], str]]:
    """Run commands as at a terminal that shows colours; what is yielded gives all that was written."""
    with CliRunner().isolation(input=typed, env=environment, color=True) as (stdout, stderr, _):
        yield lambda: stdout.getvalue().decode("utf-8", "surrogatepass") + stderr.getvalue().decode()


def command(*words: str | Path, **environment: str) -> str:
    arguments, sys.argv = sys.argv, ["screenagent", *map(str, words)]
    try:
        with coloured(**environment) as written:
            with suppress(SystemExit):
                cli.main()
            return written()
    finally:
        sys.argv = arguments


def recorded(text: str, folder: Path) -> Path:
    run = folder / "runs" / "2026-11-22_10-15-03_x"
    with Recorder(run, settings={"model": text, "script": text}, prompts={text: text}) as recorder:
        for event in hostile_run(text):
            recorder(event)
    return run


def plain_question(text: str, _: Path) -> str:
    with coloured(typed="n\n") as written:
        TerminalAnswers(Control(), answer_keys="ctrl+alt+y")(hostile_question(text))
        return written()


def plain_lines(text: str, _: Path) -> str:
    with coloured() as written:
        progress = Progress()
        for event in hostile_run(text):
            progress(event)
        return written()


def drawn(stage: Stage) -> str:
    """Return the cells of the console as they go to the terminal, without their colours."""
    lines = stage.console.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def in_console(stage: Stage, act: Callable[[Pilot[Any]], Any]) -> str:
    async def shown() -> str:
        async with stage.console.run_test(size=(100, 30), notifications=True) as pilot:
            await act(pilot)
            await pilot.pause(0.1)
            return drawn(stage)

    return asyncio.run(shown())


def console_question(text: str, _: Path) -> str:
    stage = Stage()
    question = hostile_question(text)

    async def act(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: stage.live.question is not None)
        stage.live.episode = question.episode
        stage.live.show_question(
            QuestionTold(
                number=0,
                id="hostile",
                action=question.action,
                locations=question.locations,
                risk=question.risk,
                path=question.path,
                note=question.note,
            )
        )
        assert stage.live.question == question

    return in_console(stage, act)


def console_past(text: str, folder: Path) -> str:
    stage = Stage(task=None, past=recorded(text, folder))

    async def act(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: stage.screen.episode.ended is not None)
        await pilot.press("up", "up", "l", "up")

    return in_console(stage, act)


def console_start(text: str, folder: Path) -> str:
    recorded(text, folder)
    (folder / "a.yaml").write_text(json.dumps({"name": text, "steps": [{"click": text}]}))
    setting = SettingInForce(name="model", value=text, source=text, meaning=text)
    stage = Stage(task=None, runs=folder / "runs", scripts=folder, settings=(setting,))

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.pause(0.3)
        await pilot.press("up")

    return in_console(stage, act)


def console_notice(text: str, _: Path) -> str:
    stage = Stage(task=None)

    async def act(pilot: Pilot[Any]) -> None:
        stage.console.notify(text, title="That cannot be read", severity="error")
        await pilot.pause(0.1)

    return in_console(stage, act)


def console_prompt(text: str, _: Path) -> str:
    stage = Stage(task=None)

    async def act(pilot: Pilot[Any]) -> None:
        stage.console.push_screen(PromptScreen(text, hint=text))
        await pilot.pause(0.1)

    return in_console(stage, act)


def report_page(text: str, folder: Path) -> str:
    return html.unescape(write_html(recorded(text, folder), folder / "report.html").read_text("utf-8"))


def healed_page(text: str, folder: Path) -> str:
    script = parsed(SCRIPT.encode(), folder / "a.yaml")[0].model_copy(update={"name": text})
    new = Appearance(hostile_anchor(text), Image.new("RGB", (8, 8)))
    return html.unescape(page(script, [Heal(text, text, None, new)], file=text))


def junit_file(text: str, folder: Path) -> str:
    result = ReplayResult(script=text, values={"a": text}, outcome="gave_up", message=text, run=text)
    junit(text, [result]).write(str(folder / "junit.xml"), pretty=True)
    return html.unescape((folder / "junit.xml").read_text("utf-8"))


def results_file(text: str, folder: Path) -> str:
    append_result(folder / "r.jsonl", ReplayResult(script=text, values={"a": text}, outcome="gave_up", message=text))
    return (folder / "r.jsonl").read_text("utf-8")


def kept_rows(text: str, folder: Path) -> Path:
    words = {"script": text, "row": 1, "values": {text: text}, "outputs": {text: text}, "key": text, "run": text}
    result = ReplayResult.model_validate({**words, "outcome": "gave_up", "message": text, "remarks": (text,)})
    append_result(folder / "rows.jsonl", result)
    return folder / "rows.jsonl"


def rows_on_a_page(text: str, folder: Path) -> str:
    command("rows", kept_rows(text, folder), "--html", folder / "rows.html")
    return (folder / "rows.html").read_text("utf-8")


def log_file(text: str, folder: Path) -> str:
    run = recorded(text, folder)
    return (run / "events.jsonl").read_text("utf-8") + (run / "run.json").read_text("utf-8")


def events_as_json(text: str, folder: Path) -> str:
    from screenagent.cli.output import echo_json

    with coloured() as written:
        for event in hostile_run(text):
            echo_json(event.model_dump_json())
        return written()


def stopped_driver(text: str, folder: Path) -> str:
    with runs_of_another_machine(text, folder, 1):
        return command("stop", "--display", ":4999", "--seconds", "0")


def several_drivers(text: str, folder: Path) -> str:
    with runs_of_another_machine(text, folder, 2):
        return command("stop", "--seconds", "0")


@contextmanager
def runs_of_another_machine(text: str, folder: Path, count: int) -> Iterator[None]:
    """List runs that no signal can reach, and that no X server knows."""
    from screenagent.desktop.x11 import driver_selection

    other = Driver(pid=1, display=":4998", task=text, since=datetime.now(UTC), process_table="another machine's")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setattr(driver_selection, "local_displays", list)
        for number in range(count):
            stack.enter_context(listed(other.model_copy(update={"display": f":{4999 + number}"})))
        yield


def server_error(text: str, _: Path) -> str:
    error = explained(BadStatus(500, text), Endpoint(url="http://localhost:1/v1", name="m"), began=False)
    ending = cli.ending(error)
    assert ending is not None
    return ending.text


def learned_names(text: str, folder: Path) -> str:
    IconNames(folder / "names.json").keep(text, [ToldName("k", text, "tooltip")])
    return command("learn", "--show", SCREENAGENT_ICON_NAMES=str(folder / "names.json"))


def picture_without_a_file(text: str, _: Path) -> str:
    return command("see", text.replace("\0", "") + ".png")


def name_in(text: str) -> str:
    """The text as far as it can be the name of a file."""
    return text.replace("\0", "").replace("/", "").encode()[:200].decode(errors="ignore")


def picture(text: str, folder: Path) -> Path:
    file = folder / f"{name_in(text)}.png"
    Image.new("RGB", (160, 90), "white").save(file)
    return file


def ground_explained(text: str, folder: Path) -> str:
    target = text.replace("\0", "")
    return command("ground", picture(text, folder), target, "--out", folder / f"{name_in(text)}-g.png", "--explain")


def ground_as_json(text: str, folder: Path) -> str:
    return command("ground", picture(text, folder), text.replace("\0", ""), "--out", folder / "g.png", "--json")


def see_file(text: str, folder: Path) -> str:
    return command("see", picture(text, folder), "--out", folder / f"{name_in(text)}-see.png")


def recording(text: str, _: Path) -> str:
    with coloured() as written:
        told = RecordingLines(text, secrets={}, keys=RecordingKeys())
        for event in hostile_run(text):
            told(event)
        return written()


def saved(text: str, folder: Path) -> str:
    run = recorded_well(text, folder)
    return command("save", run, folder / f"{name_in(text)}.yaml", "--name", text.replace("\0", "")[:200])


def saved_file(text: str, folder: Path) -> str:
    saved(text, folder)
    return (folder / f"{name_in(text)}.yaml").read_text("utf-8")


def healed(text: str, folder: Path) -> str:
    script, file = Script.model_validate({"name": "x", "steps": [{"click": text}]}), folder / f"{name_in(text)}.yaml"
    file.write_text(written(script), "utf-8")
    [action] = script_actions(Linked(script), Binding())
    [name] = action.anchor_names.values()
    Anchors.of(file).write(name, hostile_anchor(f"another {text}"), Image.new("RGB", (8, 8)))
    return command("heal", file, "--run", recorded_well(text, folder), "--html", folder / f"{name_in(text)}.html")


def hostile_anchor(text: str) -> Anchor:
    return Anchor(
        target=text, text=text, title=text, box=(0, 0, 8, 8), at=Pixel(x=4, y=4), corner=Pixel(x=0, y=0),
        screen=Size(width=80, height=60),
    )  # fmt: skip


def recorded_well(text: str, folder: Path) -> Path:
    """A run that ended well, of one click on the attacker's words."""
    run = folder / "runs" / "2026-11-22_10-15-04_well"
    with Recorder(run, settings={"model": text, "script": text}, prompts={}) as recorder:
        for event in well_run(text):
            recorder(event)
    return run


def reported(text: str, folder: Path) -> str:
    return command("report", recorded_well(text, folder), "--out", folder / name_in(text), "--no-gif")


def doctor_without_a_display(text: str, folder: Path) -> str:
    name = text.replace("\0", "").replace(":", "")
    return command("doctor", DISPLAY=name, DBUS_SESSION_BUS_ADDRESS=name, XDG_RUNTIME_DIR=str(folder))


def model_checked(text: str, _: Path) -> str:
    with serving(lambda _: says(text), id=text) as loopback:
        return command("model", "check", "--model", loopback.url)


def model_asked(text: str, folder: Path) -> str:
    with serving(lambda _: says(text)) as loopback:
        return command("ask", picture("a", folder), "what?", "--model", loopback.url, "--think")


FACES: Final[Mapping[str, Face]] = {
    "console: a question": console_question,
    "console: a line to fill in": console_prompt,
    "console: a notice": console_notice,
    "console: a past run": console_past,
    "console: the start": console_start,
    "plain: a question": plain_question,
    "plain: lines": plain_lines,
    "events as JSON": events_as_json,
    "error: a server's": server_error,
    "error: a file's": picture_without_a_file,
    "ask": model_asked,
    "check": lambda text, folder: command("check", script_of(text, folder)),
    "export": lambda text, folder: command("export", script_of(text, folder)),
    "doctor": doctor_without_a_display,
    "ground": ground_explained,
    "ground --json": ground_as_json,
    "heal": healed,
    "learn": learned_names,
    "log": log_file,
    "healed page": healed_page,
    "junit": junit_file,
    "model check": model_checked,
    "policy check": lambda text, folder: command("policy", "check", recorded(text, folder)),
    "record": recording,
    "report": reported,
    "report page": report_page,
    "results": results_file,
    "rows": lambda text, folder: command("rows", kept_rows(text, folder)),
    "rows --json": lambda text, folder: command("rows", kept_rows(text, folder), "--json"),
    "rows page": rows_on_a_page,
    "runs": lambda text, folder: command("runs", "--runs", recorded(text, folder).parent),
    "runs --json": lambda text, folder: command("runs", "--json", "--runs", recorded(text, folder).parent),
    "runs costs": lambda text, folder: command("runs", "costs", recorded(text, folder)),
    "runs prune": lambda text, folder: command(
        "runs", "prune", "--keep", "0", "--dry-run", "--runs", recorded(text, folder).parent
    ),
    "save": saved,
    "saved script": saved_file,
    "see": see_file,
    "stop": stopped_driver,
    "stop: which": several_drivers,
}


def script_of(text: str, folder: Path) -> Path:
    file = folder / "hostile.yaml"
    file.write_text(json.dumps({"name": text, "steps": [{"click": text}, {"task": text}, {text: text}]}), "utf-8")
    return file
