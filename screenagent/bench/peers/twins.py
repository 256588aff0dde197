"""The ten pairs of `bench truth` that every tool is asked for, and one attempt at a twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.bench.devtools import BrowserPage
from screenagent.bench.peers.results import PeerTwin, peer_class
from screenagent.bench.peers.roster import Peer
from screenagent.bench.peers.session import AppNames, PeerSession, PeerStep
from screenagent.bench.peers.stages import come_to_rest, environment_of, show_twin
from screenagent.bench.truth.pairs import SLIP, Report, TruthPair, Twin
from screenagent.bench.truth.witness import Witness
from screenagent.control import until
from screenagent.desktop.virtual import VirtualDesktop

HAPPENED_SECONDS: Final = 1.0

STEPS: Final[Mapping[str, Sequence[PeerStep]]] = {
    "disabled-button": [PeerStep(do="click", words="Archive")],
    "ignored-link": [PeerStep(do="click", words="Refund", role="link")],
    "opposite-label": [PeerStep(do="click", words="Install")],
    "dead-beside-clock": [PeerStep(do="click", words="Save")],
    "error-dialog": [PeerStep(do="click", words="Upload now")],
    "stale-message": [
        PeerStep(do="type", words="Ghost Ltd", at="Company"),
        PeerStep(do="click", words="Save customer"),
        PeerStep(do="check", words="Saved number"),
    ],
    "option-missing": [PeerStep(do="choose", words="Iceland", at="Country")],
    "covered-button": [PeerStep(do="click", words="Remove")],
    "wrong-row": [PeerStep(do="beside", words="Delete", at="Ben")],
    "text-is-cut": [PeerStep(do="type", words="ABCDEFGH", at="Short code")],
}


@dataclass(frozen=True)
class TwinStage:
    """A browser on a desktop, in which one twin after the other is shown."""

    virtual: VirtualDesktop
    page: BrowserPage
    witness: Witness

    def attempt(self, peer: Peer, environments: Path | None, pair: TruthPair, twin: Twin) -> PeerTwin:
        url = show_twin(self.witness, self.page, pair, twin, peer)
        come_to_rest(self.virtual)
        with PeerSession(peer.command(environments), environment_of(peer, self.virtual)) as session:
            names = AppNames(title=self.page.evaluate("document.title"), process="chromium", application="Chromium")
            if peer.is_web:
                session.ask(PeerStep(do="open", words=url), names=names)
            answer = session.ask(*STEPS[pair.id], names=names)
            assert isinstance(pair.truth, Report)  # these pairs are pages, which report
            truth = pair.truth
            happened = until(lambda: truth.holds(self.witness.reports), seconds=HAPPENED_SECONDS)
        reports = tuple(self.witness.reports)
        slipped = any(line.startswith(SLIP) for line in reports)
        return PeerTwin(
            peer=peer.name,
            version=session.version,
            pair=pair.id,
            twin=twin,
            found=peer_class(twin, answer.said, happened=happened, slipped=slipped),
            said=answer.said,
            words=answer.words,
            reports=reports,
            seconds=round(answer.ended - answer.began, 2),
        )
