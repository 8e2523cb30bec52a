import base64

import corpus
import pytest

from pai_dlc_mcp.server.budget import redact
from pai_dlc_mcp.server.budget.redact import Redactor

NOBODY = Redactor([])
NOTE = 'two words "and" quotes/é'


@pytest.mark.parametrize("name", list(corpus.SECRETS))
def test_a_known_shape_of_secret_is_taken_out_and_its_line_stays(name: str) -> None:
    line, secret = corpus.SECRETS[name]
    assert NOBODY.text(line).startswith(line[:4])
    assert secret not in NOBODY.text(line)
    assert "[redacted]" in NOBODY.text(line)


@pytest.mark.parametrize("name", list(corpus.SECRETS))
def test_a_secret_interrupted_by_what_cleaning_strips_is_taken_out(name: str) -> None:
    line, secret = corpus.SECRETS[name]
    for mark in ("\x1b[1m", "\u200b", "\ud83d", "\x00", "\U000e0041", "\u202e"):
        broken = line.replace(secret, secret[:5] + mark + secret[5:])
        assert secret[5:] not in NOBODY.text(broken)


@pytest.mark.parametrize(
    "line",
    [
        "tokens: 128, token: 4096, max_tokens=512",
        "pad_token='<|endoftext|>' eos_token: </s> bos_token_id=1",
        "token=None, api_key=null, secret=''",
        "PWD=/root/code",
        "tokenizer: Qwen2Tokenizer, secretary: Ann",
        "task-20260105-worker-000001 risk-free-aaaaaaaaaaaaaaaaaa",
        "https://registry.cn-hangzhou.aliyuncs.com:443/pai/pytorch@sha256:abc",
        "git commit 0f1e2d3c4b0f1e2d3c4b0f1e2d3c4b0f1e2d3c4b",
        "iteration 10/ 500 | lm loss: 2.1 | tokens/s: 1400.2 | token: 2.31 |",
    ],
)
def test_ordinary_words_of_training_logs_are_left_alone(line: str) -> None:
    assert NOBODY.text(line) == line


@pytest.mark.parametrize("form", ["{}", "x={}", '"{}"', "dsn={}&a=1", "\x1b[31m{}\x1b[0m", "a\\n{}\\nb", "%3D{}%26"])
def test_a_secret_of_the_jobs_own_environment_is_taken_out_wherever_it_stands(form: str) -> None:
    redactor = Redactor({"DB_PASSWORD": "kv:Zq8-long/value"}.items())
    got = redactor.text(form.format("kv:Zq8-long/value"))
    assert "Zq8" not in got
    assert "[redacted" in got


@pytest.mark.parametrize(
    "written",
    [
        'two words \\"and\\" quotes/é',
        "two%20words%20%22and%22%20quotes%2F%C3%A9",
        "two+words+%22and%22+quotes%2f%c3%a9",
        "two%2520words%2520%2522and%2522%2520quotes%252F%25C3%25A9",
        "two words \\u0022and\\u0022 quotes\\/\\u00e9",
        "two words &quot;and&quot; quotes/&#233;",
        "two words &#34;and&#x22; quotes/é",
        "two words \\x22and\\x22 quotes/\\xc3\\xa9",
        'two words\n   "and" quo\ntes/é',
        base64.b64encode(NOTE.encode()).decode(),
        base64.b64encode(f"{NOTE}\n".encode()).decode(),
        base64.urlsafe_b64encode(NOTE.encode()).decode().rstrip("="),
        base64.b64encode(NOTE.encode()).decode()[:9] + "\n" + base64.b64encode(NOTE.encode()).decode()[9:],
        NOTE.encode().hex(),
        NOTE.encode().hex().upper(),
        repr(NOTE)[1:-1],
    ],
)
def test_a_secret_is_known_however_it_is_written(written: str) -> None:
    shown = Redactor([("NOTE_SECRET", NOTE)]).text(f"before {written} after")
    assert shown == "before [redacted:NOTE_SECRET] after" or shown == "before [redacted:NOTE_SECRET]= after"


def test_the_longer_lines_of_a_secret_are_known_one_by_one() -> None:
    redactor = Redactor(
        [("CERT_KEY", "the first line of it 1\nthe second line of it 2\n{"), ("S_TOKEN", "se\u200bcret9")]
    )
    assert redactor.text("a { c the second line of it 2 d secret9") == "a { c [redacted:CERT_KEY] d [redacted:S_TOKEN]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("A", "1"), ("B", "true"), ("C", "INFO"), ("D", "29500"), ("E", "eth0"), ("F", ""), ("G", "localhost")),
        *(
            ("DTYPE", "bfloat16"),
            ("TASK", "training"),
            ("DATA_DIR", "/mnt/data/shard"),
            ("MODEL", "Qwen2.5-72B-Instruct"),
        ),
        *(("RUN", "7c9e6679-7425-40de-944b-e07fc1f90ae7"), ("COMMIT", "0f1e2d3c4b" * 4), ("JOB", "dlc1k2j3h4g5f6d7")),
        *(("SSH_KEY_PATH", "/root/.ssh/id_rsa"), ("PAD_TOKEN", "<|endoftext|>"), ("MAX_TOKENS", "131072")),
        *(("TOKEN", "abc12"), ("HF_TOKEN", "$OTHER"), ("PASSWORD", "default"), ("URI", "oss://bucket/Path/Of/It9x")),
    ],
)
def test_an_everyday_value_is_not_hidden(name: str, value: str) -> None:
    line = f"cannot {value} it: no such {value}"
    assert Redactor([(name, value)]).text(line) == line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASS", "hunter2x"),
        ("anything", "q7Rt2LmX9vKw4ZbN8cYd3"),
        ("API_TOKEN", "only-letters-here"),
        ("CredentialsJson", "abc-123"),
    ],
)
def test_a_value_is_a_secret_by_its_name_or_by_chance(name: str, value: str) -> None:
    assert value not in Redactor([(name, value)]).text(f"got {value}, bye")


