"""This agent beside the others: the steps become one instruction, and the run's own ending is what it says."""

from __future__ import annotations

import json
import sys

from screenagent import __version__
from screenagent.agent import Agent
from screenagent.assembly.agent import build_unattended
from screenagent.assembly.parts import open_desktop, stoppable_control
from screenagent.bench.peers.session import PeerStep, Said
from screenagent.episode import Episode
from screenagent.settings import Settings


def main() -> None:
    settings = Settings.load(approve="never", pause_on_user_input="off")
    with stoppable_control() as control, open_desktop(settings, control, virtual=False, app=None) as desktop:
        agent = build_unattended(control, desktop)
        _say(version=__version__)
        for line in sys.stdin:
            steps = [PeerStep.model_validate(step) for step in json.loads(line)["steps"]]
            said, words = _carried_out(agent, ", ".join(instruction(step) for step in steps))
            _say(said=said, words=words)


def instruction(step: PeerStep) -> str:
    match step.do:
        case "click":
            return f"click {step.words}"
        case "type":
            return f'type "{step.words}" into the {step.at} field'
        case "check":
            return f"check that {step.words} is shown"
        case "choose":
            return f"choose {step.words} from the {step.at} dropdown"
        case "beside":
            return f"click {step.words} right of {step.at}"
        case "open":
            raise ValueError("a desktop agent opens no pages by address")


def _carried_out(agent: Agent, task: str) -> tuple[Said, str]:
    episode = Episode()
    for event in agent.run(task):
        episode = episode.after(event)
    assert episode.ended  # a run ends with that
    if episode.ended.result == "done":
        return "done", episode.ended.message
    outcome = next((step.outcome for step in reversed(episode.steps) if step.outcome), None)
    return ("unsure" if outcome == "unknown" else "refused"), episode.ended.message


def _say(**words: str) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
