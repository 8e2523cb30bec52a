"""Who may call over HTTP: real servers and sockets, real clients with and without a token."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from Tea.core import TeaCore

from pai_dlc_mcp import cli, tools
from pai_dlc_mcp.cli.serve import ADDITIONS
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import app, auth
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.http import known_names
from pai_dlc_mcp.server.settings import Settings
from tests.end_to_end.conftest import in_thread, replica_here

LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
TOKEN, OTHER = "a" * 40, "b" * 40
ISSUER, AUDIENCE = "https://idp.example.com", "pai-dlc"


def status(address: str, token: str | None = None, **headers: str) -> int:
    bearer = {} if token is None else {"authorization": f"Bearer {token}"}
    accepted = {"accept": "application/json, text/event-stream"}
    return httpx2.post(f"{address}/mcp", json=LISTING, headers={**accepted, **bearer, **headers}).status_code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server of `address` reads and writes."""
    return tmp_path_factory.mktemp("auth")


@pytest.fixture
def tokens(folder: Path) -> Path:
    file = folder / "tokens"
    file.write_text(f"# the team\nalice {TOKEN}\n\nbob\t{OTHER}  # laptop\n")
    return file


@pytest.fixture(scope="module")
def guarded(one_emulator: Emulator, folder: Path) -> Generator[str]:
    (folder / "tokens").write_text(f"alice {TOKEN}\n")
    with replica_here(one_emulator, http_tokens=folder / "tokens", state=folder / "state") as address:
        yield address


@pytest.fixture
def address(guarded: str, tokens: Path, emulator: Emulator) -> str:
    """A server that lets in whom `tokens` names: one for all tests, its emulator and its file as new."""
    return guarded


def test_without_a_known_token_nothing_is_listed(address: str, tokens: Path) -> None:
    assert status(address, TOKEN) == status(address, OTHER) == 200
    wrong = (None, "c" * 40, TOKEN[:-1], "alice", f"{TOKEN},{OTHER}")
    assert {status(address, token) for token in wrong} == {401}
    tokens.write_text(f"bob {OTHER}\n")
    assert (status(address, TOKEN), status(address, OTHER)) == (401, 200), "taken out: refused at once"
    tokens.write_text("bob short\n")
    assert (status(address, TOKEN), status(address, OTHER)) == (401, 401), "unusable: nobody is let in"
    tokens.unlink()
    assert status(address, OTHER) == 401


