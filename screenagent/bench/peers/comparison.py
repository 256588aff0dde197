"""Runs the tools in turns: round by round on the program and on the page, pair by pair on the twins."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from screenagent.bench.cold import PLAIN, RUN_SECONDS
from screenagent.bench.peers.results import PEER_RESULT, Part, PeerTurn, PeerTwin
from screenagent.bench.peers.roster import Peer
from screenagent.bench.peers.session import PeerAnswer, PeerSession, PeerStep
from screenagent.bench.peers.stages import ClickStage, browser_of, come_to_rest, environment_of, gtk_stage, page_stage
from screenagent.bench.peers.twins import STEPS, TwinStage
from screenagent.bench.results import keep_results, read_bench_results
from screenagent.bench.truth.pairs import TWINS, chosen_pairs
from screenagent.bench.truth.witness import Witness
from screenagent.control import until
from screenagent.desktop.json_lines import module_command

FIRST: Final = "Seven"
AGAIN: Final = ("Two", "Seven")
PRESSED_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Comparison:
    """Where the tools are, where results are kept if anywhere, and who hears of each."""

    environments: Path | None
    results: Path | None
    progress: Callable[[PeerTurn | PeerTwin], None]
    found: list[PeerTurn | PeerTwin] = field(default_factory=list)

    def run(self, peers: Sequence[Peer], parts: Sequence[Part], *, rounds: int) -> None:
        """Add to `found` whatever the file of results does not hold yet; what is found stays if this is interrupted."""
        self.found.extend(read_bench_results(self.results, PEER_RESULT.validate_json) if self.results else ())
        with_words = [peer for peer in peers if not peer.by_point]
        if "gtk" in parts:
            with gtk_stage() as stage:
                self._keep_all(self._turns([peer for peer in peers if not peer.is_web], stage, rounds))
        if "page" in parts:
            with page_stage() as stage:
                self._keep_all(self._turns(with_words, stage, rounds))
        if "twins" in parts:
            with Witness() as witness, browser_of(witness) as (virtual, page):
                self._keep_all(self._twins(with_words, TwinStage(virtual, page, witness)))

    def _turns(self, peers: Sequence[Peer], stage: ClickStage, rounds: int) -> Iterator[PeerTurn]:
        known = {(one.part, one.peer, one.round) for one in self.found if isinstance(one, PeerTurn)}
        for number in range(rounds):
            for peer in peers:
                if (stage.part, peer.name, number) not in known:
                    yield self._turn(peer, stage, number)

    def _turn(self, peer: Peer, stage: ClickStage, number: int) -> PeerTurn:
        url = stage.begin(peer)
        come_to_rest(stage.virtual)
        cold = _cold_run(peer, stage) if peer.is_ours else None
        with PeerSession(peer.command(self.environments), environment_of(peer, stage.virtual)) as session:
            if peer.is_web:
                session.ask(PeerStep(do="open", words=url), names=stage.names)
            _, first = _click(session, stage, FIRST)
            warm = [_click_at_rest(session, stage, label) for label in AGAIN]
        if first is not None and not peer.is_ours:
            cold = first - session.began
        came = [(answer, press) for answer, press in warm if press is not None]
        return PeerTurn(
            part=stage.part,
            peer=peer.name,
            version=session.version,
            round=number,
            cold=cold,
            clicks=tuple(press - answer.began for answer, press in came),
            answers=tuple(answer.ended - answer.began for answer, _ in came),
            missed=len(warm) - len(came),
            words=warm[-1][0].words,
        )

    def _twins(self, peers: Sequence[Peer], stage: TwinStage) -> Iterator[PeerTwin]:
        known = {(one.peer, one.pair, one.twin) for one in self.found if isinstance(one, PeerTwin)}
        for pair in chosen_pairs(list(STEPS)):
            for peer in peers:
                for twin in TWINS:
                    if (peer.name, pair.id, twin) not in known:
                        yield stage.attempt(peer, self.environments, pair, twin)

    def _keep_all(self, results: Iterable[PeerTurn | PeerTwin]) -> None:
        for result in results:
            self.found.append(result)
            if self.results:
                keep_results(self.results, result)
            self.progress(result)


def _click(session: PeerSession, stage: ClickStage, label: str) -> tuple[PeerAnswer, float | None]:
    """Return the tool's answer, and when the button was pressed if it was."""
    before = len(stage.presses(label))
    answer = session.ask(PeerStep(do="click", words=label), names=stage.names, point=stage.point(label))
    return answer, _next_press(stage, label, before)


def _click_at_rest(session: PeerSession, stage: ClickStage, label: str) -> tuple[PeerAnswer, float | None]:
    come_to_rest(stage.virtual)
    return _click(session, stage, label)


def _cold_run(peer: Peer, stage: ClickStage) -> float | None:
    """Return the seconds from the start of this agent's own command to its click, if that came."""
    command = module_command("screenagent", "run", f"click {FIRST}", *PLAIN)
    environment, before, began = environment_of(peer, stage.virtual), len(stage.presses(FIRST)), time.time()
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, env=environment, capture_output=True, check=False, timeout=RUN_SECONDS)
    press = _next_press(stage, FIRST, before)
    return press and press - began


def _next_press(stage: ClickStage, label: str, before: int) -> float | None:
    until(lambda: len(stage.presses(label)) > before, seconds=PRESSED_SECONDS)
    return next(iter(stage.presses(label)[before:]), None)
