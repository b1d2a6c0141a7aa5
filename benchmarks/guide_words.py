"""What the guide says in words of live signals and summaries, from measured results."""

import textwrap


def strap_words(rows):
    """Say whether lost packets move a beat, and how late labels come."""
    beats, lost, different = rows[["beats", "lost", "different"]].sum()
    off = (rows["estimated"] / rows["clock_rate"] - 1).abs().max()
    late = rows[["late_50", "late_95"]].median()
    none = "none differs" if not different else f"{different:.0f} DIFFER"
    return textwrap.fill(
        f"Of {len(rows)} records of the MIT-BIH Arrhythmia Database, sent as by such a "
        f"strap with a clock up to 0.5 % off, {lost:.0f} of "
        f"{rows['packets'].sum():.0f} packets were lost. The {beats:.0f} beats are "
        f"compared with those of `annotate` on the recordings without what was lost: "
        f"{none}, in place, label or probability. The rate of the clock was found to "
        f"{1e6 * off:.1f} parts in a million. From R peak to label pass "
        f"{late['late_50']:.2f} s of signal (median), {late['late_95']:.2f} s at most "
        "for 95 % of the beats, of which the packet has 0.56 s "
        "(``benchmarks/stream.py --strap``).",
        88,
        break_on_hyphens=False,
    )


def summary_words(rows):
    """Say how many figures of summaries are what a second count says."""
    files = rows.groupby("database", sort=False)["record"].count()
    figures, different = rows[["figures", "different"]].sum()
    none = "All are the same" if not different else f"{different} ARE NOT THE SAME"
    return textwrap.fill(
        f"Every number is counted a second time, by loops that share no line with the "
        f"package: {figures} figures of {rows['beats'].sum()} annotations, those of "
        f"experts in {files['mitdb']} records of the MIT-BIH Arrhythmia Database and "
        f"{files['ltafdb']} of the Long-Term AF Database. {none} "
        "(``benchmarks/summary_counts.py``).",
        88,
        break_on_hyphens=False,
    )
