"""
Label a live signal, beat by beat
=================================

A wearable sends its samples a few at a time. `BeatStream` finds the beats in them and
labels each as soon as it is certain, with a memory that does not grow.
"""

# %%
# Synthetic records stand in for real ones here, and a short training for a whole one,
# so that this runs in seconds: **its labels are no evidence**.

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.datasets import make_ecg

training = make_ecg(6, duration=60, random_state=0)
model = make_beat_pipeline(causal=True, n_epochs=6, random_state=0)
model = model.fit(training.data, training.target)

# %%
# Play a recording
# ----------------
# The samples of a patient whom the model has not seen come in pieces of a quarter of a
# second. ``push`` returns the beats that have become certain. ``sleep`` makes it real
# time; it is left out here.

import pandas as pd

from sklearn_ecg import BeatStream

patient = make_ecg(1, duration=30, random_state=11).records[0]
signal = patient.p_signal[:, 0]
stream = BeatStream(model, sampling_rate=patient.fs)
n_samples = patient.fs // 4
arrivals = []
for start in range(0, len(signal), n_samples):
    # time.sleep(0.25)
    beats = stream.push(signal[start : start + n_samples])
    arrivals.append(beats.assign(arrived=(start + n_samples) / patient.fs))
arrivals.append(stream.flush().assign(arrived=len(signal) / patient.fs))
beats = pd.concat(arrivals, ignore_index=True)
print(beats[["time", "arrived", "label"]].round(2).head())

# %%
# A label comes less than a second after its R peak, but for the first two seconds, from
# which the detector learns how high a beat is:

late = beats["arrived"] - beats["time"]
print(f"later than the R peak by {late.median():.2f} s (median)")

# %%
# What a screen would show
# ------------------------
# The trace has moved on by the time at which a label comes; here the labels stand where
# their beats are, and a line tells when each came.

import matplotlib.pyplot as plt

from sklearn_ecg.displays import BeatDisplay
from sklearn_ecg.records import recording_from_array

recording = recording_from_array(signal, patient.fs, "MLII", name="live")
shown = beats[(beats["time"] >= 10) & (beats["time"] < 20)]
display = BeatDisplay.from_recording(
    recording, shown["time"], shown["label"], start=10, duration=10
)
for arrived in shown["arrived"]:
    display.ax_.axvline(arrived, color="#888888", linewidth=0.6, linestyle=":")
plt.show()
