"""Scripts that are wrong, each in one way: the line that is, the code of what is found there, and a part of the cure.

A text with keys gets a first line with a name: its own lines are counted from the second.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BESIDE: Final = {
    "login.yaml": "name: Log in\nparameters: {user: {}, pin: {secret: true}}\nsteps:\n"
    '  - type: "{{user}}{{pin}}"\n    into: User\n',
    "pay.yaml": "name: Pay\nparameters: {amount: {type: number}}\nsteps:\n  - fill: Sum\n    with: '{{amount}}'\n",
    "pins.csv": "item,pin\npen,2\n",
    "broken.yaml": "name: Broken\nsteps:\n  - clik: Save\n",
    "again.yaml": "name: Again\nsteps:\n  - click: Next\n  - run: again.yaml\n",
    "lines.csv": "item,price\npen,2\ncup,5\n",
    "uneven.csv": "item,price\npen\n",
    "twice.csv": "item,item\npen,2\n",
}
"""What lies beside each of them."""

P: Final = "parameters: {amount: {}, pin: {secret: true}}\n"
USED: Final = '  - type: "{{amount}}{{pin}}"\n    into: Amount\n'


class Wrong(NamedTuple):
    text: str
    line: int
    code: str
    cure: str


def steps(text: str) -> str:
    return f"steps:\n{text}"


WRONG: Final = (
    # The file
    Wrong("", 1, "not_yaml", "at least a name and steps"),
    Wrong("- click: Save\n", 1, "bad_value", "mapping"),
    Wrong(steps("\t- click: Save\n"), 3, "not_yaml", "not with tabs"),
    Wrong(steps("  - click: Save: now\n"), 3, "not_yaml", "in quotes"),
    Wrong(steps("  - click: @home\n"), 3, "not_yaml", "in quotes"),
    Wrong(steps('  - click: "Save" now\n'), 3, "not_yaml", "all of a text in quotes"),
    Wrong(steps("  - click: Save\n   expect: Saved\n"), 4, "not_yaml", "same column"),
    Wrong(steps("  - click: &Save\n"), 3, "not_yaml", "in quotes"),
    Wrong(steps("  - type: {{amount}}\n    into: Amount\n"), 3, "not_yaml", "in quotes"),
    Wrong(steps("  - click: Save\n    click: Close\n"), 4, "not_yaml", "twice"),
    Wrong("version: 3\n" + steps("  - click: Save\n"), 2, "bad_value", "version: 2"),
    # Keys
    Wrong("step:\n  - click: Save\n", 2, "unknown_key", "'steps'"),
    Wrong("about: nothing\n", 1, "missing_key", "'steps'"),
    Wrong(steps("  - clik: Save\n"), 3, "unknown_step", "'click'"),
    Wrong(steps("  - Save\n"), 3, "unknown_step", "- click: the Save button"),
    Wrong(steps("  - click: Save\n    buton: right\n"), 4, "unknown_key", "'button'"),
    Wrong(steps("  - click: Name\n    type: Ada\n"), 4, "unknown_key", "hyphen of its own"),
    Wrong(steps("  - fill: Name\n    wiht: Ada\n"), 4, "unknown_key", "'with'"),
    Wrong(steps("  - fill: Name\n"), 3, "missing_key", "'with'"),
    Wrong(steps("  - choose: Italy\n"), 3, "missing_key", "'in'"),
    Wrong(steps("  - drag: a.txt\n"), 3, "missing_key", "'to'"),
    Wrong(steps("  - read: the total\n"), 3, "missing_key", "'into'"),
    Wrong(steps("  - if_seen: Hello\n    than:\n      - click: Save\n"), 4, "unknown_key", "'then'"),
    Wrong(steps("  - click: {target: Save, at: [1, 2], button: left}\n"), 3, "unknown_key", "target"),
    Wrong(steps("  - click: Save\n    expect: {nwe: Saved}\n"), 4, "unknown_step", "'new'"),
    Wrong(steps("  - click: Save\n    expect: {new: Saved, whitin: 3}\n"), 4, "unknown_key", "'within'"),
    Wrong(
        steps("  - click: Save\non_popup:\n  - sean: Rate us\n    do:\n      - click: Later\n"),
        5,
        "unknown_key",
        "'seen'",
    ),
    Wrong("parameters: {amount: {defualt: 3}}\n" + steps(USED), 2, "unknown_key", "'default'"),
    # Values
    Wrong(steps("  - click: 3\n"), 3, "bad_value", "in quotes"),
    Wrong(steps("  - type: 0123\n    into: Code\n"), 3, "bad_value", "in quotes"),
    Wrong(steps("  - type:\n    into: Code\n"), 3, "bad_value", '""'),
    Wrong(steps("  - press: cntrl+s\n    window: Editor\n"), 3, "bad_value", "'ctrl'"),
    Wrong(steps("  - click: Save\n    count: 5\n"), 4, "bad_value", "1, 2 or 3"),
    Wrong(steps("  - click: {target: Save, at: [1]}\n"), 3, "bad_value", "two whole numbers"),
    Wrong(steps("  - read: the total\n    as: numbr\n    into: total\n"), 4, "bad_value", "'number'"),
    Wrong(steps("  - attempt:\n      - click: Save\n    afterwards: goon\n"), 5, "bad_value", "'go_on'"),
    Wrong(steps("  - attempt:\n      - click: Save\n    retries: -1\n"), 5, "bad_value", "greater than or equal to 0"),
    Wrong(
        steps("  - while_seen: Next\n    at_most: 0\n    do:\n      - click: Next\n"), 4, "bad_value", "greater than 0"
    ),
    Wrong(steps("  - for_each: lines.csv\n    do: {click: Save}\n"), 4, "bad_value", "a list"),
    Wrong(steps("  - attempt: []\n"), 3, "no_steps", "at least one step"),
    Wrong("parameters: {n: {type: number, default: much}}\n" + steps("  - click: Save\n"), 2, "bad_value", "no number"),
    Wrong("parameters: {pin: {secret: true, default: x}}\n" + steps("  - click: Save\n"), 2, "bad_value", "no default"),
    # Texts that a comment cuts off
    Wrong(steps("  - type: Item #12\n    into: Name\n"), 3, "cut_text", "'Item #12' in quotes"),
    Wrong(steps("  - click: Save\n  - fill: Tag\n    with: blue #sky\n"), 5, "cut_text", "'blue #sky' in quotes"),
    Wrong(steps("  - click: the # 3 button\n"), 3, "cut_text", "in quotes"),
    Wrong(steps("  - type: #12\n    into: Name\n"), 3, "bad_value", "unless in quotes"),
    # Names
    Wrong(P + steps(USED + '  - type: "{{amuont}}"\n    into: Sum\n'), 6, "unknown_name", "'amount'"),
    Wrong(P + steps('  - type: "{{pin}}"\n    into: Pin\n'), 2, "unused_parameter", "{{amount}}"),
    Wrong(P + steps(USED + '  - click: "{{pin}}"\n'), 6, "misplaced_secret", "only be typed"),
    Wrong(P + steps(USED + '  - verify: "{{total}} == {{amount}}"\n'), 6, "unknown_name", "amount"),
    Wrong(P + steps(USED + '  - verify: "amount == 3"\n'), 6, "constant_comparison", "{{amount}}"),
    Wrong(P + steps(USED + '  - verify: "{{amount}} == {{amount}}"\n'), 6, "constant_comparison", "itself"),
    Wrong(P + steps(USED + '  - verify: "{{amount}} = 3"\n'), 6, "bad_value", "=="),
    Wrong(
        P + steps(USED + '  - if: "{{amount}} > much"\n    then:\n      - click: Save\n'), 6, "incomparable", "numbers"
    ),
    Wrong(P + steps(USED + "  - read: the total\n    into: pin\n"), 7, "read_into_secret", "another name"),
    Wrong(P + steps(USED + "  - ask: Which pin?\n    into: pin\n"), 7, "read_into_secret", "another name"),
    Wrong(P + steps(USED + '  - click: "{{amount}"\n'), 6, "half_a_place", "{{name}}"),
    Wrong(P + steps(USED + '  - click: "{amount}"\n'), 6, "single_braces", "{{amount}}"),
    Wrong(P + 'window: "{{amount}}"\n' + steps(USED), 3, "place_not_filled", "write the words"),
    Wrong("key: amuont\n" + P + steps(USED), 2, "no_key_column", "'amount'"),
    Wrong(
        steps('  - type: "{{total}}"\n    into: Sum\n  - read: the total\n    into: total\n'), 3, "too_early", "line 5"
    ),
    Wrong(
        steps("  - click: Save\non_popup:\n  - seen: '{{who}}'\n    do:\n      - click: Later\n"),
        5,
        "unknown_name",
        "it has none",
    ),
    # Tables and loops
    Wrong(
        steps(
            '  - read: the lines\n    as: table\n    into: rows\n  - if: "{{rows}} == 3"\n    then:\n      - press: a\n'
        ),
        6,
        "table_compared",
        "`for_each`",
    ),
    Wrong(
        steps('  - read: the lines\n    as: table\n    into: rows\n  - fill: Name\n    with: "{{rows}}"\n'),
        7,
        "table_as_text",
        "`for_each: rows`",
    ),
    Wrong(
        steps("  - read: the total\n    into: total\n  - for_each: total\n    do:\n      - click: Save\n"),
        5,
        "not_a_table",
        "`as: table`",
    ),
    Wrong(steps("  - for_each: lins.csv\n    do:\n      - click: Save\n"), 3, "missing_csv", "looked for in"),
    Wrong(steps("  - for_each: uneven.csv\n    do:\n      - click: Save\n"), 3, "bad_csv", "line 2"),
    Wrong(steps("  - for_each: twice.csv\n    do:\n      - click: Save\n"), 3, "bad_csv", "remove one"),
    Wrong(steps('  - for_each: lines.csv\n    do:\n      - click: "{{itme}}"\n'), 5, "no_column", "'item'"),
    Wrong(steps('  - for_each: none.csv\n    do:\n      - click: "{{itme}}"\n'), 5, "maybe_no_column", "that column"),
    Wrong(
        steps('  - for_each: lines.csv\n    do:\n      - click: Save\n  - click: "{{item}}"\n'),
        6,
        "unknown_name",
        "none",
    ),
    Wrong(
        steps("  - while_seen: the Next button\n    do:\n      - read: the total\n        into: total\n"),
        3,
        "loop_sends_nothing",
        "click or wait",
    ),
    # Scripts that are run
    Wrong(steps("  - run: lgin.yaml\n"), 3, "bad_run", "looked for in"),
    Wrong(steps("  - run: login.yaml\n"), 3, "bad_run", "'user'"),
    Wrong(steps("  - run: login.yaml\n    with: {usr: Ada}\n"), 3, "bad_run", "'user'"),
    Wrong(steps("  - run: login.yaml\n    with: {user: Ada, pin: 1234}\n"), 3, "bad_run", "secret"),
    Wrong(steps("  - run: wrong.yaml\n"), 3, "run_cycle", "never end"),
    Wrong(steps("  - run: pay.yaml\n    with: {amount: much}\n"), 3, "bad_run", "no number"),
    Wrong(P + steps(USED + "  - for_each: pins.csv\n    do:\n      - click: Save\n"), 6, "column_is_secret", "rename"),
    Wrong(steps("  - type: '{{secret:}}'\n    into: Pin\n"), 3, "no_secret_name", "{{secret:name}}"),
    Wrong(steps("  - click: Save\n    hold: [cntrl]\n"), 4, "bad_value", "'ctrl'"),
    Wrong(steps("  - scroll: downn\n"), 3, "bad_value", "'down'"),
    Wrong("steps:\n  click: Save\n", 2, "bad_value", "a list"),
    Wrong(steps("  - click: Save\nafter_row:\n  - clos: Form\n"), 5, "unknown_step", "'close'"),
    # Attempts, branches, popups, keys
    Wrong(
        steps("  - attempt:\n      - verify: 1 == 2\n        soft: true\n    retries: 2\n"),
        3,
        "attempt_cannot_fail",
        "`expect`",
    ),
    Wrong(steps("  - attempt:\n      - click: Save\n"), 3, "attempt_without_effect", "`retries`"),
    Wrong(
        steps("  - if_seen: Hello\n    then:\n      - click: Save\n    else:\n      - click: Save\n"),
        3,
        "same_branches",
        "once",
    ),
    Wrong(steps("  - type: Ada\n"), 3, "keys_without_window", "`window`"),
    Wrong(steps("  - press: ctrl+s\n"), 3, "keys_without_window", "`window`"),
    Wrong(
        steps("  - click: Save\non_popup:\n  - seen: Rate us\n    do:\n      - wait_for: Hello\n").replace(
            "wait_for", "expect"
        ),
        5,
        "popup_sends_nothing",
        "click something",
    ),
    Wrong(
        steps("  - click: Save\non_popup:\n  - seen: Save\n    do:\n      - click: Later\n"),
        5,
        "popup_in_the_way",
        "only the popup",
    ),
    Wrong(
        steps(
            "  - click: Save\non_popup:\n  - seen: Rate us\n    do:\n      - click: Later\n"
            "  - seen: rate us\n    do:\n      - click: Never\n"
        ),
        8,
        "popup_twice",
        "remove one",
    ),
    # Anchors and tasks
    Wrong(steps("  - fill: Name\n    with: Ada\n    anchor: gone\n"), 5, "no_anchor", "none"),
    Wrong(steps("  - drag: a\n    to: b\n    anchor: [one]\n"), 3, "bad_value", "2 targets"),
    Wrong(steps("  - task: book a flight\n"), 3, "unreadable_task", "no goal"),
)
