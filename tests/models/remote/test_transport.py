"""A server that does anything at all: a stop reaches it at once, and each of its faults is one sentence with a cure."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx2")  # an extra

from screenagent.control import Control, Stopped
from screenagent.models.remote import Endpoint, ServerError
from screenagent.models.remote.transport import Wire, may_use_proxy
from screenagent.protocols import Retry
from tests.raw_server import HEADERS, Manner, RawServer, event, raw_server, sends, text_event, with_body

AT_ONCE = 0.05
ASKED = [{"role": "user", "content": "hi"}]
END = event('{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}') + event("[DONE]")
WHOLE = HEADERS + text_event("yes") + END


def wire(server: RawServer, control: Control | None = None, **options: Any) -> Wire:
    endpoint = Endpoint(url=server.url, name="m", **{"key": "secret", "attempts": 1, "stalled_seconds": 5.0, **options})
    return Wire(endpoint, check=(control or Control()).check)


def ask(manner: Manner, *, tokens: int = 50, hold: bool = False, **options: Any) -> list[Any]:
    with raw_server(manner, hold=hold) as server:
        asking = wire(server, **options)
        try:
            return list(asking.chunks(ASKED, {"max_tokens": tokens}))
        finally:
            asking.close()


def no_thread_is_left() -> bool:
    """Return whether the readers have ended; one that was still connecting ends a moment later."""
    for thread in threading.enumerate():
        if thread.name == "server":
            thread.join(2)
    return not any(thread.name == "server" for thread in threading.enumerate())


SILENT = {
    "before its headers": sends(),
    "after its headers": sends(HEADERS),
    "after a text": sends(HEADERS, text_event("a")),
}


@pytest.mark.parametrize("manner", SILENT.values(), ids=SILENT)
class TestStop:
    def test_a_stop_closes_the_connection_while_the_server_is_silent(self, manner: Manner) -> None:
        assert min(self.seconds_until_closed(manner) for _ in range(5)) < AT_ONCE

    def seconds_until_closed(self, manner: Manner) -> float:
        """Return the time from a stop until the server sees the end of the connection; a busy machine adds to it."""
        control = Control()
        stopped: list[float] = []

        def stop() -> None:
            assert server.silent.wait(5)
            stopped.append(time.monotonic())
            control.stop()

        with raw_server(manner, hold=True) as server:
            stopping = threading.Thread(target=stop)
            stopping.start()
            with pytest.raises(Stopped):
                list(wire(server, control).chunks(ASKED, {}))
            left = server.was_left()
            assert no_thread_is_left()
            stopping.join()
        return left - stopped[0]

    def test_closing_the_wire_closes_the_connection(self, manner: Manner) -> None:
        with raw_server(manner, hold=True) as server:
            asking = wire(server)

            def close() -> None:
                assert server.silent.wait(5)
                asking.close()

            closing = threading.Thread(target=close)
            closing.start()
            with pytest.raises(Retry, match="was closed"):
                list(asking.chunks(ASKED, {}))
            server.was_left()
            closing.join()
            assert no_thread_is_left()


def test_a_reader_who_leaves_closes_the_connection() -> None:
    with raw_server(sends(HEADERS, text_event("a")), hold=True) as server:
        chunks = wire(server).chunks(ASKED, {})
        next(chunks)
        del chunks
        gc.collect()
        server.was_left()
        assert no_thread_is_left()


def test_a_stop_ends_the_pause_between_two_attempts() -> None:
    control = Control()
    busy = with_body("503 Service Unavailable", "busy", headers="Retry-After: 8\r\n")
    with raw_server(sends(busy)) as server:
        threading.Timer(0.1, control.stop).start()
        began = time.monotonic()
        with pytest.raises(Stopped):
            list(wire(server, control, attempts=3).chunks(ASKED, {}))
        assert time.monotonic() - began < 1


def test_a_stop_ends_a_flood() -> None:
    control = Control()

    def flood() -> Iterator[bytes]:
        yield HEADERS
        while True:
            yield b": still here\n\n"

    with raw_server(flood) as server:
        threading.Timer(0.1, control.stop).start()
        with pytest.raises(Stopped):
            list(wire(server, control).chunks(ASKED, {}))
        server.was_left()
        assert no_thread_is_left()


def test_a_stop_reaches_a_server_that_never_answers_the_greeting_of_an_encrypted_connection() -> None:
    control = Control()

    def check() -> None:
        if server.silent.is_set():
            control.stop()
        control.check()

    with raw_server(sends(), hold=True, listens=False) as server:
        asking = Wire(Endpoint(url=server.url.replace("http:", "https:"), name="m"), check=check)
        with pytest.raises(Stopped):
            list(asking.chunks(ASKED, {}))
        server.was_left()
        assert no_thread_is_left()


def test_a_proxy_that_cannot_be_used_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://x")
    with pytest.raises(ServerError, match="proxy set in the environment"):
        Wire(Endpoint(url="https://example.org/v1", name="m"))


VARIABLES = [name for word in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (word, word.lower())]


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_model_on_this_machine_is_asked_without_a_proxy(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(sends(WHOLE)) as proxy, raw_server(sends(WHOLE)) as server:
        monkeypatch.setenv(variable, proxy.url.removesuffix("/v1"))
        assert len(list(wire(server).chunks(ASKED, {}))) == 2
        assert proxy.requests == []
        assert len(server.requests) == 1


def asked_through(proxy: RawServer, url: str, **options: Any) -> Wire:
    named = proxy.url.removesuffix("/v1")
    return Wire(Endpoint(url=url, name="m", key="secret", attempts=1, proxy=named), **options)


def test_a_proxy_that_is_asked_for_passes_on_what_goes_to_another_machine() -> None:
    with raw_server(sends(WHOLE)) as proxy:
        assert len(list(asked_through(proxy, "http://models.example:8000/v1").chunks(ASKED, {}))) == 2
    assert proxy.requests[0].startswith(b"POST http://models.example:8000/v1/chat/completions ")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_that_is_asked_for_stands_before_this_machine(host: str) -> None:
    with raw_server(sends(WHOLE)) as proxy, raw_server(sends(WHOLE)) as server:
        url = server.url.replace("127.0.0.1", host)
        assert len(list(asked_through(proxy, url).chunks(ASKED, {}))) == 2
    assert (proxy.requests, len(server.requests)) == ([], 1)


def test_a_stop_reaches_a_proxy_that_is_silent() -> None:
    control = Control()
    with raw_server(sends(), hold=True) as proxy:
        threading.Timer(0.1, control.stop).start()
        with pytest.raises(Stopped):
            list(asked_through(proxy, "https://models.example/v1", check=control.check).chunks(ASKED, {}))
        proxy.was_left()
        assert no_thread_is_left()


def test_no_proxy_is_what_off_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://x")
    Wire(Endpoint(url="https://example.org/v1", name="m", proxy="off")).close()


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://[::1", "http://a:port"])
def test_a_proxy_that_is_asked_for_and_cannot_be_used_is_a_sentence(proxy: str) -> None:
    with pytest.raises(ServerError, match="of model_proxy cannot be used"):
        Wire(Endpoint(url="https://example.org/v1", name="m", proxy=proxy))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://api.example.org/v1", True),
        ("https://[2001:db8::1]/v1", True),
        ("http://api.example.org/v1", False),
        ("http://10.0.0.7:8000/v1", False),
        ("https://localhost:8000/v1", False),
        ("https://LOCALHOST.:8000/v1", False),
        ("https://model.localhost/v1", False),
        ("https://127.0.0.2/v1", False),
        ("https://127.1/v1", False),
        ("https://2130706433/v1", False),
        ("https://[::1]:8000/v1", False),
        ("https://[::ffff:127.0.0.1]/v1", False),
        ("https://0.0.0.0/v1", False),
        ("unix:/run/model.sock", False),
    ],
)
def test_a_proxy_may_pass_on_only_what_it_cannot_read(url: str, may: bool) -> None:
    assert may_use_proxy(url) is may


@pytest.mark.parametrize("url", ["http://me:word@127.0.0.1:8000/v1", "http://127.0.0.1:80@example.org/v1"])
def test_an_address_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ServerError, match="SCREENAGENT_MODEL_KEY") as refused:
        Wire(Endpoint(url=url, name="m"))
    assert "word" not in str(refused.value).replace("password", "")


def test_a_key_in_the_users_netrc_is_not_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with raw_server(sends(WHOLE)) as server:
        list(wire(server).chunks(ASKED, {}))
    assert b"Basic" not in server.requests[0]


class TestRedirect:
    @pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
    def test_the_screen_is_never_sent_to_a_server_that_the_user_did_not_name(self, status: str) -> None:
        with raw_server(sends(WHOLE)) as other:
            away = with_body(status, headers=f"Location: {other.url}/chat/completions\r\n")
            with pytest.raises(ServerError, match=f"redirects to {other.url}"):
                ask(sends(away))
            assert other.requests == []

    def test_a_redirect_within_the_server_is_followed_with_the_request(self) -> None:
        answers = iter([with_body("307 Temporary Redirect", headers="Location: /api/v1/chat/completions\r\n"), WHOLE])
        with raw_server(lambda: iter([next(answers)])) as server:
            assert len(list(wire(server).chunks(ASKED, {}))) == 2
        assert [request.split(b" ")[1] for request in server.requests] == [
            b"/v1/chat/completions",
            b"/api/v1/chat/completions",
        ]
        assert server.requests[1].endswith(server.requests[0].partition(b"\r\n\r\n")[2])

    def test_a_circle_of_redirects_ends(self) -> None:
        with pytest.raises(ServerError, match="redirects"):
            ask(sends(with_body("307 Temporary Redirect", headers="Location: /v1/chat/completions\r\n")))


WRONG = {
    "a page": (with_body("200 OK", "<html><title>Hi</title></html>", media="text/html"), "web page"),
    "a page with a status": (
        with_body("502 Bad Gateway", "<html><title>Oops\n!</title>"),
        r"failed 1 times \(502\): “Oops !”",
    ),
    "an answer that is no stream": (with_body("200 OK", '{"choices": []}'), r"not a stream \(application/json\)"),
    "an error with status 200": (with_body("200 OK", '{"error": {"message": "no GPU"}}'), "no GPU"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer like a model server"),
    "nothing": (b"", "does not answer"),
    "a wrong key": (with_body("401 Unauthorized", "{}"), "does not accept the key; set SCREENAGENT_MODEL_KEY"),
    "a wrong key, Gemini": (
        with_body("400 Bad Request", '[{"error": {"message": "API key not valid."}}]'),
        "accept the key",
    ),
    "a wrong name": (
        with_body("404 Not Found", '{"error": {"message": "no such model"}}'),
        "does not know the model 'm'",
    ),
    "a wrong name, Mistral": (
        with_body("400 Bad Request", '{"message": "Invalid model: m"}'),
        "does not know the model 'm'",
    ),
    "no vision, llama.cpp": (
        with_body(
            "500 Internal Server Error",
            '{"error": {"code": 500, "message": "image input is not supported - hint: if this is unexpected, '
            'you may need to provide the mmproj"}}',
        ),
        "does not see pictures.*--mmproj",
    ),
    "no vision, vLLM": (
        with_body("400 Bad Request", '{"error": {"message": "Qwen3-8B is not a multimodal model"}}'),
        "does not see pictures",
    ),
    "no vision, OpenAI": (
        with_body("400 Bad Request", '{"error": {"message": "image_url is only supported by certain models."}}'),
        "does not see pictures",
    ),
    "one picture": (
        with_body(
            "400 Bad Request", '{"message": "At most 1 image(s) may be provided in one prompt.", "object": "error"}'
        ),
        "takes fewer pictures.*--limit-mm-per-prompt",
    ),
    "a short context, llama.cpp": (
        with_body(
            "400 Bad Request",
            '{"error": {"message": "request (2792 tokens) exceeds the available context size (2048 tokens)"}}',
        ),
        "context too short.*2048 tokens.*--ctx-size",
    ),
    "a short context, vLLM": (
        with_body(
            "400 Bad Request",
            '{"error": {"message": "This model\'s maximum context length is 2048 tokens. However, you want 4000"}}',
        ),
        "context too short.*--max-model-len",
    ),
    "an escape sequence": (with_body("400 Bad Request", '{"error": "\\u001b[2Jbad\\nthing"}'), r"“␛\[2Jbad thing”"),
    "a report without a bottom": (with_body("400 Bad Request", "[" * 50_000), "refuses the request"),
    "a field of FastAPI": (
        with_body("422 Unprocessable Entity", '{"detail": [{"msg": "extra field"}]}'),
        "extra field",
    ),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG.values(), ids=WRONG)
def test_a_server_that_is_not_set_up_is_one_sentence_with_the_cure(answer: bytes, sentence: str) -> None:
    with raw_server(sends(answer)) as server:
        with pytest.raises(ServerError, match=sentence) as raised:
            list(wire(server, attempts=1).chunks(ASKED, {}))
        assert "\n" not in str(raised.value)
        assert server.url in str(raised.value)


@pytest.mark.parametrize("case", ["no vision, llama.cpp", "a short context, llama.cpp", "a wrong key", "a page"])
def test_what_no_second_request_mends_is_asked_once(case: str) -> None:
    with raw_server(sends(WRONG[case][0])) as server, pytest.raises(ServerError):
        list(wire(server, attempts=3).chunks(ASKED, {}))
    assert len(server.requests) == 1


def test_a_context_too_short_that_shows_in_the_stream_has_its_cure() -> None:
    with pytest.raises(ServerError, match="--ctx-size"):
        ask(sends(HEADERS, event('{"error": {"message": "the context size has been exceeded"}}')))


GARBAGE = {
    "not JSON": "{not json",
    "a number": "1",
    "a list": "[1, 2]",
    "NaN": "NaN",
    "NaN for a text": '{"choices": [{"delta": {"content": NaN}}]}',
    "NaN for tokens": '{"choices": [], "usage": {"prompt_tokens": NaN, "completion_tokens": Infinity}}',
    "a number for a text": '{"choices": [{"delta": {"content": 5}}]}',
    "a text for choices": '{"choices": "many"}',
    "tokens below zero": '{"choices": [], "usage": {"prompt_tokens": -5, "completion_tokens": 1}}',
    "half a character": '{"choices": [{"delta": {"content": "\\ud800"}}]}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"error": {"message": "no GPU"}, "choices": [{"delta": {}, "finish_reason": "error"}]}', "no GPU"),
        ('{"choices": [{"delta": {}, "finish_reason": "abort"}]}', "abort"),
        ('{"error": {"code": 7}}', "an error without a message"),
    ],
)
def test_an_end_that_is_an_error_is_no_answer(data: str, said: str) -> None:
    with pytest.raises(Retry, match=said):
        ask(sends(HEADERS, text_event("a"), event(data)))


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_in_an_event_is_no_answer(data: str) -> None:
    with pytest.raises(Retry, match="is not an answer"):
        ask(sends(HEADERS, text_event("a"), event(data), END))


def test_numbers_that_are_not_needed_may_be_anything() -> None:
    odd = event(
        '{"choices": [{"index": NaN, "logprobs": {"x": -Infinity}, "delta": {"content": "yes"}}], "timings": NaN}'
    )
    assert len(ask(sends(HEADERS, odd, END))) == 2


@pytest.mark.parametrize("charset", ["rot13", "zlib_codec", "hex", "utf-16", "idna", "undefined"])
def test_events_are_utf8_whatever_the_server_says_of_them(charset: str) -> None:
    said = HEADERS.replace(b"text/event-stream", f"text/event-stream; charset={charset}".encode())
    first, _ = ask(sends(said, text_event("é"), END))
    assert first.choices[0].delta.content == "é"


@pytest.mark.parametrize("cut", [b"", b'data: {"choi', text_event("a")[:-8]])
def test_a_stream_that_is_cut_is_no_answer(cut: bytes) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = text_event("a") + cut
    with pytest.raises(Retry, match="broke off"):
        ask(sends(chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n"))


class TestSilence:
    @pytest.mark.parametrize("manner", SILENT.values(), ids=SILENT)
    def test_a_silent_server_is_given_up(self, manner: Manner) -> None:
        with pytest.raises(Retry, match=r"sent nothing for 0\.1 seconds"):
            ask(manner, hold=True, stalled_seconds=0.1)
        assert no_thread_is_left()

    @pytest.mark.parametrize(
        "alive",
        [b": keep-alive\n\n", event('{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}')],
    )
    def test_a_sign_of_life_is_no_answer(self, alive: bytes) -> None:
        def manner() -> Iterator[bytes]:
            yield HEADERS
            for _ in range(1000):
                yield alive
                time.sleep(0.01)

        with pytest.raises(Retry, match="sent nothing"):
            ask(manner, stalled_seconds=0.2)
        assert no_thread_is_left()

    def test_a_slow_server_is_waited_for(self) -> None:
        def manner() -> Iterator[bytes]:
            yield HEADERS
            for _ in range(8):
                time.sleep(0.05)
                yield text_event("a")
            yield END

        assert len(ask(manner, stalled_seconds=0.3)) == 9

    def test_an_answer_that_trickles_without_end_is_given_up(self) -> None:
        def manner() -> Iterator[bytes]:
            yield HEADERS
            while True:
                time.sleep(0.02)
                yield text_event("a")

        with pytest.raises(ServerError, match=r"did not finish its answer within 0\.3 seconds"):
            ask(manner, longest_seconds=0.3)
        assert no_thread_is_left()

    def test_the_time_of_whoever_reads_is_not_the_servers(self) -> None:
        with raw_server(sends(WHOLE)) as server:
            read = 0
            for _ in wire(server, stalled_seconds=0.1).chunks(ASKED, {}):
                time.sleep(0.15)
                read += 1
        assert read == 2


def line_without_end() -> Iterator[bytes]:
    yield HEADERS + b"data: "
    for _ in range(100):
        yield b"x" * (1 << 20)


def header_without_end() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    for _ in range(100):
        yield b"x" * (1 << 20)


def page_without_end() -> Iterator[bytes]:
    yield b"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    for _ in range(100):
        yield b"x" * (1 << 20)


def events_without_end() -> Iterator[bytes]:
    yield HEADERS
    for _ in range(100):
        yield text_event("word " * 16) * 10_000


def empty_events_without_end() -> Iterator[bytes]:
    yield HEADERS
    for _ in range(200):
        yield event(f'{{"choices": [{{"index": 0, "delta": {{"content": ""}}}}]{" " * 1000}}}') * 500


def packed(text: bytes) -> Manner:
    """Send 200 MB of `text` in a compressed answer of 200 kB."""

    def manner() -> Iterator[bytes]:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        yield HEADERS.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
        for _ in range(200):
            yield packer.compress(text * ((1 << 20) // len(text)))
        yield packer.flush()

    return manner


def large_events_without_end() -> Iterator[bytes]:
    yield HEADERS
    for _ in range(200):
        yield text_event("x" * 500_000)


@pytest.mark.parametrize(
    "manner",
    [
        line_without_end,
        header_without_end,
        page_without_end,
        events_without_end,
        empty_events_without_end,
        large_events_without_end,
        pytest.param(packed(b"x"), id="packed line"),
        pytest.param(packed(text_event("word ")), id="packed events"),
    ],
)
def test_a_flood_ends_in_a_sentence_and_fills_no_memory(manner: Manner) -> None:
    tracemalloc.start()
    try:
        with raw_server(manner) as server, pytest.raises(ServerError):
            for _ in wire(server).chunks(ASKED, {"max_tokens": 100}):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20
    assert server.sent < 60 << 20
    assert no_thread_is_left()


class TestLength:
    def test_an_answer_that_never_ends_is_a_sentence(self) -> None:
        def manner() -> Iterator[bytes]:
            yield HEADERS
            while True:
                yield text_event("again and ")

        with pytest.raises(ServerError, match="more text than its max_tokens of 100"):
            ask(manner, tokens=100)

    @pytest.mark.parametrize(
        "parts",
        [
            pytest.param([" " * 128] * 100, id="tokens of 128 blanks"),
            pytest.param(list("word " * 100), id="one letter a chunk"),
            pytest.param(["supercalifragilistic "] * 100, id="long words"),
        ],
    )
    def test_an_answer_within_its_tokens_is_read(self, parts: list[str]) -> None:
        assert len(ask(sends(HEADERS, *map(text_event, parts), END), tokens=100)) == len(parts) + 1

    def test_the_tokens_of_a_thought_count_beside_those_of_the_answer(self) -> None:
        with raw_server(sends(HEADERS, *[text_event("word ")] * 300, END)) as server:
            found = list(wire(server).chunks(ASKED, {"max_tokens": 50, "thought_tokens": 250}))
        assert len(found) == 301


@pytest.mark.parametrize("wrong", [{"key": "geheim\u00e4"}, {"key": "a\nb"}, {"deployment": "bl\u00fc"}])
def test_what_cannot_stand_in_a_header_is_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match=r"not allowed in a .*; copy it again"):
        Wire(Endpoint(url="http://127.0.0.1:9/v1", name="m", **wrong))


def test_blanks_around_a_key_are_no_part_of_it() -> None:
    with raw_server(sends(WHOLE)) as server:
        list(wire(server, key=" secret\n").chunks(ASKED, {}))
    assert b"authorization: bearer secret\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("host", [f"{'a' * 70}.example", "127.0.0.1:99999999", "no-such-host.invalid"])
def test_a_host_that_cannot_be_is_a_sentence(host: str) -> None:
    asking = Wire(Endpoint(url=f"http://{host}/v1", name="m", attempts=1))
    with pytest.raises(ServerError, match="is the address right"):
        list(asking.chunks(ASKED, {}))


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ServerError, match="not a valid address"):
        Wire(Endpoint(url="http://a:port/v1", name="m"))


def test_text_that_is_not_unicode_is_sent_nevertheless() -> None:
    with raw_server(sends(WHOLE)) as server:
        list(wire(server).chunks([{"role": "user", "content": "\udc80"}], {}))
    assert rb"\udc80" in server.requests[0]
