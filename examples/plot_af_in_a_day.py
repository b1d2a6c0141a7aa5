"""
Atrial fibrillation in a day
============================

From a file to the hours of atrial fibrillation in it: when, how long, how fast, and
what else the labels of the beats say of the rhythm. **It is no diagnosis.**
"""

# %%
# A recording
# -----------
# Give the path of your own EDF, WFDB, DICOM or CSV file, and leave this part out. Here,
# two hours with two episodes of atrial fibrillation are made up and written as EDF; for
# three minutes, an electrode is off.

from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import edfio

from sklearn_ecg.datasets import make_ecg

made = make_ecg(
    1,
    duration=2 * 3600,
    sampling_rate=128,
    atrial_fibrillation=[(1500, 2700), (4800, 5220)],
    class_frequencies={"N": 0.955, "S": 0.015, "V": 0.03},
    random_state=0,
)
record = made.records[0]
record.p_signal[6000 * 128 : 6200 * 128] = 0
path = Path(mkdtemp()) / "night.edf"
signals = [
    edfio.EdfSignal(
        lead, 128, label=name, physical_dimension="mV", physical_range=(-6, 6)
    )
    for name, lead in zip(record.sig_name, record.p_signal.T, strict=True)
]
start = datetime(2026, 3, 12, 23, 17)
edfio.Edf(
    signals,
    recording=edfio.Recording(startdate=start.date()),
    starttime=start.time(),
).write(path)

# %%
# What is in it
# -------------
# A trained model of the box labels the beats. Labels and intervals say the rhythm.

from sklearn_ecg import annotate, load_pretrained

annotation = annotate(path, load_pretrained("ambulatory"))
print(annotation)

# %%
# The hours of atrial fibrillation
# --------------------------------
# ``episodes`` has a row for each episode of any kind, in seconds since the beginning.

import pandas as pd

episodes = annotation.episodes
af = episodes[episodes["kind"] == "AF"]
begin = annotation.recording.start_time + pd.to_timedelta(af["start"], unit="s")
table = pd.DataFrame(
    {
        "from": begin.dt.strftime("%H:%M:%S"),
        "minutes": (af["stop"] - af["start"]) / 60,
        "beats a minute": af["rate"],
        "certainty": af["certainty"],
    }
)
print(table.round(2).to_string(index=False))

# %%
# How much of the time is that? ``summary()`` says what each number is out of, and what
# was left out.

summary = annotation.summary()
print(summary.loc[["analysed time", "AF burden"], ["value", "unit", "out_of", "of"]])

# %%
# The day at a glance
# -------------------
# The band of the heart rate is wide where intervals are irregular. In the Lorenz plot,
# each interval is drawn against the next: the regular rhythm is a spot on the diagonal,
# and fibrillation a wide fan. Grey is what could not be analysed.

import matplotlib.pyplot as plt

display = annotation.plot_rhythm()
plt.show()

# %%
# Look at it
# ----------
# A person decides. Here are ten seconds from the middle of the longest episode: the
# intervals differ, and P waves are missing.

longest = af.loc[(af["stop"] - af["start"]).idxmax()]
middle = (longest["start"] + longest["stop"]) / 2
strip = annotation.plot(middle, middle + 10)
plt.show()

# %%
# For other programs, the episodes are a table, or marks in files of WFDB and EDF:

annotation.to_csv(path.with_suffix(".episodes.csv"), table="episodes")
marked = annotation.to_edf(path.with_name("night-labelled.edf"))

# %%
# How right is it?
# ----------------
# The record is made up, so it is known where the atria fibrillated:

truth = (made.rhythm == "AFIB").mean()
print(f"beats in AF: {truth:.1%}, told: {af['n_beats'].sum() / len(made.data):.1%}")

# %%
# How right it is where experts have annotated the rhythm is on the page "Results", and
# what each kind of episode is, in the user guide, "The rhythm in words".
