"""What is ticked, chosen, selected and set is brought about: read first, and read again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from screenagent.actions import Action, Click, PressKeys, Scroll, TypeText
from screenagent.episode import Episode
from screenagent.geometry import Box, Size
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.states import ControlStateReader
from screenagent.planning.skills.settings import set_setting
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Element, ElementState
from tests.panels import Panel, PanelReader, work

SIZE = Size(width=640, height=400)


def clicks(done: Sequence[Action]) -> list[str]:
    return [action.target.words for action in done if isinstance(action, Click)]


def ended(episode: Episode) -> tuple[str, str]:
    assert episode.ended is not None
    return episode.ended.result, episode.ended.message


def codes(episode: Episode) -> list[str]:
    return [step.effect.code for step in episode.steps if step.effect]


def switches(done: Sequence[Action], *, on: bool = True) -> Panel:
    return Panel().switch("Spelling", 40, 100, at=400).switch("Sounds", 40, 140, at=400, on=on ^ (len(done) % 2 == 1))


@pytest.mark.parametrize(
    ("task", "on"),
    [("tick Sounds", True), ("turn on Sounds", True), ("untick Sounds", False), ("turn Sounds off", False)],
)
def test_nothing_is_sent_where_it_is_so_already(task: str, on: bool) -> None:
    episode, done = work(lambda done: switches(done, on=on), task)
    assert (done, ended(episode)[0], codes(episode)) == ([], "done", ["in_state"])


@pytest.mark.parametrize(
    "task", ["tick Enable sounds", "tick sounds", "turn on sounds", "enable sounds", "turn sounds off"]
)
def test_a_switch_whose_label_says_enable_is_found_beside_a_heading(task: str) -> None:
    def panel(done: Sequence[Action]) -> Panel:
        on = ("off" in task) ^ (len(done) % 2 == 1)
        return Panel().text("Sounds", 40, 40).switch("Enable sounds", 40, 140, at=400, on=on)

    episode, done = work(panel, task)
    assert (len(done), ended(episode)[0], codes(episode)) == (1, "done", ["in_state"])


def test_what_is_off_is_clicked_and_read_again() -> None:
    episode, done = work(lambda done: switches(done, on=False), "tick Sounds")
    (click,) = done
    assert isinstance(click, Click)
    assert click.target.at is not None
    assert (round(click.target.at.x * 640), round(click.target.at.y * 400)) == (420, 140)
    assert (ended(episode)[0], codes(episode)) == ("done", ["in_state"])


def test_a_click_that_is_ignored_is_no_tick() -> None:
    episode, done = work(lambda _: switches((), on=False), "tick Sounds")
    assert len(done) == 1
    result, message = ended(episode)
    assert (result, "is off" in message) == ("gave_up", True)


@pytest.mark.slow
def test_what_is_disabled_is_not_clicked() -> None:
    box = Box.of_pixels((400, 129, 440, 151), SIZE)
    told = Element(role="checkbox", name="Sounds", box=box, states=frozenset({"unchecked", "disabled"}))
    episode, done = work(lambda _: switches((), on=False), "tick Sounds", told=lambda _: [told])
    assert (done, "disabled" in ended(episode)[1]) == ([], True)


OPTIONS = ("Small", "X-Large", "XX-Large", "Large")


def sizes(done: Sequence[Action], options: Sequence[str] = OPTIONS) -> Panel:
    """A drop-down whose list opens over other words."""
    taken = [name.strip("“”") for name in clicks(done) if name.startswith("“")]
    panel = Panel().text("Size", 40, 100)
    panel.dropdown(taken[-1] if taken else "Choose", 100, 100)
    closed = taken or any(isinstance(action, PressKeys) for action in done)
    if clicks(done) and not closed:
        panel._draw.rectangle((100, 116, 260, 120 + 22 * len(options)), fill=(255, 255, 255), outline=(90, 90, 90))
        for number, option in enumerate(options):
            panel.text(option, 108, 130 + 22 * number)
    panel.text("beside", 270, 196)
    return panel


@pytest.mark.slow
def test_exactly_the_option_that_was_named_is_taken() -> None:
    episode, done = work(sizes, "choose Large from the Size dropdown")
    assert clicks(done) == ["the Size dropdown", "“Large”"]
    assert isinstance(done[-1], Click)
    assert done[-1].target.at is not None
    assert round(done[-1].target.at.y * 400) == 196
    assert (ended(episode)[0], codes(episode)[-1]) == ("done", "in_state")


def test_a_choice_that_stands_already_is_left_alone() -> None:
    episode, done = work(lambda _: sizes([Click.model_validate({"target": "“Large”"})]), "choose Large as the Size")
    assert (done, ended(episode)[0], codes(episode)) == ([], "done", ["in_state"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "options"), [("Paid", ["Paid monthly", "Unpaid"]), ("Iceland", ["Ireland", "Spain"])]
)
def test_an_option_that_is_not_there_is_not_replaced_by_another(wanted: str, options: list[str]) -> None:
    episode, done = work(lambda done: sizes(done, options), f"choose {wanted} from the Size dropdown")
    result, message = ended(episode)
    assert (result, clicks(done)) == ("gave_up", ["the Size dropdown"])
    assert [action.keys for action in done if isinstance(action, PressKeys)] == [("escape",)]
    assert options[0] in message
    assert not any(isinstance(action, TypeText) for action in done)


@pytest.mark.slow
def test_a_choice_that_does_not_stay_is_unmet() -> None:
    def refusing(done: Sequence[Action]) -> Panel:
        return sizes([]) if len(clicks(done)) == 2 else sizes(done)

    episode, _ = work(refusing, "choose Large from the Size dropdown")
    result, message = ended(episode)
    assert (result, "shows “Choose”" in message) == ("gave_up", True)


@pytest.mark.slow
def test_a_drop_down_that_ignores_the_first_click_is_clicked_again() -> None:
    def late(done: Sequence[Action]) -> Panel:
        return sizes([action for action in done if isinstance(action, Click)][1:])

    episode, done = work(late, "choose Large from the Size dropdown")
    assert clicks(done) == ["the Size dropdown", "the Size dropdown", "“Large”"]
    assert ended(episode)[0] == "done"


@pytest.mark.slow
def test_an_option_that_ignores_the_first_click_is_clicked_again() -> None:
    def late(done: Sequence[Action]) -> Panel:
        options = [action for action in done if isinstance(action, Click) and "Large" in action.target.words]
        return sizes([action for action in done if action not in options[:1]] if len(options) < 2 else done)

    episode, done = work(late, "choose Large from the Size dropdown")
    assert clicks(done) == ["the Size dropdown", "“Large”", "“Large”"]
    assert ended(episode)[0] == "done"


PEOPLE = ("Anna", "Ann", "Ben", "Bob", "Cleo")


def people(done: Sequence[Action]) -> Panel:
    """A list as native lists are: a click selects one, a click with ctrl another one, too."""
    selected: set[str] = set()
    for action in done:
        if isinstance(action, Click):
            name = action.target.words.strip("“”")
            selected = selected ^ {name} if action.modifiers else {name}
    panel = Panel().text("People", 40, 60)
    panel._draw.rectangle((38, 70, 220, 300), fill=(255, 255, 255), outline=(120, 120, 120))
    for number, name in enumerate(PEOPLE):
        panel.row(name, 40, 84 + 20 * number, selected=name in selected)
    return panel


@pytest.mark.slow
def test_several_rows_are_selected_with_ctrl_and_no_others() -> None:
    episode, done = work(people, "select Ann and Bob from the list")
    assert [(click.target.words, click.modifiers) for click in done if isinstance(click, Click)] == [
        ("“Ann”", ()),
        ("“Bob”", ("ctrl",)),
    ]
    assert (ended(episode)[0], codes(episode)[-2:]) == ("done", ["in_state", "in_state"])


def test_rows_that_are_selected_already_are_left_alone() -> None:
    chosen = [Click.model_validate({"target": "“Bob”"})]
    episode, done = work(lambda _: people(chosen), "select Bob from the People list")
    assert (done, ended(episode)[0]) == ([], "done")


@pytest.mark.slow
def test_a_list_that_takes_one_row_only_does_not_count_for_two() -> None:
    def single(done: Sequence[Action]) -> Panel:
        return people([action.model_copy(update={"modifiers": ()}) for action in done])

    episode, _ = work(single, "select Ann and Bob from the list")
    assert ended(episode)[0] == "gave_up"


def test_a_click_on_a_row_that_only_gets_the_focus_leaves_another_row_selected() -> None:
    def kept(done: Sequence[Action]) -> Panel:
        panel = people([Click.model_validate({"target": "“Bob”"})])
        if done:
            panel._draw.rectangle((40, 155, 160, 173), outline=(90, 90, 90))
        return panel

    episode, _ = work(kept, "select Cleo from the People list")
    assert ended(episode)[0] == "gave_up"


def level(done: Sequence[Action], *, stuck: bool) -> Panel:
    value = 10
    for action in [] if stuck else done:
        if isinstance(action, PressKeys):
            value += action.times * (1 if action.keys == ("right",) else -1)
    panel = Panel().text("Level", 40, 100).text(str(value), 320, 100)
    return panel.slider(100, 100, at=8 * value)


def test_a_slider_is_set_until_its_number_says_so() -> None:
    episode, done = work(lambda done: level(done, stuck=False), "set the Level slider to 3")
    assert [(action.keys, action.times) for action in done if isinstance(action, PressKeys)] == [(("left",), 7)]
    assert ended(episode)[0] == "done"


def volume(done: Sequence[Action]) -> Panel:
    """A slider whose number stands above its handle, and goes with it."""
    value = 4
    for action in done:
        if isinstance(action, PressKeys):
            value += action.times * (1 if action.keys == ("right",) else -1)
    panel = Panel().text("Volume", 40, 100).text(str(value), 146 + 22 * value, 80)
    return panel.slider(150, 100, at=22 * value, width=250)


def test_a_number_that_goes_with_the_handle_is_read_where_it_has_gone() -> None:
    episode, done = work(volume, "set the Volume slider to 9")
    assert [(action.keys, action.times) for action in done if isinstance(action, PressKeys)] == [(("right",), 5)]
    assert ended(episode)[0] == "done"


def test_a_slider_that_did_not_move_has_not_moved() -> None:
    episode, done = work(lambda done: level(done, stuck=True), "set the Level slider to 3")
    result, message = ended(episode)
    assert (result, "stays at 10" in message) == ("gave_up", True)
    assert sum(isinstance(action, PressKeys) for action in done) == 1


def pressed(done: Sequence[Action], value: int, *, most: int = 10) -> int:
    for action in done:
        if isinstance(action, PressKeys):
            value = max(0, min(most, value + action.times * (1 if action.keys == ("right",) else -1)))
    return value


def zoomed(done: Sequence[Action], *, at: int = 4, says: str = "zoom={} fit=1", beside: str = "") -> Panel:
    """A slider at the far end of its row, and what says its number in another place."""
    value = pressed(done, at)
    panel = Panel().text("Zoom", 40, 100).text("Daily limit", 40, 180)
    panel.entry("20", 400, 180, width=60)
    if not says.startswith("Lens") or any(isinstance(action, PressKeys) for action in done):
        panel.text(says.format(value), 200, 20)
    panel.text(beside.format(value), 40, 300)
    return panel.slider(400, 100, at=12 * value)


@pytest.mark.parametrize("says", ["zoom={} fit=1", "Zoom is {} now", "Lens | {}"])
@pytest.mark.parametrize(("at", "amount"), [(4, 9), (4, 1), (10, 7), (0, 0)])
def test_a_slider_without_a_number_beside_it_is_set_by_the_number_that_follows_it(
    says: str, at: int, amount: int
) -> None:
    episode, done = work(lambda done: zoomed(done, at=at, says=says), f"set the Zoom slider to {amount}")
    assert ended(episode)[0] == "done", ended(episode)
    assert pressed(done, at) == amount


@pytest.mark.parametrize(
    ("says", "beside"), [("", ""), ("12:{}", ""), ("step {}", "steps {}")], ids=["none", "a time", "two"]
)
def test_where_no_one_number_follows_a_slider_it_is_not_set(says: str, beside: str) -> None:
    episode, _ = work(lambda done: zoomed(done, says=says, beside=beside), "set the Zoom slider to 9")
    assert ended(episode) == ("gave_up", "no number says where the Zoom slider stands")


def settings_page(done: Sequence[Action]) -> Panel:
    """Labels at the left, the control of each at the right end of its row."""
    panel = Panel().switch("Beep", 40, 60, at=420, on="Beep" in clicks(done)).text("Paper format", 40, 100)
    panel.dropdown("A4", 380, 100, width=80).text("Nightly quota", 40, 140).text("Contrast", 40, 180)
    panel.entry("20", 380, 140, width=80)
    return panel.slider(330, 180, at=40)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("Beep", "on", (440, 60)),
        ("Paper format", "A5", (420, 100)),
        ("Nightly quota", "35", (420, 140)),
        ("Contrast", "7", (370, 180)),
    ],
)
def test_what_is_called_by_its_name_alone_is_set_by_the_control_of_its_row(
    name: str, value: str, place: tuple[int, int]
) -> None:
    reader = PanelReader()
    grounder = EmbeddedGrounder(reader)
    view = ScreenView(reader, grounder, strict=grounder.strict(), states=ControlStateReader(reader))
    view.screen = reader.screen(settings_page([]))
    first = next(set_setting(view, name, value))[0].action
    assert isinstance(first, Click)
    assert first.target.at is not None
    assert abs(first.target.at.x * SIZE.width - place[0]) < 30
    assert abs(first.target.at.y * SIZE.height - place[1]) < 10


@pytest.mark.parametrize("task", ["set the Brightness to 35", "set the Beep to 35"])
def test_what_has_no_control_to_set_is_not_set(task: str) -> None:
    episode, done = work(settings_page, task)
    assert (ended(episode)[0], [action for action in done if isinstance(action, Click | TypeText)]) == ("gave_up", [])


def guests(done: Sequence[Action], *, as_one: bool = False) -> Panel:
    panel, on = Panel(), clicks(done)
    if as_one:
        return panel.tick_box("Lena Fry and Otto Weiss", 40, 60, on=bool(on))
    for y, name in ((60, "Lena Fry"), (100, "Nils Holt"), (140, "Otto Weiss")):
        panel.tick_box(name, 40, y, on=any(name in words for words in on))
    return panel


def test_two_names_are_two_things_to_tick_unless_one_label_says_both() -> None:
    episode, done = work(guests, "tick Lena Fry and Otto Weiss")
    assert (clicks(done), ended(episode)[0]) == (["“Lena Fry”", "“Otto Weiss”"], "done")
    episode, done = work(lambda done: guests(done, as_one=True), "tick Lena Fry and Otto Weiss")
    assert (len(clicks(done)), ended(episode)[0]) == (1, "done")


def section(done: Sequence[Action]) -> Panel:
    open_ = len(clicks(done)) % 2 == 1
    panel = Panel().text("Shipping", 100, 100)
    corners = [(78, 97), (90, 97), (84, 104)] if open_ else [(80, 95), (80, 105), (86, 100)]
    panel._draw.polygon(corners, fill=(40, 40, 40))
    return panel.text("by boat", 100, 130) if open_ else panel


def test_a_section_is_expanded_and_one_that_is_collapsed_stays_so() -> None:
    episode, done = work(section, "expand Shipping")
    assert (len(done), ended(episode)[0], codes(episode)) == (1, "done", ["in_state"])
    episode, done = work(section, "collapse Shipping")
    assert (done, ended(episode)[0]) == ([], "done")


@pytest.mark.slow
def test_a_goal_waits_for_what_is_not_there_yet() -> None:
    looks = 0

    def late(done: Sequence[Action]) -> Panel:
        nonlocal looks
        looks += 1
        return sizes(done) if looks > 4 else Panel().text("Trip", 40, 40)

    episode, done = work(late, "choose Large from the Size dropdown")
    assert (clicks(done), ended(episode)[0]) == (["the Size dropdown", "“Large”"], "done")
    assert not any(isinstance(action, Scroll) for action in done)


@pytest.mark.parametrize(("state", "sent"), [("selected", 0), ("unselected", 1)])
def test_a_tab_that_is_selected_is_not_clicked(state: ElementState, sent: int) -> None:
    box = Box.of_pixels((90, 85, 200, 115), SIZE)

    def told(done: Sequence[Action]) -> list[Element]:
        return [Element(role="tab", name="Second", box=box, states=frozenset({"selected" if done else state}))]

    episode, done = work(lambda done: Panel().text("Second", 100, 100 + len(done)), "select the Second tab", told=told)
    assert (len(done), ended(episode)[0], codes(episode)) == (sent, "done", ["in_state"])


def test_rows_with_a_box_to_tick_are_ticked() -> None:
    def boxes(done: Sequence[Action]) -> Panel:
        return Panel().tick_box("Ann", 40, 100, on=True).tick_box("Bob", 40, 130, on=bool(done))

    episode, done = work(boxes, "select Ann and Bob from the list")
    assert (clicks(done), ended(episode)[0], set(codes(episode))) == (["Bob"], "done", {"in_state"})
