"""The global state of torch: lent to a fit, then given back as it was."""

import contextlib
import os
import threading

import numpy as np
import torch

# The default dtype, and the generator that initial weights and dropout draw from,
# belong to all threads.
_lock = threading.RLock()


def _wait_for_no_thread_of_the_parent():
    """Renew the lock, and compute in one thread: a fork copies no other thread."""
    global _lock
    _lock = threading.RLock()
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):  # Not on Windows, which doesn't fork.
    os.register_at_fork(after_in_child=_wait_for_no_thread_of_the_parent)


@contextlib.contextmanager
def ordinary_torch():
    """Compute as torch does by default for the length of a block, one at a time."""
    with (
        _lock,
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        _on_cpu(),
    ):
        dtype = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


def _on_cpu():
    """Make tensors on the CPU; a context that takes time, so only if it is needed."""
    return contextlib.nullcontext() if _makes_on_cpu() else torch.device("cpu")


def _makes_on_cpu():
    return torch.get_default_device().type == "cpu"


@contextlib.contextmanager
def ordinary_tensors():
    """Have a network that makes tensors make them as in a fit, and wait for none."""
    is_ordinary = torch.get_default_dtype() == torch.float32 and _makes_on_cpu()
    with contextlib.nullcontext() if is_ordinary else ordinary_torch():
        yield


@contextlib.contextmanager
def seeded(random, device):
    """Seed torch for the length of a block inside one of `ordinary_torch`."""
    device = torch.device(device)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        seed = random.randint(np.iinfo(np.int32).max)
        # Not torch.manual_seed, which reseeds the devices that are not forked too.
        torch.default_generator.manual_seed(seed)
        if devices:
            torch.cuda.manual_seed(seed)
        yield torch.Generator().manual_seed(random.randint(np.iinfo(np.int32).max))
