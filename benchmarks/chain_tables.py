"""Tables of devices: what chains say and take, and what differs from core to core."""

import textwrap

import pandas as pd
from harness import with_range

_WIDTH = 88
_TESTS = {"DS2": "DS2", "SVDB": "SVDB", "QTDB": "QT (European ST-T)"}
_GATE_TESTS = {
    "svdb": "supraventricular",
    "qtdb": "QT excerpts",
    "nsrdb": "normal sinus rhythm",
}
_CHAINS = {
    "box": "in the box",
    "leads": "two leads, wearable",
}
_TAKEN = {"flash": "Flash", "ram": "RAM", "a_second": "A second"}
_RECORDS = {
    "100": "100, nearly all normal",
    "119": "119, with V",
    "208": "208, with many V",
}
_WAYS = {
    "float": "float",
    "chain": "chain, 250 Hz",
    "chain, own rate": "chain, rate of the records",
}


def chain_table(rows):
    """Show scores of chains between patients, beside those of the float Pipeline."""
    rows = rows[rows["protocol"].isin(["inter", "more"])]
    lines = []
    for _, row in rows.iterrows():
        is_float = row["way"] == "float"
        agreement = "" if is_float else f"{100 * row['agreement']:.2f} %"
        lines.append(
            {
                "Trained on": row["trained"] if is_float else "",
                "Sparsity": f"{row['sparsity']:g}" if is_float else "",
                "Tested on": _TESTS[row["set"]] if is_float else "",
                "": _WAYS[row["way"]],
                "QRS Se": f"{100 * row['QRS Se']:.2f} %",
                "QRS +P": f"{100 * row['QRS +P']:.2f} %",
                "V F1": f"{row['VEB F1']:.3f}",
                "S F1": f"{row['SVEB F1']:.3f}",
                "Same label": agreement,
            }
        )
    return pd.DataFrame(lines)


def chain_device_table(rows):
    """Show what chains take on an emulated Cortex-M4."""
    kinds = {"more": "patients never seen", "intra": "known patients"}
    rows = rows[rows["protocol"].isin(kinds)]
    rows = rows.drop_duplicates(["protocol", "sparsity", "optimize", "options"])
    return pd.DataFrame(
        {
            "For": rows["protocol"].map(kinds),
            "Sparsity": rows["sparsity"].map("{:.2f}".format),
            "Exported": rows["optimize"],
            "Compiled": "``" + rows["options"] + "``",
            "Weights": rows["weights"].map("{:,}".format),
            "Flash": rows["flash"].map("{:,}".format),
            "RAM": rows["ram"].map("{:,}".format),
            "A sample": rows["a_sample"].map("{:.0f}".format),
            "at most": rows["longest_push"].map("{:.0f}".format),
            "A beat": rows["a_beat"].map("{:,.0f}".format),
            "A second": rows["a_second"].map("{:,.0f}".format),
            "µA": rows["microamperes"].map("{:.1f}".format),
        }
    )


def _kind(chain):
    """Return what a chain with a gate is called; the others are of seeds."""
    return _CHAINS.get(chain, "DS1")


def _named(kind, rows):
    """Say how many chains there are of a kind."""
    n_chains = rows["chain"].nunique()
    return f"{kind}, {n_chains} seeds" if n_chains > 1 else kind


def gate_table(rows):
    """Show what gates pass and lose: chains as they are, and medians over seeds."""
    lines = []
    for kind, of_kind in rows.groupby(rows["chain"].map(_kind), sort=False):
        is_box = kind == _CHAINS["box"]
        rest = "other records of MIT-BIH" if is_box else "DS2"
        for test, each in of_kind.groupby("set", sort=False):
            line = {
                "Chain": _named(kind, each),
                "Tested on": _GATE_TESTS.get(test, rest),
                "Passed": with_range(100 * each["passed"], "{:.0f} %".format),
            }
            for label, name in (("V", "VEB"), ("S", "SVEB")):
                lost = each[f"full {name}"] - each[f"gate {name}"]
                line[f"{label} F1"] = f"{each[f'gate {name}'].median():.3f}"
                line[f"{label}: lost at most"] = f"{lost.max():.4f}"
            lines.append(line)
    return pd.DataFrame(lines)


def gate_device_table(rows):
    """Show what gates save on an emulated Cortex-M4, medians over seeds."""
    is_first_way = rows["options"] == rows.groupby("chain")["options"].transform(
        "first"
    )
    rows, lines = rows[is_first_way], []
    for kind, of_kind in rows.groupby(rows["chain"].map(_kind), sort=False):
        for record, each in of_kind.groupby("record", sort=False):
            line = {
                "Chain": _named(kind, each),
                "Record": _RECORDS[str(record)],
            }
            for tells, name in ((False, "a second"), (True, "with rhythm")):
                own = each[each["rhythm"] == tells]
                gate, full = own[own["gate"]], own[~own["gate"]]
                line[name] = with_range(gate["a_second"], "{:,.0f}".format)
                line[f"{name}, no gate"] = f"{full['a_second'].median():,.0f}"
            told = each[each["rhythm"] & each["gate"]]
            line["longest poll"] = f"{told['longest_poll'].max():,.0f}"
            lines.append(line)
    return pd.DataFrame(lines)


