"""Categories by events of the platform, by a block of the log and by exit code."""

import pytest

from pai_dlc_mcp.server.insight import categories


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Preempted by a job of a higher priority", "resources"),
        ("Spot instance is reclaimed", "resources"),
        ("The node was low on resource: ephemeral-storage.", "resources"),
        ("Evicted", "resources"),
        ("Failed to create resource: resource type is not enough, retry later.", "resources"),
        ("Container was OOMKilled: memory limit exceeded", "memory"),
        ('Failed to pull image "x": manifest unknown', "image"),
        ("Error: failed to create containerd task", "configuration"),
        ("MountVolume.SetUp failed for volume", "configuration"),
        ("XID_79 GPU has fallen off the bus", "platform"),
        ("Node is not ready", "platform"),
        ("Created container pytorch", None),
        ("job bloom-7b of skill-runner", None),
        ("preemption-policy: never", "resources"),
    ],
)
def test_what_the_platform_says(text: str, category: str | None) -> None:
    found = categories.of_event(text)
    assert (found.category if found else None) == category


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("'ReadTimeoutError(\"HTTPSConnectionPool(host='pypi.org'", "network"),
        ("gai error: -3 - Temporary failure in name resolution", "network"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/cfg.yaml'", "configuration"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'train.py'", None),
        ("ValueError: bad value", None),
    ],
)
def test_what_a_programs_error_is_besides(text: str, category: str | None) -> None:
    found = categories.of_block(["Traceback (most recent call last):", text])
    assert (found.category if found else None) == category


def test_an_exit_code_is_the_last_resort_and_one_that_says_nothing_says_nothing() -> None:
    codes = (0, 1, 2, 126, 127, 128, 134, 137, 139, 143, 245, 255, None)
    said = {code: verdict.category for code in codes if (verdict := categories.of_exit(code))}
    programs = dict.fromkeys((126, 127, 134, 139), "program")
    assert said == {**programs, 128: "configuration", 245: "network", 255: "network"}
    assert categories.exit_words(137) == "137 (SIGKILL: out of memory, or forced)"
    assert categories.exit_words(77) == "77"


@pytest.mark.parametrize("category", ["resources", "queue"])
def test_where_the_administrator_decides_there_is_no_next_step(category: str) -> None:
    assert categories.next_step(category) == categories.ADMINISTRATOR
