# ruff: noqa: E501 (as wide as the logs it imitates)
"""As healthy.py, written later for the cases of unseen.txt: other trainers, other survivals, other aftermaths. Seeded."""

import random
from collections.abc import Callable, Iterator
from itertools import count, islice

Lines = Iterator[str]


def fairseq(dice: random.Random) -> Lines:
    for step in count(100, 100):
        yield f'2026-01-05 10:{step // 6000 % 60:02d}:{step // 100 % 60:02d} | INFO | train_inner | {{"epoch": 1, "update": {step / 9000:.3f}, "loss": "{dice.uniform(5, 9):.3f}", "ppl": "{dice.uniform(40, 90):.2f}", "wps": "{dice.randint(9000, 9999)}", "num_updates": "{step}", "lr": "0.000{dice.randint(10, 99)}"}}'


def torchvision(dice: random.Random) -> Lines:
    for step in count(0, 10):
        yield f"Epoch: [{step // 1250}]  [{step % 1250:4d}/1250]  eta: 0:1{step % 9}:22  lr: 0.1  img/s: {dice.uniform(300, 400):.3f}  loss: {dice.uniform(3, 5):.4f} ({dice.uniform(3, 5):.4f})  acc1: {dice.uniform(9, 40):.4f}  max mem: 7102"


