# ruff: noqa: E501 (as wide as the logs it imitates)
"""Healthy logs of many trainers, what an earlier survived error looks like, and what is said after a failure.

Original text in the formats of the tools it imitates; seeded."""

import random
from collections.abc import Callable, Iterator
from itertools import count, islice

Lines = Iterator[str]


def hf(dice: random.Random) -> Lines:
    for step in count(1):
        bar = f"{step % 100:3d}%|{'█' * (step % 10):10}| {step}/5000 [0{step % 9}:12<1:02:03,  1.{step % 90:02d}s/it]"
        yield bar
        if step % 5 == 0:
            yield f"{{'loss': {dice.uniform(1, 2):.4f}, 'grad_norm': {dice.random():.3f}, 'learning_rate': {dice.random() / 1e4:.3e}, 'epoch': {step / 900:.2f}}}"


def megatron(dice: random.Random) -> Lines:
    for step in count(1):
        yield (
            f" [2026-01-05 10:{step // 60 % 60:02d}:{step % 60:02d}] iteration {step:8d}/  500000 | consumed samples: {step * 1024:12d} | elapsed time per "
            f"iteration (ms): {dice.uniform(800, 900):.1f} | learning rate: {dice.random() / 1e4:.6E} | lm loss: {dice.uniform(2, 3):.6E} | grad norm: {dice.random():.3f} |"
        )


def deepspeed(dice: random.Random) -> Lines:
    for step in count(10, 10):
        clock = f"2026-01-05 10:{step // 600 % 60:02d}:{step // 10 % 60:02d},{step % 1000:03d}"
        yield f"[{clock}] [INFO] [logging.py:96:log_dist] [Rank 0] step={step}, skipped=0, lr=[{dice.random() / 1e4}], mom=[(0.9, 0.95)]"
        yield f"[{clock}] [INFO] [timer.py:260:stop] epoch=0/micro_step={step * 4}/global_step={step}, RunningAvgSamplesPerSec={dice.uniform(30, 40):.3f}, MemAllocated=11.2GB"


