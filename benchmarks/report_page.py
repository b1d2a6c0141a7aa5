"""What it takes to label a day of ECG and report on it, and how soon the page is drawn.

A day of two leads at 250 Hz, made of a record of the MIT-BIH Arrhythmia Database again
and again, is written as EDF. Another process, on one core, detects and labels its beats
and writes the page; seconds, processor time and the peak of memory are those of the
whole process, imports included. Then Chromium opens the page, five times: medians of
the time from the start of the navigation to the event ``load``, and to the first frame
after the strip is drawn; with the processor as it is, and slowed down four times. Then
all that was recorded is scrolled through, 40 pixels a frame, and frames are counted.
Rows go to ``benchmarks/results/report_page.csv``.

    OMP_NUM_THREADS=1 python benchmarks/report_page.py MODEL ... --data DIRECTORY
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from annotate import HOURS, write_day
from harness import parser_of, write_table
from selenium import webdriver

RESULTS = Path(__file__).parent / "results" / "report_page.csv"
N_TIMES = 5
SLOWER = (1, 4)

LABEL = """
import sys
from sklearn_ecg import annotate, load_pretrained
def peak():
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return line.split()[1]
model = load_pretrained(sys.argv[1])
imports = peak()
annotation = annotate(sys.argv[2], model)
annotation.report(sys.argv[3])
print(len(annotation.beats), imports, peak())
"""

WATCH = """
window.drawn = null;
new MutationObserver((_, observer) => {
  if (!document.querySelector("#strip .ecg")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.drawn = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""

SCROLL = """
const done = arguments[0], whole = document.getElementById("whole");
whole.scrollIntoView();
let n = 0, began = 0;
const step = (now) => {
  began ||= now;
  whole.scrollTop += 40;
  n += 1;
  if (now - began < 5000) requestAnimationFrame(step);
  else done(1000 * (n - 1) / (now - began));
};
setTimeout(() => requestAnimationFrame(step), 2000);
"""


def main():
    parser = parser_of(__doc__)
    parser.add_argument("models", nargs="+", help="models in the box")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        day = Path(directory, "day.edf")
        write_day(day, arguments.data / "mitdb" / "203")
        for model in arguments.models:
            page = Path(directory, f"{model}.html")
            row = {"model": model, "hours": HOURS} | labelled(model, day, page)
            row["page_bytes"] = page.stat().st_size
            for slower in SLOWER:
                load, drawn, frames = opened(page, slower)
                row |= {f"load_ms_x{slower}": load, f"drawn_ms_x{slower}": drawn}
                row[f"frames_a_second_x{slower}"] = frames
            rows.append(row)
            print(row, flush=True)
    write_table(rows, arguments.out, None)


def labelled(model, day, page):
    """Label and report in a process of its own, and say what it took."""
    command = [sys.executable, "-c", LABEL, model, str(day), str(page)]
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=stay_on_one_core
    )
    n_beats, imports, kilobytes = map(int, process.stdout.read().split())
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, model
    return {
        "beats": n_beats,
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "imports_mb": round(imports * 1024 / 1e6),
        "peak_mb": round(kilobytes * 1024 / 1e6),
    }


def stay_on_one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def opened(page, slower):
    """Return medians of the times to ``load`` and to the drawn strip, and frames."""
    browser = chromium()
    try:
        browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slower})
        browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": WATCH}
        )
        times = [time_once(browser, page) for _ in range(N_TIMES)]
        frames = browser.execute_async_script(SCROLL)
    finally:
        browser.quit()
    return [round(each) for each in (*np.median(times, axis=0), frames)]


def time_once(browser, page):
    browser.get(page.as_uri())
    while browser.execute_script("return window.drawn") is None:
        time.sleep(0.01)
    return browser.execute_script(
        """const [navigation] = performance.getEntriesByType("navigation");
        return [navigation.loadEventEnd, window.drawn];"""
    )


def chromium():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1280,900"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


if __name__ == "__main__":
    main()