def test_a_secret_inside_a_harmless_value_is_one_everywhere() -> None:
    redactor = Redactor([("DATABASE_URL", "postgres://train:pa-55/word@db.example.com:5432/t")])
    assert "pa-55" not in redactor.text("FATAL: role train, secret text pa-55/word rejected")


def test_a_secret_inside_a_longer_word_is_another_word() -> None:
    assert Redactor([("DB_PASS", "train1")]).text("pretrain1ng of retrain1") == "pretrain1ng of retrain1"


def test_the_longer_of_two_secrets_goes_whole() -> None:
    redactor = Redactor({"A_KEY": "abcdef", "B_KEY": "abcdef-ghijkl"}.items())
    assert redactor.text("x abcdef-ghijkl abcdef") == "x [redacted:B_KEY] [redacted:A_KEY]"


def test_what_was_redacted_once_stays_as_it_is() -> None:
    redactor = Redactor([("DB_PASS", "kv-0123456789")])
    once = redactor.text("password=kv-0123456789 token: x9x9x9x9x9x9 Authorization: Bearer abcdef0123456789")
    assert redactor.text(once) == once


@pytest.mark.parametrize("prefix", ["", "[rank3]: ", "2026-01-05 10:00:00,123 INFO auth ", "    "])
def test_a_private_key_goes_whole_with_its_lines_prefixed(prefix: str) -> None:
    text = "\n".join(["before", *(prefix + line for line in corpus.PEM), "after the key"])
    assert NOBODY.text(text) == f"before\n{prefix}[redacted private key]\nafter the key"


def test_a_private_key_cut_at_its_end_or_its_start_goes_all_the_same() -> None:
    head, tail = "\n".join([*corpus.PEM[:8], "then a log line"]), "\n".join(["a log line", *corpus.PEM[5:], "end"])
    assert NOBODY.text(head) == "[redacted private key]\nthen a log line"
    assert NOBODY.text(tail) == "a log line\n[redacted private key]\nend"


def test_a_private_key_with_another_ranks_lines_between_goes_and_they_stay() -> None:
    lines = [
        line for pair in zip(corpus.PEM, [f"[rank1]: step {i} done" for i in range(99)], strict=False) for line in pair
    ]
    got = NOBODY.text("\n".join(lines))
    assert not [line for line in corpus.PEM[1:13] if line in got]
    assert "[rank1]: step 3 done" in got


def test_a_private_key_on_one_line_goes() -> None:
    assert NOBODY.text('{"key": "' + "\\n".join(corpus.PEM) + '"}') == '{"key": "[redacted private key]'


def test_what_is_taken_out_is_counted() -> None:
    redactor = Redactor({"A_KEY": "kv-0123456789"}.items())
    text = f"{corpus.SECRETS['github'][0]} kv-0123456789 password=hunter2!"
    assert redactor.lines(text.encode())[1] == 3


def test_a_value_of_the_environment_keeps_its_name_behind_a_password_sign() -> None:
    assert Redactor([("A_KEY", "kv-0123456789")]).text("password=kv-0123456789") == "password=[redacted:A_KEY]"


@pytest.mark.parametrize(
    "line",
    [
        "pypi-AgE" + "x" * 12 + "Qq7" * 20,
        "key sk_" + "live_" + "Qq7" * 8,
        "using SG." + "Qq7" * 7 + "." + "Qq7" * 14,
        "dapi" + "0a1b2c3d" * 4 + " is used",
        "vault says hvs." + "Qq7" * 9,
        "got ya29." + "Qq7" * 12,
        "DefaultEndpointsProtocol=https;AccountKey=" + "Qq7" * 20 + "==;x=1",
        "POST https://hooks.slack.com/services/T0/B0/Qq7Qq7",
        "POST https://discord.com/api/webhooks/123/Qq7-Qq7",
        "POST https://open.feishu.cn/open-apis/bot/v2/hook/Qq7-Qq7",
        "POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=Qq7-Qq7",
        "GET https://api.telegram.org/bot123456789:AA" + "Qq7" * 11 + "/getMe",
    ],
)
def test_tokens_of_services_and_webhooks_go_whole(line: str) -> None:
    got = NOBODY.text(line)
    assert "[redacted]" in got
    assert "Qq7" not in got
    assert "0a1b2c3d" not in got


@pytest.mark.parametrize(
    "line",
    [
        "dapi_version=3 SG.layer hvs.py sk_live ya29.txt",
        "see https://hooks.slack.com/services and https://discord.com/api/webhooks",
        "12345678:AA is the rank's address",
    ],
)
def test_look_alikes_of_service_tokens_stay(line: str) -> None:
    assert NOBODY.text(line) == line


def test_a_call_judges_a_secret_once_however_often_it_meets_it() -> None:
    job, more = [("DB_PASSWORD", "hunter2-hunter2")], [("API_TOKEN", "tok-4711-tok-4711")]
    seen = redact.Seen()
    with redact.whole_call(seen):
        redact.note(job, 10)
        first = seen.redactor()
        redact.note(job, 10)
        assert seen.redactor() is first
        redact.note([*job, *more], 10)
        both = seen.redactor()
    assert both.text("a hunter2-hunter2 b tok-4711-tok-4711") == "a [redacted:DB_PASSWORD] b [redacted:API_TOKEN]"
    assert seen.size == 30
