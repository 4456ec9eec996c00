"""The accelerator, if this machine has one."""

import torch


def best_device() -> torch.device:
    """Return the device on which large work runs fastest here.

    Returns:
        The current accelerator as ``torch.accelerator`` knows it (CUDA, MPS, XPU, ...), else the CPU.
        Mind that MPS has no float64.
    """
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")
