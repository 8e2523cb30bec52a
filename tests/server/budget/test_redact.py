import corpus
import pytest

from pai_dlc_mcp.server.budget.redact import Redactor

NOBODY = Redactor([])


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


@pytest.mark.parametrize("form", ["{}", "x{}y", '"{}"', "dsn={}&a=1", "\x1b[31m{}\x1b[0m"])
def test_a_value_of_the_jobs_own_environment_is_taken_out_wherever_it_stands(form: str) -> None:
    redactor = Redactor({"DB_DSN": "kv:Zq8-long/value"}.items())
    got = redactor.text(form.format("kv:Zq8-long/value"))
    assert "Zq8" not in got
    assert "[redacted" in got


def test_a_value_is_known_inside_json_inside_a_url_and_line_by_line() -> None:
    redactor = Redactor(
        {"NOTE": 'two words "and" quotes', "CERT": "first line of it\nsecond line of it", "S": "se\u200bcret"}.items()
    )
    text = 'a two words \\"and\\" quotes b two%20words%20%22and%22%20quotes c second line of it d secret'
    assert redactor.text(text) == "a [redacted:NOTE] b [redacted:NOTE] c [redacted:CERT] d [redacted:S]"


def test_values_that_are_no_secrets_are_not_hidden() -> None:
    redactor = Redactor(
        {"A": "1", "B": "true", "C": "INFO", "D": "29500", "E": "eth0", "F": "", "G": "localhost"}.items()
    )
    line = "1 true INFO 29500 eth0 localhost"
    assert redactor.text(line) == line


def test_the_longer_of_two_values_goes_whole() -> None:
    redactor = Redactor({"SHORT": "abcdef", "LONG": "abcdef-ghijkl"}.items())
    assert redactor.text("x abcdef-ghijkl abcdef") == "x [redacted:LONG] [redacted:SHORT]"


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
    redactor = Redactor({"A": "kv-0123456789"}.items())
    text = f"{corpus.SECRETS['github'][0]} kv-0123456789 password=hunter2!"
    assert redactor.lines(text.encode())[1] == 3


def test_a_value_of_the_environment_keeps_its_name_behind_a_password_sign() -> None:
    assert Redactor({"A": "kv-0123456789"}.items()).text("password=kv-0123456789") == "password=[redacted:A]"


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
