"""The page: what stands in it, and what becomes of corrections."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import wfdb
from ishne_files import ishne_bytes
from pages import data_of

from sklearn_ecg import annotate
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array

RATE = 360


class _Reader(HTMLParser):
    """Notes addresses and ids, and that tags are closed in order."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses = [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.addresses += [given[name] for name in ("src", "href") if name in given]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(page):
    text = page.read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    assert reader.addresses == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
    assert "Content-Security-Policy\" content=\"default-src 'none';" in text


def test_the_page_says_what_was_found(page, annotation):
    text = page.read_text(encoding="utf-8")
    counts = annotation.beats["label"].value_counts()
    for label, count in counts.items():
        assert f'of-{label}">{label}</th><td>{count}</td>' in text or label == "?"
    assert "not a diagnosis" in text
    assert "invalid" in text  # the stretch that is missing
    assert "bed &lt;3&gt; &amp; &#34;side&#34;" in text
    assert "PrunedCNNClassifier" in text


def test_a_strip_shows_the_signal_around_an_odd_beat(page, annotation, recording):
    data = data_of(page)
    odd = annotation.odd(40)
    assert data["recording"] == recording.name
    assert data["strips"][0]["odd"] == odd["sample"].iloc[0]
    for strip in data["strips"]:
        start = strip["start"]
        inside = annotation.beats["time"].between(start, start + 10, inclusive="left")
        assert [beat[0] for beat in strip["beats"]] == annotation.beats["sample"][
            inside
        ].tolist()
        (signal,) = strip["signals"]
        shown = np.array([np.nan if u is None else u / 200 for u in signal["values"]])
        whole = recording.read("MLII", start, start + 10)
        whole = whole.reshape(-1, round(RATE / signal["rate"])).mean(axis=1)
        whole -= np.nanmedian(whole)
        np.testing.assert_allclose(shown, whole, atol=0.005)


def test_odd_beats_that_are_close_share_a_strip(page, annotation):
    strips = data_of(page)["strips"]
    odd = annotation.odd(40).set_index("sample")["time"]
    seen = []
    for sample, time in odd.items():
        shown = [strip for strip in strips if strip["odd"] == sample]
        is_seen = any(start <= time <= stop for start, stop in seen)
        assert len(shown) == (not is_seen)
        for strip in shown:
            start = strip["start"]
            first, last = start == 0, start >= 50
            seen.append((start + 0.5 * (not first), start + 10 - 0.5 * (not last)))
    assert 1 < len(strips) < len(odd)


def test_pages_of_no_beats_and_of_one_can_be_written(model, tmp_path):
    flat = recording_from_array(np.zeros(RATE * 30), RATE, "MLII", name="flat")
    path = annotate(flat, model).report(tmp_path / "flat.html")
    assert data_of(path)["strips"] == []
    short = make_ecg(1, duration=5, random_state=0).records[0]
    assert annotate(short, model).report(tmp_path / "short.html", n_odd=1).is_file()


def test_the_page_of_a_file_that_is_cut_off_says_so(model, recording, tmp_path):
    folder = tmp_path / "Erika"
    folder.mkdir()
    signal = np.column_stack(list(recording.read().values()))
    raw = ishne_bytes(np.rint(400 * np.nan_to_num(signal)), rate=RATE, announced=99999)
    (folder / "cut.ecg").write_bytes(raw)
    with pytest.warns(UserWarning, match="cut.ecg is truncated"):
        annotation = annotate(folder / "cut.ecg", model)
    assert "cut.ecg is truncated" in str(annotation)
    text = annotation.report(tmp_path / "cut.html").read_text(encoding="utf-8")
    left_out = text[text.index("What was left out") :]
    assert "<p>cut.ecg is truncated: its header announces 99999 " in left_out
    assert "Nothing: there is a signal" not in left_out
    assert "Erika" not in text


def test_no_folder_of_a_record_that_is_warned_of_is_named(model, recording, tmp_path):
    folder = tmp_path / "Erika"
    folder.mkdir()
    signal = np.nan_to_num(recording.read()["MLII"])[:, np.newaxis]
    wfdb.wrsamp(
        "odd", RATE, ["mV"], ["MLII"], signal, fmt=["16"], write_dir=str(folder)
    )
    header = folder / "odd.hea"
    first, rest = header.read_text().split("\n", 1)
    header.write_text(f"{first} noon\n{rest}")
    with pytest.warns(UserWarning, match="the start of the recording is"):
        annotation = annotate(folder / "odd.dat", model)
    text = annotation.report(tmp_path / "odd.html").read_text(encoding="utf-8")
    assert "odd.hea has" in text
    assert "Erika" not in text


