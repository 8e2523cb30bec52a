import pytest

from pai_dlc_mcp.server.budget.clean import clean, clean_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  0%|  | 0/9\r 50%|##| 5/9\r100%|####| 9/9", "100%|####| 9/9"),
        ("100%|####| 9/9\r", "100%|####| 9/9"),
        ("100%|####| 9/9\r\x1b[K", "100%|####| 9/9"),  # erased when it ends (leave=False): still the last state
        ("100%|####| 9/9\r              \r", "100%|####| 9/9"),
        ("one\r\ntwo\r\n", "one\ntwo"),
        ("\r 50%|##| 5/9Traceback (most recent call last):", " 50%|##| 5/9Traceback (most recent call last):"),
    ],
)
def test_the_last_state_of_a_redrawn_line_stays(raw: str, shown: str) -> None:
    assert clean_text(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[1;31mERROR\x1b[0m x", "ERROR x"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;no end, RuntimeError: y", "0;no end, RuntimeError: y"),
        ("\x9b31mred\x9d0;t\x9cx", "redx"),
        ("\x1bPdevice\x1b\\x\x1b(Bx\x1b7\x1b", "xx"),
        ("\x1b[31", ""),
        ("a\x00b\x07c\x7fd\x85e\x0bf", "abcdef"),
        ("col\tumn", "col\tumn"),
        ("\u202edesrever\u202c \u2066x\u2069 \u200bz\u00adw\ufeff", "desrever x zw"),
        ("ok" + "".join(chr(0xE0000 + ord(letter)) for letter in "hidden"), "ok"),
        ("a\ufe0fb\U000e0101c\U0001d173d", "abcd"),
        ("half \ud83d pair \udc80", "half  pair "),
        ("one\u2028two\u2029three", "one two three"),
        ("损失 1.5 ÃƒÂ¤ ½ \ufffd 😀 é", "损失 1.5 ÃƒÂ¤ ½ \ufffd 😀 é"),
    ],
)
def test_what_a_reader_cannot_see_is_gone_and_what_he_can_stays(raw: str, shown: str) -> None:
    assert clean_text(raw) == shown


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        ("boom\r 50%|##|", ["boom", " 50%|##|"]),
        (" 1%|#| 1/9\r 2%|#| 2/9\rerror: no\r 3%|#| 3/9\r 4%|#| 4/9\r", [" 2%|#| 2/9", "error: no", " 4%|#| 4/9"]),
        ("Downloading 1/9\rDownloading 2/9\rDone\r\n", ["Downloading 2/9", "Done"]),
        ("⠋ solving\r⠙ solving\r⠹ solving", ["⠹ solving"]),
        (" 50%|#| 5/10 [00:01<00:01, 1.2it/s]Killed", [" 50%|#| 5/10 [00:01<00:01, 1.2it/s]", "Killed"]),
        (" 50%|#| 5/10 [00:01<00:01, 1.2it/s, loss=1]", [" 50%|#| 5/10 [00:01<00:01, 1.2it/s, loss=1]"]),
    ],
)
def test_what_stands_before_or_behind_a_bar_on_its_line_is_kept(record: str, lines: list[str]) -> None:
    assert clean([record]).decode().split("\n") == lines