def yolo(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"      {step // 99 + 1}/300      6.41G      {dice.random():.3f}      {dice.random():.3f}      1.{dice.randint(100, 999)}        {dice.randint(90, 250)}        640: {step % 99:3d}%|{'━' * (step % 10):10}| {step % 99}/98 [00:{step % 60:02d}<00:31, 6.{step % 10}it/s]"


def grpo(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"(TaskRunner pid=3301) step:{step} - actor/pg_loss:{dice.uniform(-1, 1):.4f} - critic/rewards/mean:{dice.random():.4f} - response_length/mean:{dice.randint(300, 900)}.0 - timing_s/step:{dice.uniform(50, 70):.2f}"


def nemo(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"Training epoch 0, iteration {step}/19999 | lr: {dice.random() / 1e4:.3e} | global_batch_size: 512 | global_step: {step} | reduced_train_loss: {dice.uniform(1, 9):.3f} | train_step_timing in s: {dice.uniform(3, 4):.2f} | consumed_samples: {step * 512}"


def lightgbm(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"[{step}]\tvalid_0's binary_logloss: {dice.random():.6f}\tvalid_0's auc: {dice.random():.6f}"


def sb3(dice: random.Random) -> Lines:
    for step in count(1):
        yield from (
            "-" * 33,
            "| time/              |          |",
            f"|    fps             | {dice.randint(800, 999)}      |",
            f"|    iterations      | {step}        |",
            f"|    total_timesteps | {step * 2048}    |",
            f"|    ep_rew_mean     | {dice.random():.2f}     |",
            "-" * 33,
        )


def json_lines(dice: random.Random) -> Lines:
    for step in count(1):
        yield f'{{"ts": "2026-01-05T10:{step // 60 % 60:02d}:{step % 60:02d}Z", "level": "info", "event": "train", "step": {step}, "loss": {dice.uniform(2, 3):.4f}, "tokens_per_s": {dice.randint(9000, 9999)}}}'


def glog(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"I0105 10:{step // 60 % 60:02d}:{step % 60:02d}.551120   881 trainer.py:204] step {step}: train_loss={dice.uniform(2, 3):.4f} steps_per_sec={dice.uniform(3, 4):.2f}"


def chatty(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"batch {step} done in {dice.uniform(0.1, 0.9):.2f}s"
        if step % 7 == 0:
            yield f"queue depth {dice.randint(1, 90)}, cache hits {dice.randint(1, 9999)}"
        if step % 50 == 0:
            yield f"saved /mnt/ckpt/step-{step}.pt in {dice.uniform(3, 9):.1f} s"


def multi(dice: random.Random) -> Lines:
    for step in count(1):
        for who in dice.sample(range(4), 4):
            yield f"[default{who}]:step={step} loss={dice.uniform(2, 3):.4f} gnorm={dice.random():.3f}"


RHYTHMS: dict[str, Callable[[random.Random], Lines]] = {
    "fairseq": fairseq, "torchvision": torchvision, "yolo": yolo, "grpo": grpo, "nemo": nemo, "lightgbm": lightgbm, "sb3": sb3,
    "json": json_lines, "glog": glog, "chatty": chatty, "multi": multi,
}  # fmt: skip

STARTUP = (
    "=========== launching on 4 nodes ===========", "Python 3.11.9, torch 2.6.0+cu124", "git commit 3f1c2aa", "reading configs/base.yaml",
    "seed everything with 17", "downloading tokenizer: done", "fetched 40 shards in 12.1 s", "compile cache at /root/.cache/inductor",
    "mixed precision bf16", "activation checkpointing on", "[INFO] mesh shape (4, 8)", "trainable parameters 8,030,261,248",
    "pre-allocating 40 GiB of pinned memory", "warm-up of 3 steps", "evaluation every 500 steps", "profiler off",
)  # fmt: skip


def healthy(name: str, lines: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    start = dice.sample(STARTUP, dice.randint(7, len(STARTUP)))
    return start if name == "none" else [*start, *islice(RHYTHMS[name](dice), lines)]


SURVIVED = (
    ["ERROR:root:sample 881 could not be decoded", "Traceback (most recent call last):", '  File "/workspace/ds.py", line 51, in __getitem__', "    img = decode(raw)", "OSError: image file is truncated (12 bytes not processed)"],
    ["[rank0]:[W105 10:20:00.551 socket.cpp:759] [c10d] The client socket has failed to connect to [dlc-master-0]:23456 (errno: 111 - Connection refused)."],
    ["Traceback (most recent call last):", '  File "/usr/lib/python3/site-packages/wandb/sdk/lib/retry.py", line 131, in __call__', "    result = self._call_fn(*args, **kwargs)", "requests.exceptions.ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))"],
    ["2026-01-05 10:20:00 | ERROR | checkpoint | upload of step-100 failed: disk quota exceeded on the mirror"],
    ["ImportError: cannot import name 'rms_norm' from 'fused_ops'"],
    ["OSError: [Errno 28] No space left on device: '/tmp/cache/part-3'"],
    ["FAILED eval on shard 3: AssertionError: expected 100 rows, got 99"],
)  # fmt: skip


def teardown(lines: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    out: list[str] = []
    while len(out) < lines:
        who, second = dice.randint(0, 15), dice.randint(10, 59)
        out += dice.choice(_AFTER)(who, second)
    return out[:lines]


_AFTER: tuple[Callable[[int, int], list[str]], ...] = (
    lambda who, second: [f"[{who}] stopping prefetch thread {second}"],
    lambda who, second: [f"dlc-worker-1:{900 + who}:{second}99 [{who % 8}] NCCL INFO [Service thread] Connection closed by localRank {who % 8}"],
    lambda who, second: [f"[default{who}]:Traceback (most recent call last):", f'[default{who}]:  File "/workspace/run.py", line {second}, in <module>', f"[default{who}]:    loss.backward()", f"[default{who}]:RuntimeError: NCCL communicator was aborted on rank {who}."],
    lambda who, second: [f"[rank{who}]:[E105 10:50:{second}.551 ProcessGroupNCCL.cpp:1595] [PG ID 0 Rank {who}] Received a dump signal due to a collective timeout from rank 3 and we will try our best to dump the debug info."],
    lambda who, second: [f"ERROR 2026-01-05 10:50:{second} metrics exporter: push failed, connection refused ({who})"],
    lambda who, second: ["terminate called after throwing an instance of 'c10::DistBackendError'", f"  what():  [PG ID 0 PG GUID 0(default_pg) Rank {who}] NCCL watchdog thread terminated with exception: NCCL error: remote process exited or there was a network error"],
    lambda who, second: [f"dlc-worker-1:{900 + who}:{second}99 [{who % 8}] misc/socket.cc:58 NCCL WARN socketProgress: Connection closed by remote peer dlc-worker-{who}<4{second}1>"],
    lambda who, second: ["Process DataLoaderWorker:", "Traceback (most recent call last):", '  File "/usr/lib/python3/multiprocessing/queues.py", line 239, in _feed', "    obj = _ForkingPickler.dumps(obj)", "KeyboardInterrupt"],
    lambda who, second: [f"[2026-01-05 10:50:{second},551] [INFO] [launch.py:319:sigkill_handler] Killing subprocess {4000 + who}"],
    lambda who, second: [f"INFO:storage:multipart upload {who} aborted, part {second} discarded", f"INFO:storage:temporary file /tmp/part-{second} removed"],
    lambda who, second: [f"slurmstepd: error: *** STEP 99.0 ON node{who} CANCELLED AT 2026-01-05T10:50:{second} ***"],
    lambda who, second: [f"*** SIGTERM received at time=17676098{second} on cpu {who} ***", f"PC: @     0x7f{second}ab  (unknown)  epoll_wait"],
    lambda who, second: [f"(raylet) [2026-01-05 10:50:{second},551 E 881 881] node_manager.cc:3041: {who} Workers (tasks / actors) killed due to job finish"],
)  # fmt: skip
