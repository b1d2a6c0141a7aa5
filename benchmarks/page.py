"""What the page of the chain in the box says of records, and what it takes.

- records: each is labelled in headless Chromium, and by `annotate(recording, chain)`.
  How many beats and episodes differ, and the seconds that the page took.
- day: a file of a day, as ``write_day`` of ``annotate.py`` makes it: seconds until the
  first label and the last, and megabytes of the process that has the page and its
  worker, beside those of the empty page. With the processor as it is, and slowed down
  four times: Chromium slows the page's own thread, not its worker. Then the seconds
  until the page asks about beats that stand for others, and the megabytes then.

Rows of records go to ``benchmarks/results/page.csv``.

    OMP_NUM_THREADS=1 python benchmarks/page.py --data DIRECTORY [--day FILE]
"""

import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait
from tqdm import tqdm

from sklearn_ecg import annotate
from sklearn_ecg.edge import export_page
from sklearn_ecg.models import load_pretrained_chain

RESULTS = Path(__file__).parent / "results"
DATABASES = ("mitdb", "svdb", "qtdb", "nstdb")
NO_ECG = {"bw", "em", "ma"}
SLOWED = (1, 4)

LABELLED = "return !by('result').hidden || !by('wrong').hidden"
BEATS = (
    "return labelled.beats.all.map((b) => [b.sample, b.label, b.margin, b.rr, b.flags])"
)
EPISODES = """
return labelled.beats.episodes.map(({kind, start, stop, n}) =>
  [kind, start, Math.min(stop, labelled.duration), n]);
"""
ASKED = "given.asked.then((asked) => arguments[0](Boolean(asked)))"
WATCH = """
window.first = null;
const start = () => { window.began = performance.now(); };
by("files").addEventListener("change", start, true);
new MutationObserver(() => {
  if (window.first === null && latest?.beats.length)
    window.first = performance.now() - window.began;
}).observe(by("how-far"), {childList: true});
"""


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--day", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every nth record")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # of leads that stand in
    chain = load_pretrained_chain()
    with tempfile.TemporaryDirectory() as directory:
        page = export_page(chain, Path(directory) / "page.html")
        browser = chromium()
        try:
            if arguments.day:
                days = [day(browser, page, arguments.day, rate) for rate in SLOWED]
                print(pd.DataFrame(days).to_string(index=False))
            rows = records(browser, page, chain, arguments)
        finally:
            browser.quit()
    table = pd.DataFrame(rows)
    print(table.groupby("database").sum(numeric_only=True).to_string())
    write_table(table, RESULTS / "page.csv")


def chromium():
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def records(browser, page, chain, arguments):
    rows = []
    for database in DATABASES:
        headers = sorted((arguments.data / database).glob("*.hea"))
        headers = [each for each in headers if each.stem not in NO_ECG]
        for header in tqdm(headers[:: arguments.every], database):
            files = [header, *header.parent.glob(f"{header.stem}.dat")]
            browser.get(page.as_uri())
            seconds = label(browser, files)
            beats = [tuple(row) for row in browser.execute_script(BEATS)]
            episodes = [tuple(row) for row in browser.execute_script(EPISODES)]
            annotation = annotate(header.with_suffix(""), chain)
            rows.append(
                {
                    "database": database,
                    "record": header.stem,
                    "beats": len(annotation.beats),
                    "beats that differ": differing(beats, beats_of(annotation)),
                    "episodes": len(annotation.episodes),
                    "episodes that differ": differing(
                        episodes, episodes_of(annotation)
                    ),
                    "seconds": seconds,
                }
            )
    return rows


def label(browser, files):
    start = time.monotonic()
    browser.find_element("id", "files").send_keys("\n".join(map(str, files)))
    WebDriverWait(browser, 300, 0.05).until(lambda _: browser.execute_script(LABELLED))
    wrong = browser.find_element("id", "wrong").text
    assert not wrong, wrong
    return time.monotonic() - start


def beats_of(annotation):
    beats = annotation.beats
    rr_prev = np.rint(1000 * beats["rr_prev"].fillna(0)).astype(int)
    table = beats[["sample", "label", "margin"]].assign(rr=rr_prev, f=beats["flags"])
    return list(map(tuple, table.to_numpy(dtype=object)))


def episodes_of(annotation):
    columns = ["kind", "start", "stop", "n_beats"]
    return list(map(tuple, annotation.episodes[columns].to_numpy(dtype=object)))


def differing(found, expected):
    """Count what is in one of two lists alone."""
    return len(set(found) ^ set(expected)) + abs(len(found) - len(expected))


def day(browser, page, path, rate):
    """Label a file, with the thread of the page slowed down so many times."""
    browser.get(page.as_uri())
    browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": rate})
    browser.execute_script(WATCH)
    before = megabytes()
    seconds = label(browser, [path])
    labelled = megabytes()
    start = time.monotonic()
    browser.set_script_timeout(60)
    assert browser.execute_async_script(ASKED)
    until_asked = time.monotonic() - start
    browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
    return {
        "slowed": rate,
        "seconds": seconds,
        "first label": browser.execute_script("return window.first") / 1000,
        "said": browser.find_element("id", "how-far").text,
        "until it asks": until_asked,
        "MB before": before,
        "MB": labelled,
        "MB when it asks": megabytes(),
    }


def megabytes():
    """Return the memory of the largest process that shows a page."""
    listed = subprocess.run(
        ["ps", "-eo", "rss,args"], capture_output=True, text=True, check=True
    )
    pages = [line for line in listed.stdout.splitlines() if "--type=renderer" in line]
    return max(int(line.split()[0]) for line in pages) / 1024


if __name__ == "__main__":
    main()
