"""
From a Pipeline to C for a Cortex-M
===================================

A pruned network is quantized, written as C, and checked.
"""

# %%
# Train a Pipeline
# ----------------
# Synthetic records stand in for real ones: the scores mean nothing.

from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import make_ecg

beats = make_ecg(n_records=6, duration=120, random_state=0)
pipeline = make_pipeline(
    BeatSegmenter(),
    PrunedCNNClassifier(
        sparsity=0.9,
        module_params={"conv_channels": (8, 16, 32, 32), "n_hidden": 32},
        batch_size=32,
        random_state=0,
    ),
)
pipeline.fit(beats.data, beats.target)

# %%
# Quantize it
# -----------
# The quantized classifier computes in integers what the device will compute.

from sklearn_ecg.edge import quantize

quantized = quantize(pipeline, beats.data)
agreement = (quantized.predict(beats.data) == pipeline.predict(beats.data)).mean()
print(f"int8 and float agree on {100 * agreement:.1f} % of the beats")

# %%
# How sure the two are of each beat's class:

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
p_float = pipeline.predict_proba(beats.data).max(axis=1)
p_int8 = quantized.predict_proba(beats.data).max(axis=1)
axes.plot(p_float, p_int8, ".", markersize=3)
axes.set(xlabel="Probability in floating point", ylabel="Probability in int8")
axes.set_aspect("equal")

# %%
# Write it as C
# -------------

import tempfile
from pathlib import Path

from sklearn_ecg.edge import export_c

directory = Path(tempfile.mkdtemp())
export_c(quantized, directory)
header = (directory / "ecg_beat.h").read_text()
print(header[: header.index("#ifndef")])

# %%
# Count what it takes
# -------------------
# With gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm of Debian, the C
# is compiled for a Cortex-M4 and run in an emulator, on the beats of its self-test.

from sklearn_ecg.edge import profile

try:
    print(profile(directory))
except FileNotFoundError as error:
    print(error)