def compiled_table(rows):
    """Show what chains with a gate take as they are compiled, in a normal record."""
    rows = rows[rows["gate"] & (rows["record"] == rows["record"].iloc[0])]
    lines = []
    for name, label in _CHAINS.items():
        for options, each in rows[rows["chain"] == name].groupby("options", sort=False):
            line = {"Chain": label, "Compiled": f"``{options}``"}
            for column, name in _TAKEN.items():
                for tells, end in ((False, ""), (True, ", with rhythm")):
                    [value] = each.loc[each["rhythm"] == tells, column]
                    line[name + end] = f"{value:,.0f}"
            lines.append(line)
    return pd.DataFrame(lines)


def smallest_table(rows):
    """Show how small the classifier alone can be: medians over random states."""
    lines = []
    for sparsity, of_sparsity in rows.groupby("sparsity"):
        accuracy = 100 * of_sparsity.groupby("seed")["accuracy"].first()
        line = {
            "Sparsity": f"{sparsity:g}",
            "Weights": f"{of_sparsity['weights'].median():.0f}",
            "Accuracy": f"{accuracy.median():.2f} % ({accuracy.min():.2f} to "
            f"{accuracy.max():.2f})",
        }
        for optimize, options in (("fast", "-O2"), ("speed", "-O2"), ("size", "-Os")):
            is_this = of_sparsity["optimize"] == optimize
            medians = of_sparsity[is_this & (of_sparsity["options"] == options)]
            medians = medians[["instructions", "flash", "ram"]].median()
            line[f"``{optimize}``, ``{options}``"] = " / ".join(
                f"{value:,.0f}" for value in medians
            )
        lines.append(line)
    return pd.DataFrame(lines)


def cores_table(rows):
    """Show what one classifier takes on each core, exported in two ways."""
    lines = []
    for cpu, of_cpu in rows.groupby("cpu", sort=False):
        line = {"Core": cpu}
        for _, row in of_cpu.iterrows():
            figures = (row["instructions"], row["flash"], row["ram"])
            line[f"``{row['optimize']}``"] = " / ".join(f"{n:,.0f}" for n in figures)
        lines.append(line)
    return pd.DataFrame(lines)


def cycles_table(rows):
    """Show what a chain takes in cycles on each core, as estimated."""
    shown = {
        "load": ("load", "load_next", "load_constant", "load_needed"),
        "store": ("store", "store_by_register"),
        "multiply": (
            "multiply",
            "multiply_add",
            "multiply_long",
            "multiply_add_long",
        ),
        "branch": ("taken", "call", "table", "not_taken"),
    }
    lines = []
    for cpu, of_cpu in rows.fillna(0).groupby("cpu", sort=False):
        first, last = of_cpu.iloc[0], of_cpu.iloc[-1]
        shares = {
            name: sum(first.get(f"n_{kind}", 0) for kind in kinds)
            / first["n_instructions"]
            for name, kinds in shown.items()
        }
        line = {"Core": cpu, "Instructions": f"{first['instructions']:,.0f}"}
        line |= {name.capitalize(): f"{share:.0%}" for name, share in shares.items()}
        line["Cycles"] = f"{first['cycles']:,.0f}"
        line["each"] = f"{first['cycles'] / first['instructions']:.2f}"
        line["Chip"] = last["chip"]
        line["Wait states"] = f"{last['wait_states']:.0f}"
        line["Cycles there"] = f"{last['cycles']:,.0f}"
        line["of its time"] = f"{last['share']:.2%}"
        lines.append(line)
    return pd.DataFrame(lines)


def chain_intra_words(rows):
    """Say what it costs within patients that the chain finds the beats itself."""
    rows = rows[rows["protocol"] == "intra"].set_index("way")
    chain, annotated = (
        100 * rows.loc[way, "accuracy"] for way in ("chain", "annotated")
    )
    return textwrap.fill(
        f"Within patients the chain labels {chain:.2f}% of the beats right, missed "
        "ones counted as wrong; with annotated R peaks, aligned with the detector's, "
        f"the same network in integers labels {annotated:.2f}% right.",
        _WIDTH,
    )


def chain_words(rows):
    """Say what the model in the box takes on a device."""
    small, fast = _of_the_box(rows)
    return textwrap.fill(
        f"On an emulated Cortex-M4 all of it takes {small['flash']:,} bytes of flash, "
        f"{small['ram']:,} of RAM and {small['a_second']:,.0f} instructions a second "
        "at 250 Hz and 75 beats a minute, compiled with `-Os`; with `-O2` "
        f"{fast['flash']:,} bytes, {fast['ram']:,} and {fast['a_second']:,.0f}. No "
        f"push of a sample takes more than {small['longest_push']} instructions.",
        _WIDTH,
    )


def chain_short_words(rows):
    """Say the same in one sentence."""
    small, _ = _of_the_box(rows)
    return textwrap.fill(
        f"On an emulated Cortex-M4 it takes {small['flash']:,} bytes of flash, "
        f"{small['ram']:,} of RAM and {small['a_second']:,.0f} instructions a second.",
        _WIDTH,
    )


def _of_the_box(rows):
    """Return what it takes compiled with -Os, and with -O2."""
    is_box = (rows["protocol"] == "box") & (rows["optimize"] == "speed")
    rows = rows[is_box].set_index("options")
    return rows.loc["-Os"], rows.loc["-O2"]