def test_a_page_is_written_whole_or_not_at_all(annotation, tmp_path, monkeypatch):
    path = tmp_path / "night.html"
    path.write_text("before")

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_ecg.report._data.strips_of", interrupt)
    with pytest.raises(KeyboardInterrupt):
        annotation.report(path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["night.html"]


def card_of(text, name):
    """Return the figures of a card of the summary, by their names."""
    (card,) = re.findall(rf"<h3>{re.escape(name)}</h3>(.*?)</dl>", text, re.S)
    return dict(re.findall(r"<dt>(.*?)</dt><dd><strong>(.*?)</strong>", card))


class TestCorrections:
    def table(self, annotation, rows, label="V"):
        samples = annotation.beats["sample"].iloc[rows]
        return pd.DataFrame({"sample": samples, "label": label})

    def test_labels_and_probabilities_become_what_a_person_says(self, annotation):
        corrected = annotation.corrected(self.table(annotation, [2, 7])).beats
        assert corrected["label"].iloc[[2, 7]].tolist() == ["V", "V"]
        assert corrected.index[corrected["checked"]].tolist() == [2, 7]
        probabilities = corrected.filter(like="p_")
        assert probabilities.iloc[2].to_dict() == {
            name: float(name == "p_V") for name in probabilities
        }
        others = annotation.beats.index.difference([2, 7])
        pd.testing.assert_frame_equal(
            corrected.loc[others].drop(columns="checked"),
            annotation.beats.loc[others],
            check_dtype=False,
        )
        assert "checked" not in annotation.beats

    def test_no_corrections_change_nothing(self, annotation):
        corrected = annotation.corrected(self.table(annotation, [])).beats
        assert not corrected.pop("checked").any()
        pd.testing.assert_frame_equal(corrected, annotation.beats, check_dtype=False)

    def test_what_was_checked_stays_checked_and_needs_no_second_look(
        self, annotation, tmp_path
    ):
        first, second, third = annotation.odd(3).index
        once = annotation.corrected(self.table(annotation, [first]))
        twice = once.corrected(self.table(annotation, [second], label="N"))
        assert twice.beats.index[twice.beats["checked"]].tolist() == sorted(
            [first, second]
        )
        left = twice.odd(len(annotation.beats)).index
        assert third in left
        assert not {first, second} & set(left)
        page = twice.report(tmp_path / "checked.html").read_text(encoding="utf-8")
        assert "a reader has checked 2 labels" in page
        assert "no one has checked" not in page

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sample": [1]}, "no beat at the samples 1 to correct"),
            ({"sample": [1.5]}, r"no whole numbers: 1\.5"),
            ({"label": ["X"]}, "labels 'X' are not the model's"),
            ({"recording": ["other"]}, "of the recording 'other'"),
        ],
    )
    def test_corrections_that_cannot_be_are_refused(self, annotation, change, message):
        table = self.table(annotation, [2]).assign(**change)
        with pytest.raises(ValueError, match=message):
            annotation.corrected(table)

    def test_a_beat_twice_or_a_column_that_is_missing_is_named(self, annotation):
        with pytest.raises(ValueError, match="are there twice"):
            annotation.corrected(self.table(annotation, [2, 2]))
        with pytest.raises(ValueError, match="lacks the column 'label'"):
            annotation.corrected(self.table(annotation, [2])[["sample"]])
        with pytest.raises(FileNotFoundError, match=r"'none\.csv' of corrections"):
            annotation.corrected("none.csv")


class TestRhythm:
    """What the page says of labels that come in this order, twice a second."""

    def page_of(self, annotation, labels, path, **columns):
        sample = np.arange(1, len(labels) + 1) * RATE // 2
        beats = annotation.beats.head(len(labels))
        beats = beats.assign(sample=sample, time=sample / RATE, label=list(labels))
        quality = annotation.quality.head(0)
        shown = replace(annotation, beats=beats, quality=quality, **columns)
        return shown.report(path / "page.html", n_odd=0).read_text(encoding="utf-8")

    def test_it_is_that_of_the_summary_and_the_longest_run_comes_first(
        self, annotation, tmp_path
    ):
        text = self.page_of(annotation, "NVVNVVVNSSSSN", tmp_path)
        card = card_of(text, "Ventricular beats (V)")
        assert card["couplets"] == card["runs"] == card["nonsustained VT"] == "1"
        assert card["longest run"] == "3"
        assert card_of(text, "Supraventricular beats (S)")["SVT"] == "1"
        rows = re.findall(r'of-(.)">(\w.*?)</td><td>(\d)</td><td>120', text)
        assert rows == [("S", "SVT", "4"), ("V", "nonsustained VT", "3")]

    def test_that_nothing_was_found_is_said(self, annotation, tmp_path):
        text = self.page_of(annotation, "NNNNVNNNN", tmp_path)
        card = card_of(text, "Ventricular beats (V)")
        assert card == {"beats": "1", "couplets": "0", "runs": "0"}
        assert set(card_of(text, "Pauses").values()) == {"0"}
        assert card_of(text, "Atrial fibrillation") == {"burden": "not told"}

    def test_of_other_classes_nothing_is_said(self, annotation, tmp_path):
        text = self.page_of(annotation, ["a", "a", "b"], tmp_path, classes=("a", "b"))
        assert "the model has classes of its own." in text
        assert "<h3>Pauses" not in text

    def test_the_longest_of_many_runs_are_listed(self, annotation, tmp_path):
        text = self.page_of(annotation, "NVVV" * 12 + "NVVVVN", tmp_path)
        assert len(re.findall(r'class text of-V">accelerated', text)) == 0
        assert len(re.findall(r'class text of-V">nonsustained VT', text)) == 10
        assert "The 10 longest of 13" in text
