"""What five right answers are worth in the page of the chain in the box, and by `ask`.

Records are labelled in headless Chromium; what the page asks is answered as the
reference annotations have it, "O" where they have no beat within 150 ms. Beside the
labels before the answers and after them are those of `annotate` and `ask`, with the
same reader. Columns say the share of all beats that are labelled right, F1 of V and S,
and whether Python reads the labels that the page shows from what it saved. Rows go to
``benchmarks/results/page_answers.csv``.

    OMP_NUM_THREADS=1 python benchmarks/page_answers.py --data DIRECTORY
"""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from page import chromium, label
from selenium.webdriver.support.ui import WebDriverWait
from sklearn.metrics import f1_score

from sklearn_ecg import annotate
from sklearn_ecg.datasets import map_symbols
from sklearn_ecg.edge import export_page
from sklearn_ecg.models import load_pretrained_chain
from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results"
RECORDS = (
    *("mitdb/119", "mitdb/203", "mitdb/208", "mitdb/233"),
    *("svdb/800", "svdb/820", "svdb/866"),
)
BEATS = list("NLRejAaJSVEF/fQB")
N_ANSWERS = 5
SECONDS_NEAR = 0.15

ASKS = "return typeof inquiry !== 'undefined' && Boolean(inquiry)"
ASKED = "return inquiry.beat?.sample"
LABELS = """
return Array.from(beatTable.samples, (sample, i) => [sample, labelOf(beatAt(i))]);
"""
SAVED = "return table()"


def main():
    arguments = parser_of(__doc__, type=Path, required=True).parse_args()
    warnings.simplefilter("ignore", UserWarning)  # of leads that stand in
    chain = load_pretrained_chain()
    browser = chromium()
    try:
        with tempfile.TemporaryDirectory() as directory:
            page = export_page(chain, Path(directory) / "page.html")
            rows = [
                row_of(browser, page, chain, arguments.data, name) for name in RECORDS
            ]
    finally:
        browser.quit()
    table = pd.DataFrame(rows)
    write_table(table, RESULTS / "page_answers.csv", "%.6g")
    print(table.T.to_string())


def row_of(browser, page, chain, data, name):
    """Answer what the page asks of a record, and what `ask` asks."""
    path = data / name
    reader = reader_of(path)
    browser.get(page.as_uri())
    label(browser, [path.with_suffix(".hea"), path.with_suffix(".dat")])
    browser.switch_to.frame("strips")
    WebDriverWait(browser, 60).until(lambda _: browser.execute_script(ASKS))
    before = labels_on(browser)
    for _ in range(N_ANSWERS):
        sample = browser.execute_script(ASKED)
        browser.execute_script("answer(arguments[0])", reader(sample))
    after, text = labels_on(browser), browser.execute_script(SAVED)
    browser.switch_to.default_content()
    annotation = annotate(path, chain)
    asked = annotation.ask(reader, N_ANSWERS).beats[["sample", "label"]]
    row = {"record": name, "beats": len(before)}
    ways = {"before": before, "page": after, "ask": asked}
    for way, table in ways.items():
        row |= {f"{way} {key}": value for key, value in scores(table, reader).items()}
    return row | {"read the same": is_read(annotation, text, after)}


def reader_of(path):
    """Return what tells the label of the reference annotations."""
    recording = read_recording(path)
    expert = recording.annotations()
    expert = expert[expert["symbol"].isin(BEATS)]
    samples = expert["sample"].to_numpy()
    labels = np.asarray(map_symbols(expert["symbol"]))

    def reader(sample):
        nearest = np.abs(samples - sample).argmin()
        far = abs(samples[nearest] - sample) / recording.sampling_rate
        return "O" if far > SECONDS_NEAR else str(labels[nearest])

    return reader


def labels_on(browser):
    return pd.DataFrame(browser.execute_script(LABELS), columns=["sample", "label"])


def scores(table, reader):
    """Return the share of right labels, and F1 of V and S, of the beats found."""
    true = np.array([reader(sample) for sample in table["sample"]], dtype=object)
    found = table["label"].to_numpy(dtype=object)
    f1 = {
        f"{name} F1": f1_score(true == name, found == name, zero_division=np.nan)
        for name in "VS"
    }
    return {"right": np.mean(true == found)} | f1


def is_read(annotation, text, shown):
    """Tell whether Python reads the labels that the page shows."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "corrections.csv"
        path.write_text(text)
        read = annotation.corrected(path).beats[["sample", "label"]]
    return read.to_numpy().tolist() == shown.to_numpy().tolist()


if __name__ == "__main__":
    main()
