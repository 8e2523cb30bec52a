"""Formats in which trainers of several frameworks report a step; training.py has Megatron's and Hugging Face's."""

from pai_dlc_mcp.emulator.scenarios import training
from pai_dlc_mcp.emulator.scenarios.scenario import Run
from pai_dlc_mcp.emulator.scenarios.training import Report


def plain(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    return f"{run.stamp(at)} INFO train: step {step} loss {loss:.4f} lr {3e-4 * (1 - step / (total + 1)):.3e}"


def nanogpt(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    return f"iter {step}: loss {loss:.4f}, time {pace * 1000 + grad_norm * 10:.2f}ms, mfu {40 + grad_norm:.2f}%"


def lightning(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    """A progress bar: the frames of one step in one record, separated by carriage returns."""
    frames = [f"Epoch {step // 100}: {part}%|{'#' * (part // 10):<10}| {step % 100}/100" for part in (50, 100)]
    return "\r".join(
        f"{frame} [00:{step % 60:02d}<00:10, {1 / pace:.2f}it/s, v_num=0, loss={loss:.3f}]" for frame in frames
    )


def epochs(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    epoch, batch = divmod(step, 40)
    return f"Epoch {epoch + 1}/{total // 40 + 1} - batch {batch}/40 - loss: {loss:.4f} - accuracy: {1 / (1 + loss):.4f}"


def keras(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    return f"{step}/{total} [{'=' * (20 * step // total)}>] - ETA: {int((total - step) * pace)}s - loss: {loss:.4f}"


def deepspeed(run: Run, at: float, step: int, total: int, loss: float, pace: float, grad_norm: float) -> str:
    stamp = run.stamp(at)
    return (
        f"[{stamp}] [INFO] [timer.py:264:stop] epoch=0/micro_step={step}/global_step={step}, RunningAvgSamplesPerSec="
        f"{512 / pace:.3f}, loss={loss:.4f}, MemAllocated=24.19GB, MaxMemAllocated=61.02GB"
    )


REPORTS: dict[str, Report] = {
    "hugging_face": training.hugging_face,
    "megatron": training.megatron,
    "step_loss": plain,
    "nanogpt": nanogpt,
    "lightning": lightning,
    "epochs": epochs,
    "keras": keras,
    "deepspeed": deepspeed,
}
