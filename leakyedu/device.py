"""The accelerator, if this machine has one, and the memory that is left."""

import os
from pathlib import Path

import torch

# Kinds of devices that have no float64.
WITHOUT_FLOAT64 = {"mps"}


def best_device() -> torch.device:
    """Return the device on which large work runs fastest here.

    Returns:
        The current accelerator as ``torch.accelerator`` knows it (CUDA, MPS, XPU, ...), else the CPU.
        Mind that MPS has no float64.
    """
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def devices() -> list[torch.device]:
    """Return the devices that torch can work on here, the CPU first."""
    found = [torch.device("cpu")]
    if torch.accelerator.is_available():
        kind = torch.accelerator.current_accelerator().type
        found += [torch.device(kind, index) for index in range(torch.accelerator.device_count())]
    return found


def free_memory(device: torch.device) -> int | None:
    """Return how many bytes a new tensor on ``device`` may take; None where nobody tells.

    On Linux a container's own limit counts too: a notebook server in the cloud sees the memory of the
    whole machine and is ended at its small share.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch holds for later it gives to the new tensor first.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type != "cpu" or not hasattr(os, "sysconf"):
        return None
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    if _MEMORY.exists():
        limits.append(1024 * _numbers(_MEMORY)["MemAvailable:"])
    limit = _CONTAINER / "memory.max"
    if limit.exists() and (most := limit.read_text().strip()) != "max":
        # What is cached from files is given back when it is wanted.
        limits.append(int(most) - _numbers(_CONTAINER / "memory.stat")["anon"])
    return max(0, min(limits))


_MEMORY, _CONTAINER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def _numbers(path: Path) -> dict[str, int]:
    """Return the numbers of a file with a name and a number in each line."""
    lines = path.read_text(encoding="ascii").splitlines()
    return {name: int(number) for name, number, *_ in map(str.split, lines)}