def lightning(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"Epoch {step // 400}: {step % 400 // 4:3d}%|{'#' * (step % 10):10}| {step % 400}/400 [00:{step % 60:02d}<01:10,  5.{step % 10}1it/s, v_num=3, train_loss={dice.random():.3f}]"


def printed(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"step {step} loss {dice.uniform(2, 3):.4f} lr {dice.random() / 1e4:.2e} tok/s {dice.randint(9000, 9999)}"


def keras(dice: random.Random) -> Lines:
    for step in count(1):
        if step % 60 == 1:
            yield f"Epoch {step // 60 + 1}/100"
        yield f"{step % 60:4d}/60 [{'=' * (step % 30)}>{'.' * (29 - step % 30)}] - ETA: {60 - step % 60}s - loss: {dice.random():.4f} - accuracy: {dice.random():.4f}"


def xgboost(dice: random.Random) -> Lines:
    for step in count():
        yield f"[{step}]\ttrain-rmse:{dice.random():.5f}\teval-rmse:{dice.random():.5f}"


def paddle(dice: random.Random) -> Lines:
    for step in count(10, 10):
        yield f"[2026/01/05 10:{step // 60 % 60:02d}:{step % 60:02d}] ppcls INFO: [Train][Epoch {step // 900}/90][Iter: {step % 900}/900]lr(CosineDecay): 0.0{dice.randint(1, 9)}, CELoss: {dice.random():.5f}, batch_cost: 0.31s, ips: {dice.uniform(400, 440):.2f} samples/s, eta: 1:0{step % 9}:11"


def horovod(dice: random.Random) -> Lines:
    for step in count(1):
        for who in range(4):
            yield f"[1,{who}]<stdout>:Step #{step}\tLoss: {dice.uniform(2, 3):.6f}"


def ray(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"(RayTrainWorker pid=33{step % 4:02d}, ip=10.0.0.{step % 4}) [epoch {step // 100}] batch {step % 100}/100 loss={dice.random():.4f}"


def tqdm(dice: random.Random) -> Lines:
    for step in count(1):
        frames = (
            f"train: {step % 100}%|{'▏' * (step % 9):9}| {step}/9000 [0{i}:12<1:02:03,  1.{i}2it/s, loss={dice.random():.3f}]"
            for i in range(3)
        )
        yield "\r".join(frames)


def ranks(dice: random.Random) -> Lines:
    for step in count(1):
        for who in range(8):
            yield f"[rank{who}]: iter {step}: loss {dice.uniform(2, 3):.4f}, time {dice.uniform(80, 90):.2f}ms, mfu 41.{step % 99:02d}%"


def mindspore(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"epoch: {step // 1000 + 1} step: {step % 1000 + 1}, loss is {dice.uniform(1, 3):.6f}"
        if step % 20 == 0:
            yield f"per step time: {dice.uniform(90, 110):.3f} ms, train epoch time: {dice.uniform(1900, 2100):.3f} ms"


def mmengine(dice: random.Random) -> Lines:
    for step in count(50, 50):
        yield f"2026/01/05 10:{step // 3000 % 60:02d}:{step // 50 % 60:02d} - mmengine - INFO - Epoch(train) [1][{step:5d}/9000]  lr: 1.0000e-04  eta: 3:{step % 60:02d}:10  time: 0.4{dice.randint(10, 99)}  data_time: 0.0{dice.randint(10, 99)}  memory: 9812  loss: {dice.random():.4f}"


def torchtitan(dice: random.Random) -> Lines:
    for step in count(10, 10):
        yield f"[titan] 2026-01-05 10:{step // 600 % 60:02d}:{step // 10 % 60:02d},551 - root - INFO - step: {step:5d}  loss: {dice.uniform(2, 5):8.4f}  memory: 47.{step % 90:02d}GiB(59.5%)  tps: {dice.randint(6000, 6999):,}  mfu: 41.{step % 90:02d}%"


def spark(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"26/01/05 10:{step // 60 % 60:02d}:{step % 60:02d} INFO scheduler.TaskSetManager: Finished task {step}.0 in stage 4.0 (TID {step + 90}) in {dice.randint(100, 999)} ms on node-{step % 9} (executor {step % 9}) ({step}/9000)"


def chinese(dice: random.Random) -> Lines:
    for step in count(1):
        yield f"【训练】第 {step} 步完成，损失 {dice.random():.4f}，学习率 0.0001，预计剩余 {step % 60} 分钟"


RHYTHMS: dict[str, Callable[[random.Random], Lines]] = {
    "hf": hf, "megatron": megatron, "deepspeed": deepspeed, "lightning": lightning, "print": printed, "keras": keras,
    "xgboost": xgboost, "paddle": paddle, "horovod": horovod, "ray": ray, "tqdm": tqdm, "ranks": ranks, "mindspore": mindspore,
    "mmengine": mmengine, "torchtitan": torchtitan, "spark": spark, "chinese": chinese,
}  # fmt: skip


def startup(dice: random.Random) -> list[str]:
    """The lines before the first step, some of which look like problems."""
    pool = [
        "+ export NCCL_DEBUG=WARN",
        f"dlc-worker-0:881:881 [0] NCCL INFO Bootstrap : Using eth0:10.0.0.{dice.randint(2, 9)}<0>",
        "2026-01-05 10:00:01.100 INFO config: {'lr': 0.0003, 'on_error': 'raise', 'max_restarts': 3}",
        "/usr/lib/python3/site-packages/torch/cuda/__init__.py:61: FutureWarning: The pynvml package is deprecated.",
        f"Loading checkpoint shards: 100%|██████████| 4/4 [00:0{dice.randint(1, 9)}<00:00,  1.21it/s]",
        "[2026-01-05 10:00:03,120] [WARNING] [runner.py:203:fetch_hostfile] Unable to find hostfile, will proceed with local resources only.",
        f"number of parameters: {dice.randint(100, 999)}.31M",
        f"building dataset index ... {dice.randint(10, 99)} files, seed {dice.randint(1, 99)}",
        "2026-01-05 10:00:04.001: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized",
        "fused kernels compiled; flash attention is on",
        f"world size {dice.choice((8, 16, 64))}, tensor parallel 2, pipeline parallel 4",
        "wandb: Tracking run with wandb version 0.19.1",
        "tokenizer loaded, vocabulary of 128256",
        "optimizer: AdamW, weight decay 0.1, betas (0.9, 0.95)",
        "dataloader: 8 workers, prefetch 4, drop_last",
    ]
    return dice.sample(pool, dice.randint(6, len(pool)))


def healthy(name: str, lines: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    if name == "none":
        return startup(dice)
    return [*startup(dice), *islice(RHYTHMS[name](dice), lines)]


SURVIVED = (
    ["Traceback (most recent call last):", '  File "/workspace/data.py", line 31, in fetch', "    return client.get(key)", "TimeoutError: shard 41 was not delivered in 30 s"],
    ["Traceback (most recent call last):", '  File "/workspace/log.py", line 9, in push', "    sock.send(row)", "ConnectionResetError: [Errno 104] Connection reset by peer"],
    ["2026-01-05 10:20:00,551 ERROR metrics: could not push 31 points to the gateway"],
    ["RuntimeError: CUDA out of memory. Tried to allocate 9.00 GiB. GPU 0 has 79.15 GiB"],
    ["ModuleNotFoundError: No module named 'apex_fused'"],
    ["dlc-worker-0:881:1904 [0] NCCL WARN Call to getaddrinfo failed: Temporary failure in name resolution"],
    ["Traceback (most recent call last):", '  File "/workspace/eval.py", line 77, in bleu', "    score = metric(rows)", "ZeroDivisionError: division by zero"],
    ["cp: cannot stat '/mnt/ckpt/last': No such file or directory"],
    ["E0105 10:20:00.551120   881 client.cc:88] upload of part 3 failed: 503 Service Unavailable"],
    ["huggingface_hub.utils._errors.HfHubHTTPError: 429 Client Error: Too Many Requests for url: https://hub.example.org/api"],
)  # fmt: skip


def teardown(lines: int, seed: int) -> list[str]:
    """The output of the other ranks after a failure."""
    dice = random.Random(seed)
    out: list[str] = []
    while len(out) < lines:
        out += _said(dice, dice.randint(0, 7), dice.randint(10, 59))
    return out[:lines]


def _said(dice: random.Random, who: int, second: int) -> list[str]:
    frames = [
        f'  File "/usr/lib/python3/site-packages/torch/distributed/c10d.py", line {dice.randint(9, 999)}, in all_reduce',
        "    work.wait()",
    ]
    pool = [
        [f"W0105 10:45:{second}.310 71 torch/distributed/elastic/multiprocessing/api.py:897] Sending process {80 + who} closing signal SIGTERM"],
        [f"dlc-worker-0:{880 + who}:1904 [{who}] NCCL INFO comm 0x55d0{second} rank {who} nranks 8 cudaDev {who} busId 1b000 - Abort COMPLETE"],
        [f"[rank{who}]: {line}" for line in ("Traceback (most recent call last):", *frames, "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:2251, remote process exited or there was a network error")],
        [f"[rank{who}]:[E105 10:45:{second}.912 ProcessGroupNCCL.cpp:683] [Rank {who}] Some NCCL operations have failed or timed out."],
        ["Traceback (most recent call last):", *frames, f"torch.distributed.elastic.multiprocessing.api.SignalException: Process {70 + who} got signal: 15"],
        [f"[rank{who}]:[W105 10:45:{second}.310 TCPStore.cpp:125] recvValue failed on SocketImpl(fd=41): failed to recv, got 0 bytes"],
        [f"[{second}] closing data loader worker {who}", "waiting for 3 background threads to finish"],
        [f"wandb: uploading summary ({second}/60), retrying", "wandb: Synced 5 W&B file(s)"],
        ["/usr/lib/python3/multiprocessing/resource_tracker.py:254: UserWarning: resource_tracker: There appear to be 6 leaked semaphore objects to clean up at shutdown"],
        ["Exception ignored in: <function Pool.__del__ at 0x7f31>", "Traceback (most recent call last):", '  File "/usr/lib/python3/multiprocessing/pool.py", line 268, in __del__', "ResourceWarning: unclosed running multiprocessing pool"],
        [f"frame #{who}: c10d::ProcessGroupNCCL::watchdogHandler() + 0x{second}ab (0x7f31 in libtorch_cuda.so)"],
        [f"[rank{who}]: BrokenPipeError: [Errno 32] Broken pipe"],
        [f"2026-01-05 10:45:{second},551 INFO agent: heartbeat {second} ok", f"2026-01-05 10:45:{second},601 INFO agent: released lease {who}"],
    ]  # fmt: skip
    return dice.choice(pool)


_CALLS = ("main", "train", "run_step", "forward", "__call__", "fetch", "load", "build", "launch", "wrapper", "inner")


def expand(row: str, seed: int) -> list[str]:
    """`%frames 5` is a traceback's head with so many frames; `%torchrun 12 -11` the report of torchrun on a rank."""
    name, *words = row[1:].split()
    dice = random.Random(seed)
    if name == "frames":
        return _frames(int(words[0]), dice)
    who, code = int(words[0]), int(words[1])
    rule = "=" * 60
    return [
        *_frames(3, dice),
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
        rule, "train.py FAILED", "-" * 60, "Failures:", "  <NO_OTHER_FAILURES>", "-" * 60, "Root Cause (first observed failure):", "[0]:",
        "  time      : 2026-01-05_10:44:02",
        f"  host      : dlc-worker-{who // 8}",
        f"  rank      : {who} (local_rank: {who % 8})",
        f"  exitcode  : {code} (pid: {80 + who})",
        "  error_file: <N/A>",
        f"  traceback : {'Signal ' + str(-code) if code < 0 else 'To enable traceback see: https://example.org/errors.html'}",
        rule,
    ]  # fmt: skip


def _frames(depth: int, dice: random.Random) -> list[str]:
    out = ["Traceback (most recent call last):"]
    for level in range(depth):
        call = dice.choice(_CALLS)
        out.append(
            f'  File "/usr/lib/python3/site-packages/pkg/mod_{level}.py", line {dice.randint(9, 999)}, in {call}'
        )
        out.append(f"    return self._{call}(*args, **kwargs)")
    return out
