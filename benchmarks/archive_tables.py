"""What is said of archives and of the way to a first label, from the measured rows."""

import textwrap

import pandas as pd

_WIDTH = 88


def archive_words(path):
    """Say what a second process gains, what kills left, and what memory it takes."""
    if not path.is_file():
        return "Not measured yet."
    [row] = pd.read_csv(path).to_dict("records")
    same = "the same, byte for byte" if row["same files"] else "NOT THE SAME"
    return textwrap.fill(
        f"{row['recordings']} recordings of half an hour take the model "
        f"``{row['model']}`` {row['one process, s']:.0f} s in one process and "
        f"{row['two processes, s']:.0f} s in two, {row['ratio']:.2f} times as fast "
        f"({row['machine']}). Killed {row['kills']} times at random and gone on with, "
        f"their files are {same}. A worker takes at most {row['MB of half hours']} MB, "
        f"and {row['MB of days']} MB with recordings of 24 hours; most of that is the "
        "libraries that it imports.",
        _WIDTH,
        break_on_hyphens=False,
    )


def friction_table(rows):
    """Show how long it takes to the help, the package, and a first label."""
    return pd.DataFrame(
        {
            "What": "``" + rows["what"] + "``",
            "Processor": rows["cpu_s"].map("{:.2f} s".format),
            "Clock": rows["wall_s"].map("{:.2f} s".format),
        }
    )
