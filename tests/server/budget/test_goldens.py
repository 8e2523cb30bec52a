"""Whole answers as a model reads them, committed: each kind of failure in each view. `make snapshots` accepts a change
that is meant; read the difference as a colleague would who was sent the text."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import corpus
import pytest

from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.pipeline import Mode, view
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.jobs import Pod
from pai_dlc_mcp.server.protocol.log_header import header

FOLDER = Path(__file__).parents[2] / "goldens"
POD = Pod(pod_id="dlc1k2j3h4g5f6d7-worker-2", uid="0f7a1c02", status="Failed")
MOST = 1200
PATTERNS = {"oom": "rank3|OutOfMemory", "killed": "Killed", "silent": "checkpoint", "clock": "rank 5|KeyError"}


def trained(seed: int, lines: int = 300) -> list[str]:
    start = [
        "+ torchrun --nproc_per_node=8 train.py --config cfg/7b.yaml",
        "NCCL version 2.21.5+cuda12.4",
        "model: 6,738,415,616 parameters, bf16",
    ]
    return [*start, *corpus.noise("megatron", lines, seed)]


def teardown(lines: int) -> list[str]:
    return list(islice(corpus.teardown(7), lines))


def retried() -> list[str]:
    """An error that the job survived, then training, then the one it did not."""
    return [
        *trained(4, 150),
        *corpus.frames(2),
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='oss', port=443): Read timed out.",
        "retrying in 2 s",
        *corpus.noise("megatron", 150, 5),
        *corpus.FAILURES["cuda assert"][0](),
    ]


def clocked() -> list[str]:
    """Each line with the container's clock and the rank that speaks."""
    said = [*corpus.noise("chinese", 60), *corpus.frames(3), "KeyError: 'input_ids'", *teardown(20)]
    return [f"2026-01-05 10:{at // 60:02d}:{at % 60:02d} [rank5]: {line}" for at, line in enumerate(said)]


def went_on() -> list[str]:
    """Before its first step the job passes over an error and goes on setting up; then it fails in training."""
    return [
        *trained(9, 0),
        *corpus.frames(1),
        "ModuleNotFoundError: No module named 'apex_fused'",
        "dataset of 81,204 documents opened",
        "optimizer built with 312 groups",
        *corpus.noise("megatron", 60, 9),
        *corpus.frames(2),
        "ValueError: shard 7 holds 0 documents",
    ]


def left() -> list[str]:
    """The program ends by its own decision, in words that are no sign; the others' collective waits for it."""
    return [*trained(10, 80), "license server: no more seats, leaving", *corpus.FAILURES["nccl hang"][0]()[:2]]


def complained() -> list[str]:
    """No rhythm, and a complaint without a sign above much tidying up."""
    tidying = [f"closing reader {at}, {at * 7} bytes flushed" for at in range(400)]
    return ["+ python convert.py", "reading 12 shards", "shard 3 disagrees with its index", *tidying]


def warned() -> list[str]:
    """What is logged as a warning is not the cause while something else says more."""
    return [
        *trained(11, 40),
        "2026-01-05 10:02:01,100 WARNING cache: RuntimeError: CUDA out of memory, batch moved to the host",
        *corpus.noise("megatron", 2, 12),
        "2026-01-05 10:02:09,882 ERROR reader: part 7 came back empty",
    ]


STORIES: dict[str, Callable[[], list[str]]] = {
    "oom": lambda: [*trained(1), *corpus.FAILURES["oom"][0](), *teardown(120)],
    "hang": lambda: [*trained(2), *corpus.FAILURES["nccl hang"][0](), *teardown(60)],
    "chained": lambda: [*trained(3, 40), *corpus.FAILURES["chained"][0]()],
    "retried": retried,
    "killed": lambda: [*corpus.noise("hf trainer", 80), " 37%|###7  | 370/1000 [01:10<02:00, 5.2it/s]Killed"],
    "shell": lambda: ["+ bash run.sh", *corpus.FAILURES["shell"][0]()],
    "silent": lambda: [*trained(6), "saving checkpoint to /mnt/out/step_300"],
    "clock": clocked,
    "went on": went_on,
    "left": left,
    "complained": complained,
    "warned": warned,
    "secrets": lambda: [*(line for line, _ in corpus.SECRETS.values()), *corpus.FAILURES["module"][0]()],
    "long lines": lambda: [*trained(8, 20), *corpus.FAILURES["far in a line"][0]()],
}


def shown(story: str, mode: Mode) -> str:
    pattern = PATTERNS.get(story, "(?i)error") if mode == "grep" else None
    seen = view(
        STORIES[story](),
        mode=mode,
        pattern=pattern,
        failed=True,
        max_tokens=MOST,
        redactor=Redactor(corpus.ENV.items()),
        source=f"log of pod {POD.pod_id}",
        nonce="n0",
    )
    assert tokens(seen.text) <= MOST
    assert seen.printed + seen.folded + seen.left_out + seen.others == seen.lines
    return "\n".join([*header(POD, seen, mode), seen.text]) + "\n"


@pytest.mark.parametrize("mode", ["tail", "errors", "grep", "summary"])
@pytest.mark.parametrize("story", list(STORIES))
def test_an_answer_is_as_committed(story: str, mode: Mode, request: pytest.FixtureRequest) -> None:
    file = FOLDER / f"{story.replace(' ', '-')}.{mode}.txt"
    text = shown(story, mode)
    if request.config.getoption("--update-snapshots"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.exists(), "run `make snapshots`"
    assert text == file.read_text("utf-8")


def test_no_golden_is_left_of_a_story_that_is_gone() -> None:
    assert {file.stem.partition(".")[0] for file in FOLDER.glob("*.txt")} == {
        name.replace(" ", "-") for name in STORIES
    }
