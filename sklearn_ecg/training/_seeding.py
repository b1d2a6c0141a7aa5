"""Chance in torch: seeded for the length of a fit, and then as it was."""

import contextlib
import threading

import numpy as np
import torch

# Initial weights and dropout draw from torch's global generator, which threads share.
_ONE_FIT_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def seeded(random, device):
    """Seed torch for the length of a block."""
    device = torch.device(device)
    devices = [device] if device.type == "cuda" else []
    with _ONE_FIT_AT_A_TIME, torch.random.fork_rng(devices=devices):
        seed = random.randint(np.iinfo(np.int32).max)
        # Not torch.manual_seed, which reseeds the devices that are not forked too.
        torch.default_generator.manual_seed(seed)
        if devices:
            torch.cuda.manual_seed(seed)
        yield torch.Generator().manual_seed(random.randint(np.iinfo(np.int32).max))