async def test_a_client_with_a_token_calls_tools_and_one_callers_question_is_not_anothers(
    address: str, emulator: Emulator
) -> None:
    async def stop(token: str, **more: str) -> dict[str, Any]:
        http = httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"})
        async with http, Client(streamable_http_client(f"{address}/mcp", http_client=http), cache=None) as client:
            done = await client.call_tool("stop_job", {"job_id": "dlc4stillrunning", **more})
        return done.structured_content or {}

    asked = await stop(TOKEN)
    stolen = await stop(OTHER, confirmation_token=asked["confirmation_token"])
    assert stolen["status"] == "confirmation_required"
    assert "StopJob" not in emulator.requests.actions()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "set PAI_DLC_HTTP_TOKENS or PAI_DLC_HTTP_ISSUER"),
        ({"PAI_DLC_HTTP_TOKENS": "{tokens}"}, "set PAI_DLC_HTTP_URL"),
        ({"PAI_DLC_HTTP_TOKENS": "/nowhere"}, "cannot be read"),
        ({"PAI_DLC_HTTP_ISSUER": ISSUER}, "belong together"),
        (
            {"PAI_DLC_HTTP_ISSUER": ISSUER, "PAI_DLC_HTTP_JWKS": "http://example.com", "PAI_DLC_HTTP_AUDIENCE": "a"},
            "https:// address",
        ),
        ({"PAI_DLC_HTTP_TOKENS": "{tokens}", "PAI_DLC_HTTP_ISSUER": ISSUER}, "not both"),
    ],
)
def test_an_open_address_needs_authentication_and_settings_that_fit_together(
    tokens: Path,
    environment: dict[str, str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tokens=tokens))
    assert cli.main(["serve", "--emulator", "--transport", "http", "--host", "0.0.0.0"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_behind_a_proxy_its_name_and_origin_pass_and_no_others(emulator, tokens) -> None:
    public = {"http_url": "https://mcp.example.com/mcp", "http_origins": "https://chat.example.com"}
    with replica_here(emulator, "0.0.0.0", http_tokens=tokens, **public) as address:
        assert status(address, TOKEN, host="mcp.example.com") == 200
        assert status(address, TOKEN, host="mcp.example.com", origin="https://mcp.example.com") == 200
        assert status(address, TOKEN, host="mcp.example.com", origin="https://chat.example.com") == 200
        assert status(address, TOKEN, host="evil.example.com") == 421
        assert status(address, TOKEN, host="mcp.example.com", origin="https://evil.example.com") == 403


def test_probes_answer_without_a_token_and_say_when_nothing_can_be_written(address: str, folder: Path) -> None:
    assert httpx2.get(f"{address}/health").status_code == 200
    assert httpx2.get(f"{address}/ready").status_code == 200
    (folder / "state").chmod(0o755)
    refused = httpx2.get(f"{address}/ready")
    (folder / "state").chmod(0o700)
    assert (refused.status_code, str(folder) in refused.text) == (503, False)


class Provider:
    """An identity provider: its key set over HTTP, and the tokens it signs."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.fetches = 0
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        self.body = json.dumps({"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}).encode()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetches += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, *, kid: str = "one", key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": int(time.time()) + 600, **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key or self.key, algorithm, headers={"kid": kid})


@pytest.fixture
def provider() -> Generator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_jwt_of_the_issuer_for_this_audience_is_let_in_and_no_other(emulator, provider) -> None:
    settings = {
        "http_issuer": ISSUER,
        "http_jwks": provider.address,
        "http_audience": AUDIENCE,
        "http_url": "https://mcp.example.com/mcp",
    }
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with replica_here(emulator, **settings) as address:
        assert status(address, provider.token()) == 200
        wrong = {
            "another issuer": provider.token(iss="https://evil.example.com"),
            "another audience": provider.token(aud="other"),
            "expired": provider.token(exp=int(time.time()) - 120),
            "no expiry": provider.token(exp=None),
            "no subject": provider.token(sub=None),
            "an empty subject": provider.token(sub="", client_id="alice"),
            "a subject that is no text": provider.token(sub=["alice"]),
            "another key": provider.token(key=stranger),
            "a shared secret": provider.token(key="k" * 32, algorithm="HS256"),
            "no signature": jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "sub": "a", "exp": 9e9}, None, "none"),
            "no JWT": "x" * 40,
        }
        assert {name: status(address, token) for name, token in wrong.items()} == dict.fromkeys(wrong, 401)
        for number in range(20):
            assert status(address, provider.token(kid=f"made-up-{number}")) == 401
        assert provider.fetches == 1, "a made-up key id fetches nothing"
        metadata = httpx2.get(f"{address}/.well-known/oauth-protected-resource/mcp").json()
        assert metadata["authorization_servers"][0].rstrip("/") == ISSUER


@pytest.mark.parametrize("page", [b"<html>maintenance</html>", b"", b"[]", b'{"keys": 7}', b'{"keys": []}', b"\xff"])
async def test_a_key_set_that_is_none_lets_nobody_new_in_and_those_known_go_on(page, provider, monkeypatch) -> None:
    keys = auth.Jwt(ISSUER, AUDIENCE, auth.KeySet(provider.address))
    good, provider.body = provider.body, page
    assert await keys.verify_token(provider.token()) is None
    monkeypatch.setattr(auth, "_PAUSE", 0)
    provider.body = good
    assert await keys.verify_token(provider.token())
    provider.body = page
    monkeypatch.setattr(auth, "_KEEP", 0)
    assert await keys.verify_token(provider.token())


@contextmanager
def served(server: app.Server, settings: Settings, port: int) -> Generator[str]:
    """In a thread of this process, where STS can be spoken to without TLS."""
    inner = server.streamable_http_app(
        streamable_http_path="/mcp", stateless_http=True, transport_security=known_names("127.0.0.1", settings)
    )
    with in_thread(inner, port) as address:
        yield address


async def test_with_a_role_the_cloud_sees_who_called(
    tokens: Path, emulator: Emulator, settings_for: Any, free_port: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_action = TeaCore.do_action

    def plain(request: Any, options: Any = None) -> Any:
        request.protocol = "http"  # the SDK asks STS over TLS alone; the emulator, which plays it, has none
        return do_action(request, options)

    monkeypatch.setattr(TeaCore, "do_action", plain)
    settings = settings_for(http_tokens=tokens, role_arn="acs:ram::1234567890123456:role/agents", emulator=False)
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    server = app.build(settings, tools.TOOLSETS, key, additions=ADDITIONS, callers=auth.verifier(settings))
    with served(server, settings, free_port()) as address:
        for token in (TOKEN, OTHER):
            http = httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"})
            async with http, Client(streamable_http_client(f"{address}/mcp", http_client=http), cache=None) as client:
                asked = await client.call_tool("stop_job", {"job_id": "dlc4stillrunning"})
                await client.read_resource("pai-dlc://jobs/dlc4stillrunning")
            assert ":assumed-role/agents/" in (asked.structured_content or {})["question"]
    seen = [request.session for request in emulator.requests if request.action == "GetJob"]
    assert set(seen[: len(seen) // 2]) == {"alice"}
    assert set(seen[len(seen) // 2 :]) == {"bob"}
