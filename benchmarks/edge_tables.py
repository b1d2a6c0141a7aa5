"""Tables of what exported classifiers take, from the rows of `edge.py`."""

import textwrap

import pandas as pd
from paper_report import sparsity_name


def edge_table(rows):
    flash = rows["flash_code"] + rows["flash_weights"]
    return pd.DataFrame(
        {
            "Protocol": rows["protocol"],
            "Sparsity": sparsity_names(rows),
            "Activations": rows["activations"],
            "Non-zero": rows["n_nonzero"].map("{:,.0f}".format),
            "MACs": rows["macs"].map("{:,.0f}".format),
            "Accuracy, float": rows["float_accuracy"].map("{:.2%}".format),
            "int8": rows["int8_accuracy"].map("{:.2%}".format),
            "Same label": rows["agreement"].map("{:.2%}".format),
            "Instructions": rows["instructions"].map("{:,.0f}".format),
            "naive float C": rows["instructions_naive_float"].map("{:,.0f}".format),
            "Flash": flash.map("{:,.0f}".format),
            "RAM": ram_of(rows).map("{:,.0f}".format),
        }
    )


def ram_of(rows):
    """Bytes of RAM: scratch buffer, what the caller hands over, and stack."""
    return rows["ram_static"] + rows["ram_buffers"] + rows["stack"]


def edge_words(rows):
    """Say what the network takes that was trained straight to its sparsity."""
    straight = rows.iloc[-2:].set_index("activations")
    takes = {
        width: (
            f"{row['instructions']:,.0f} instructions a beat, "
            f"{row['flash_code'] + row['flash_weights']:,.0f} bytes of flash and "
            f"{ram_of(row):,.0f} of RAM, and labels "
            f"{row['int8_accuracy']:.2%} of the test beats right"
        )
        for width, row in straight.iterrows()
    }
    words = (
        f"On an emulated Cortex-M4 this network of "
        f"{straight['n_nonzero'].loc['int8']:,.0f} non-zero weights takes "
        f'{takes["int8"]}. With `activations="int16"`, the default, it takes '
        f"{takes['int16']}. (The float network: "
        f"{straight['float_accuracy'].iloc[0]:.2%}. All of the same patients; the user "
        "guide has other patients, too.)"
    )
    return textwrap.fill(words, 88)


def edge_time_table(rows):
    return pd.DataFrame(
        {
            "Sparsity": sparsity_names(rows),
            "C": rows["microseconds"].map("{:.1f}".format),
            "onnxruntime, float32, dense": rows["onnxruntime_float32_microseconds"].map(
                "{:.1f}".format
            ),
            "onnxruntime, int8, dense": rows["onnxruntime_int8_microseconds"].map(
                "{:.1f}".format
            ),
        }
    )


def sparsity_names(rows):
    """Name sparsities, and say where they are of something other than weights."""
    of_macs = rows["budget"].map({"weights": "", "macs": " of the MACs"})
    return rows["sparsity"].map(sparsity_name) + of_macs
