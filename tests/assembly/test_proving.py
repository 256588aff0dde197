"""No model is clicked by that was not seen to point rightly, and what is kept of that is never believed of another."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("httpx2")  # an extra

from screenagent.assembly.models import Models
from screenagent.assembly.proving import ProvenModels
from screenagent.control import Control, Stopped
from screenagent.errors import UserError, WrongUsage
from screenagent.models.families import family_named
from screenagent.models.families.probe import WrongFamily
from screenagent.settings import Settings
from tests.builders import in_process
from tests.loopback import Loopback, Reply, refused, says, serving
from tests.models.families.real_models import COLOURS, RealModel, served

QWEN = family_named("qwen3")
VENUS = family_named("ui-venus-1.0")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "proven.json"


@pytest.fixture
def qwen() -> Iterator[Loopback]:
    with serving(served(RealModel(QWEN))) as loopback:
        yield loopback


def models(loopback: Loopback, kept: Path, **options: object) -> Models:
    return Models.of(Settings.load(model=loopback.url, proven_models=kept, **options), Control())


def family(loopback: Loopback, kept: Path, **options: object) -> str:
    points = models(loopback, kept, **options).points
    assert points is not None
    assert points.family is not None
    return points.family.name


def test_a_family_that_was_found_out_is_not_asked_again(qwen: Loopback, kept: Path) -> None:
    assert family(qwen, kept) == "qwen3"
    asked = len(qwen.asked)
    assert family(qwen, kept) == "qwen3"
    assert len(qwen.asked) == asked


def test_a_family_that_is_named_later_is_proven_anew(qwen: Loopback, kept: Path) -> None:
    family(qwen, kept)
    with pytest.raises(WrongFamily, match=r"correct for qwen3; give --family .* qwen3"):
        family(qwen, kept, model_family="phi4")


def test_a_name_of_another_family_is_no_proof(kept: Path) -> None:
    with serving(served(RealModel(QWEN)), id="ui-tars-1.5-7b") as loopback:
        with pytest.raises(WrongFamily, match="correct for qwen3"):
            family(loopback, kept)
        assert family(loopback, kept, model_family="qwen3") == "qwen3"


def test_the_path_of_the_weights_tells_the_family_behind_an_alias(kept: Path) -> None:
    weights = "inclusionAI/UI-Venus-Ground-7B"
    with serving(served(RealModel(VENUS)), id="gpt-5.1", root=weights) as loopback:
        assert family(loopback, kept) == "ui-venus-1.0"
        assert len(loopback.asked) == 6


def test_other_weights_under_the_same_name_are_proven_anew(kept: Path) -> None:
    with serving(served(RealModel(QWEN)), root="Qwen/Qwen3-VL-8B") as loopback:
        family(loopback, kept)
        loopback.replies, loopback.listed = served(RealModel(VENUS)), {"root": "/models/other"}
        assert family(loopback, kept) == "ui-venus-1.0"


def test_larger_pictures_than_a_model_was_proven_with_are_proven_anew(kept: Path) -> None:
    with serving(served(RealModel(VENUS, most=602_112))) as loopback:
        assert family(loopback, kept, model_family="ui-venus-1.0", max_image_patches=2000) == "ui-venus-1.0"
        with pytest.raises(WrongFamily, match="set max_image_patches"):
            family(loopback, kept, model_family="ui-venus-1.0")


def older(kept: Path, days: float) -> None:
    proofs = json.loads(kept.read_text())
    for proof in proofs.values():
        proof["at"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    kept.write_text(json.dumps(proofs))


@pytest.mark.parametrize(("days", "again"), [(6.9, 0), (7.1, 6), (-1, 6)])
def test_a_proof_of_weights_that_are_not_told_is_believed_for_a_week(
    qwen: Loopback, kept: Path, days: float, again: int
) -> None:
    family(qwen, kept, model_family="qwen3")
    older(kept, days)
    qwen.asked.clear()
    family(qwen, kept, model_family="qwen3")
    assert len(qwen.asked) == again


def test_a_proof_of_weights_that_are_told_is_believed_longer(kept: Path) -> None:
    meta = {"n_params": 8, "size": 9, "n_vocab": 10}
    with serving(served(RealModel(QWEN)), owner="llamacpp", meta=meta, id="qwen3-vl") as loopback:
        ProvenModels(kept)
        family(loopback, kept)
        older(kept, 100)
        loopback.asked.clear()
        family(loopback, kept)
        assert loopback.asked == []


@pytest.mark.parametrize(
    "damaged", ["", "[]", "null", "{", '{"a": 1}', '{"KEY": "qwen3"}', '{"KEY": {"family": []}}', "\ud83d"]
)
def test_a_damaged_file_is_no_proof_and_no_error(qwen: Loopback, kept: Path, damaged: str) -> None:
    family(qwen, kept)
    key = next(iter(json.loads(kept.read_text())))
    kept.write_text(damaged.replace("KEY", key), errors="surrogatepass")
    assert family(qwen, kept) == "qwen3"
    assert json.loads(kept.read_text())[key]["family"] == "qwen3"


def test_a_proof_of_a_family_that_is_asked_otherwise_since_is_none(qwen: Loopback, kept: Path) -> None:
    family(qwen, kept)
    kept.write_text(kept.read_text().replace(QWEN.digest, "0" * 12))
    qwen.asked.clear()
    family(qwen, kept)
    assert qwen.asked


@pytest.mark.parametrize("blocked", ["folder", "file"])
def test_where_nothing_can_be_kept_the_run_goes_on(
    qwen: Loopback, kept: Path, blocked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if blocked == "folder":
        kept.parent.write_text("a file where the folder should be")
    else:
        kept.mkdir(parents=True)
    assert family(qwen, kept) == "qwen3"
    assert "checked again next time" in capsys.readouterr().err


def test_two_runs_may_prove_at_the_same_time(kept: Path) -> None:
    found: list[str] = []
    with (
        serving(served(RealModel(QWEN)), id="qwen3-vl") as one,
        serving(served(RealModel(VENUS)), id="ui-venus-1.0") as other,
    ):
        runs = [threading.Thread(target=lambda at=at: found.append(family(at, kept))) for at in (one, other) * 2]
        for run in runs:
            run.start()
        for run in runs:
            run.join(20)
    assert sorted(found) == ["qwen3"] * 2 + ["ui-venus-1.0"] * 2
    assert len(json.loads(kept.read_text())) == 2


def test_a_stop_while_proving_ends_it_and_keeps_nothing(kept: Path) -> None:
    control = Control()

    def reply(body: dict[str, object]) -> Reply:
        control.stop()
        return says("[1, 2, 3, 4]")

    with serving(reply) as loopback, pytest.raises(Stopped):
        Models.of(Settings.load(model=loopback.url, proven_models=kept), control)
    assert not kept.exists()


def test_a_family_whose_question_the_server_refuses_does_not_keep_the_others_from_being_tried(kept: Path) -> None:
    answers = served(RealModel(family_named("holo2")))

    def reply(body: dict[str, object]) -> Reply:
        system = "system" in json.dumps(body["messages"])[:40]
        return refused(400, "System role not supported") if system else answers(body)

    with serving(reply) as loopback:
        assert family(loopback, kept) == "holo2"


def test_a_wrong_key_is_not_tried_with_every_family(kept: Path) -> None:
    with serving([refused(401, "no")]) as loopback, pytest.raises(UserError, match="key"):
        Models.of(Settings.load(model=loopback.url, proven_models=kept), Control())
    assert len(loopback.asked) == 1


def test_a_kind_of_server_that_is_named_wrongly_is_no_proof(qwen: Loopback, kept: Path) -> None:
    with pytest.raises(WrongFamily):
        family(qwen, kept, server="screenagent")


class TestTwoModels:
    def test_one_that_plans_and_points_is_one_connection(self, qwen: Loopback, kept: Path) -> None:
        both = models(qwen, kept, grounder_model=qwen.url)
        assert both.plans is not None
        assert both.points is not None
        assert both.plans.family == both.points.family == QWEN

    def test_each_has_its_own_family(self, qwen: Loopback, kept: Path) -> None:
        with serving(served(RealModel(VENUS))) as pointing:
            both = models(qwen, kept, model_family="phi4", grounder_model=pointing.url, grounder_family="ui-venus-1.0")
        assert both.plans is not None
        assert both.points is not None
        assert (both.plans.family, both.points.family) == (family_named("phi4"), VENUS)
        assert qwen.asked == []  # it only plans

    def test_none_points_if_that_is_said(self, qwen: Loopback, kept: Path) -> None:
        alone = models(qwen, kept, model_family="phi4", grounder_model="none")
        assert alone.points is None
        assert qwen.asked == []

    def test_a_grounders_family_without_a_grounder_is_wrong_usage(self, qwen: Loopback, kept: Path) -> None:
        with pytest.raises(WrongUsage, match="give --grounder-model, too"):
            models(qwen, kept, grounder_family="qwen3")
        assert qwen.asked == []


class TestCommandLine:
    @pytest.mark.parametrize(
        ("options", "environment"),
        [
            (("--family", "nonsense"), {}),
            (("--grounder-model", "http://localhost:1/v1", "--grounder-family", "nonsense"), {}),
            ((), {"SCREENAGENT_MODEL_FAMILY": "nonsense"}),
        ],
    )
    def test_a_family_that_there_is_none_of_is_wrong_usage_before_anything_starts(
        self, qwen: Loopback, options: tuple[str, ...], environment: dict[str, str]
    ) -> None:
        done = in_process("run", "click Save", "--model", qwen.url, "--plain", *options, **environment)
        assert done.returncode == 2
        assert "'nonsense'" in done.stderr
        assert "screenagent model families" in done.stderr
        assert qwen.asked == []

    def test_in_the_settings_file_its_line_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "settings.toml"
        file.write_text('model_family = "nonsense"\n')
        monkeypatch.setattr(Settings, "file", file)
        done = in_process("run", "click Save", "--plain")
        assert done.returncode == 2
        assert f"{file}, line 1" in done.stderr

    @pytest.mark.parametrize(("said", "real"), [("phi4", "qwen3"), ("qwen3", "gta1"), ("qwen2.5-vl", "phi4")])
    def test_a_run_ends_before_its_desktop_is_opened_and_says_what_would_fit(
        self, kept: Path, said: str, real: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def opened(*_: object, **__: object) -> None:
            raise AssertionError("a desktop was opened")

        monkeypatch.setattr("screenagent.assembly.supervised.open_desktop", opened)
        with serving(served(RealModel(family_named(real)))) as loopback:
            words = ("run", "save this", "--model", loopback.url, "--family", said, "--plain")
            done = in_process(*words, SCREENAGENT_PROVEN_MODELS=str(kept))
        assert done.returncode == 1
        assert f"correct for {real};" in done.stderr.replace("ui-tars-1.5", "gta1")
        assert "Traceback" not in done.stderr
        assert not kept.exists()

    def test_ground_takes_the_family_of_its_model_and_leaves_another_grounder_alone(
        self, tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        picture = Image.new("RGB", (640, 360), "white")
        ImageDraw.Draw(picture).rectangle((500, 300, 520, 320), fill=COLOURS["orange"])
        picture.save(tmp_path / "screen.png")
        monkeypatch.chdir(tmp_path)
        environment = {"SCREENAGENT_PROVEN_MODELS": str(kept), "SCREENAGENT_GROUNDER_MODEL": "http://localhost:1/v1"}
        with serving(served(RealModel(VENUS))) as loopback:
            words = ("ground", "screen.png", "the orange button", "--model", loopback.url, "--family", "ui-venus-1.0")
            done = in_process(*words, **environment)
        assert done.stdout.split() == ["510", "310"], done.stderr

    def test_ask_tells_a_model_to_think_as_its_family_is_told(self, tmp_path: Path) -> None:
        Image.new("RGB", (64, 64)).save(tmp_path / "screen.png")
        with serving([says("a dialog")]) as loopback:
            words = ("ask", str(tmp_path / "screen.png"), "what is it?", "--model", loopback.url, "--family", "qwen3")
            done = in_process(*words)
        assert "a dialog" in done.stdout
        assert loopback.asked[0]["chat_template_kwargs"] == {"enable_thinking": False}
