"""The machine a run works on: the processes torchrun started, the device of each, and the memory there is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed as dist

_NICENESS = 10


def give_way() -> None:
    """Take the processor time that nobody else wants: a try-on beside a training run must not wait for it."""
    if not hasattr(os, "nice"):
        return
    os.nice(_NICENESS)
    # Linux shares time out among sessions first and only then among the processes of each. The app gives a run a session of
    # its own, which therefore has to step back as a whole; a session shared with others is theirs, and stays as it is.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


@contextlib.contextmanager
def joined(device: str) -> Iterator[None]:
    """Join the process group torchrun describes in the environment (gloo on CPUs, nccl on GPUs); nothing without one."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or dist.is_initialized():
        yield
        return
    chosen = pick_device(device)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield
        dist.barrier()  # who leaves first would take the connection from those still at work
    finally:
        dist.destroy_process_group()


def pick_device(name: str) -> torch.device:
    """ "auto" → this process's CUDA device where there is one, else the CPU."""
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def out_of_memory(error: Exception) -> bool:
    """Whether an exception of torch or Python means that memory ran out."""
    text = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in text or "not enough memory" in text


def free_memory() -> int | None:
    """Megabytes of memory that programs can still have; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None
