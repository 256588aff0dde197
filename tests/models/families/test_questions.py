"""Each family is asked in the words, the order and the size that its models were trained on."""

from __future__ import annotations

import pytest
from PIL import Image

from screenagent.models.families import all_families, family_named
from screenagent.screenshot import Screenshot

PICTURE = Screenshot.of(Image.new("RGB", (1000, 500)))
BY_28, BY_32 = (1008, 504), (992, 512)
STATED = {**dict.fromkeys(("qwen2.5-vl", "gui-owl", "fara-7b", "gta1", "claude"), BY_28), "gpt": BY_32}
"""The families that are told the size of the picture, as they see it."""

TARGET = "the button “Save As…”"


@pytest.mark.parametrize("name", all_families())
def test_a_question_has_the_target_the_picture_and_the_size_where_it_was_trained_on(name: str) -> None:
    asked = family_named(name).question(TARGET, PICTURE, absent=False)
    assert TARGET in asked.text
    assert asked.pictures == (PICTURE,)
    assert "not there" not in asked.text + asked.system
    assert asked.text_first == (name == "mai-ui")
    sides = [side for side in (*BY_28, *BY_32) if str(side) in asked.text + asked.system]
    assert sides == list(STATED.get(name, ()))


@pytest.mark.parametrize("name", all_families())
def test_a_model_that_was_not_trained_to_refuse_is_told_how(name: str) -> None:
    family = family_named(name)
    asked, plain = (family.question("Save", PICTURE, absent=absent) for absent in (True, False))
    if family.refusal is None:
        assert "not there" in asked.text
    else:
        assert asked == plain
        assert family.refusal in asked.text + asked.system.replace("return <tool_call>", "<tool_call>")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("phi4", "Locate the the UI element this instruction describes: Save. Output its bbox coordinates"),
        ("qwen3", 'Report its bounding box in JSON format: {"bbox_2d": [x1, y1, x2, y2]}'),
        ("ui-tars-1.5", "click(start_box='<|box_start|>(x1,y1)<|box_end|>')"),
        ("ui-tars", "click(point='<point>x1 y1</point>')"),
        ("holo1", "output a click position as Click(x, y) with x num pixels from the left edge"),
        ("holo2", "Your target is:\nSave"),
        ("holo3", "'title': 'VisualLocalizerOutput'"),
        ("ui-venus-1.0", "Outline the position corresponding to the instruction: Save. The output should be only"),
        ("ui-venus-2", "the following instruction: \nSave. \n\nThe output should just be the coordinates of a point"),
        (
            "glm-v",
            "Please pinpoint the bounding box [[x1,y1,x2,y2], …] in the image as per the given description. Save.",
        ),
        ("internvl", "<ref>Save</ref>"),
        ("gemini", "[ymin, xmin, ymax, xmax]"),
    ],
)
def test_the_words_are_those_of_the_training(name: str, words: str) -> None:
    assert words in family_named(name).question("Save", PICTURE, absent=False).text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("qwen2.5-vl", "* The screen's resolution is 1008x504."),
        ("gui-owl-1.5", "* The screen's resolution is 1000x1000."),
        ("fara-1.5", "* The screen's resolution is 1000x1000."),
        ("gta1", "The image resolution is height 504 and width 1008."),
        ("mai-ui", "You are a GUI grounding agent."),
        ("opencua", "You need to perform a series of pyautogui actions to complete the task."),
        ("ui-ins", '{"action": "click", "coordinate": [x, y]}'),
        ("kimi", "normalized screen coordinates (values between 0 and 1)"),
    ],
)
def test_the_system_prompt_is_that_of_the_training(name: str, words: str) -> None:
    assert words in family_named(name).question("Save", PICTURE, absent=False).system


def test_the_last_full_stop_is_dropped_where_it_was_in_training() -> None:
    assert family_named("ui-venus-2").question("Open it.", PICTURE, absent=True).text.count("Open it. \n") == 1
    assert "Open it.." in family_named("phi4").question("Open it.", PICTURE, absent=True).text
