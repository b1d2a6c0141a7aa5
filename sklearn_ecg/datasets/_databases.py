"""What is known of each database: records, patients, leads, splits, whom to cite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .._messages import listed

_ODC_BY = "Open Data Commons Attribution License 1.0"
_PHYSIONET = (
    "A. L. Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet: components of "
    "a new research resource for complex physiologic signals, Circulation "
    "101(23):e215-e220, 2000"
)


@dataclass(frozen=True)
class Database:
    """What is known of one database of PhysioNet.

    Attributes
    ----------
    name : str
        Name on PhysioNet, and of the directory that holds its records.
    title : str
    version : str
    records : tuple of str
        Names of the records.
    sampling_rate : float
        In Hz.
    n_samples : int or None
        Length of a record; None if they differ.
    leads : tuple of str or None
        Names of the leads in the headers, that of most records first; None if they
        are not known here.
    favorite_lead : str or None
        The lead to take of each record, which most of them have; None if no lead is in
        most records.
    annotators : tuple of str
        Extensions of the annotation files that are fetched, that of the beats first.
    patients : mapping of str to str
        The patient of each record whose patient is named after another record, be it
        of this database or of one that it excerpts. All others are named after
        themselves.
    n_patients : int or None
        Number of patients; None if PhysioNet does not say.
    n_beats : int or None
        Number of annotated beats, impossible ones included; None if it is not known
        here.
    splits : mapping of str to tuple of str
        Records of the parts that the literature names.
    references : tuple of str
        Whom to cite.
    license : str
    notes : str
        What misleads those who do not know it.
    """

    name: str
    title: str
    version: str
    records: tuple[str, ...]
    sampling_rate: float
    n_samples: int | None
    leads: tuple[str, ...] | None
    favorite_lead: str | None
    annotators: tuple[str, ...] = ("atr",)
    patients: Mapping[str, str] = field(default_factory=dict)
    n_patients: int | None = None
    n_beats: int | None = None
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: tuple[str, ...] = (_PHYSIONET,)
    license: str = _ODC_BY
    notes: str = ""

    @property
    def url(self) -> str:
        """Address of its page."""
        return f"https://physionet.org/content/{self.name}/{self.version}/"

    def patient_of(self, record: str) -> str:
        """Return the patient of a record.

        Parameters
        ----------
        record : str
            Name of the record.

        Returns
        -------
        patient : str

        Examples
        --------
        >>> from sklearn_ecg.datasets import DATABASES
        >>> DATABASES["mitdb"].patient_of("202")
        '201'
        """
        return self.patients.get(record, record)


def _names(text):
    return tuple(text.split())


def _named_after_the_first(*groups):
    """Name the patient of several records after the first of them."""
    records = [group.split() for group in groups]
    return {record: group[0] for group in records for record in group[1:]}


def _groups_in_a_row(prefix, sizes):
    """Group the records that are numbered from 1 on, as many in a row as said."""
    groups, number = [], 1
    for size in map(int, sizes.split()):
        numbers = range(number, number + size)
        groups.append(" ".join(f"{prefix}{n:02d}" for n in numbers))
        number += size
    return groups


_MITDB = Database(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database",
    version="1.0.0",
    records=_names(
        "100 101 102 103 104 105 106 107 108 109 111 112 113 114 115 116 117 118 "
        "119 121 122 123 124 200 201 202 203 205 207 208 209 210 212 213 214 215 "
        "217 219 220 221 222 223 228 230 231 232 233 234"
    ),
    sampling_rate=360,
    n_samples=650_000,
    leads=("MLII", "V1", "V5", "V2", "V4"),
    favorite_lead="MLII",
    patients={"202": "201"},
    n_patients=47,
    n_beats=109_494,
    splits={
        "DS1": _names(
            "101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 "
            "209 215 220 223 230"
        ),
        "DS2": _names(
            "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 "
            "228 231 232 233 234"
        ),
        "paced": ("102", "104", "107", "217"),
    },
    references=(
        "G. B. Moody, R. G. Mark, The impact of the MIT-BIH Arrhythmia Database, IEEE "
        "Engineering in Medicine and Biology 20(3):45-50, 2001",
        _PHYSIONET,
    ),
    notes=(
        "The order of the leads differs (114 has V5 first); 102 and 104 have no MLII. "
        "201 and 202 are one patient, on both sides of the split DS1, DS2."
    ),
)

_SVDB = Database(
    name="svdb",
    title="MIT-BIH Supraventricular Arrhythmia Database",
    version="1.0.0",
    records=tuple(
        str(number)
        for first, end in ((800, 813), (820, 830), (840, 895))
        for number in range(first, end)
    ),
    sampling_rate=128,
    n_samples=230_400,
    leads=("ECG1", "ECG2"),
    favorite_lead="ECG1",
    n_beats=184_583,
    references=(
        "S. D. Greenwald, Improved detection and classification of arrhythmias in "
        "noise-corrupted electrocardiograms using contextual information, PhD thesis, "
        "Harvard-MIT Division of Health Sciences and Technology, 1990",
        _PHYSIONET,
    ),
    notes=(
        "Nothing says where the electrodes were, or whether two records are of one "
        "patient: each counts as its own. Record 860 has a beat one sample past the "
        "end."
    ),
)

_NSTDB_BEATS = tuple(
    f"{patient}e{ratio}"
    for patient in ("118", "119")
    for ratio in ("24", "18", "12", "06", "00", "_6")
)

_NSTDB = Database(
    name="nstdb",
    title="MIT-BIH Noise Stress Test Database",
    version="1.0.0",
    records=(*_NSTDB_BEATS, "bw", "em", "ma"),
    sampling_rate=360,
    n_samples=650_000,
    leads=("MLII", "V1"),
    favorite_lead="MLII",
    patients={record: record[:3] for record in _NSTDB_BEATS},
    n_patients=2,
    references=(
        "G. B. Moody, W. E. Muldrow, R. G. Mark, A noise stress test for arrhythmia "
        "detectors, Computers in Cardiology 11:381-384, 1984",
        _PHYSIONET,
    ),
    notes=(
        "Records 118 and 119 of mitdb with noise added, at six ratios of signal to "
        "noise in dB; 118e_6 is at -6 dB. The noise begins at 5:00, two minutes on, "
        "two off. Records bw, em and ma are the noise, without annotations."
    ),
)

_INCARTDB_PATIENTS = _groups_in_a_row(
    "I", "2 3 2 1 3 3 1 2 2 3 2 2 2 4 2 3 2 2 2 3 2 2 3 3 2 3 3 3 2 2 2 2"
)

_INCARTDB = Database(
    name="incartdb",
    title="St Petersburg INCART 12-lead Arrhythmia Database",
    version="1.0.0",
    records=tuple(" ".join(_INCARTDB_PATIENTS).split()),
    sampling_rate=257,
    n_samples=462_600,
    leads=_names("II I III AVR AVL AVF V1 V2 V3 V4 V5 V6"),
    favorite_lead="II",
    patients=_named_after_the_first(*_INCARTDB_PATIENTS),
    n_patients=32,
    n_beats=175_907,
    notes=(
        "75 half hours of 32 people, one to four of each. Records I04 and I17 have a "
        "beat before the first sample. Which records share a patient agrees with the "
        "counts that PhysioNet publishes, and was not compared with its list."
    ),
)

_EDB = Database(
    name="edb",
    title="European ST-T Database",
    version="1.0.0",
    records=_names(
        "e0103 e0104 e0105 e0106 e0107 e0108 e0110 e0111 e0112 e0113 e0114 e0115 "
        "e0116 e0118 e0119 e0121 e0122 e0123 e0124 e0125 e0126 e0127 e0129 e0133 "
        "e0136 e0139 e0147 e0148 e0151 e0154 e0155 e0159 e0161 e0162 e0163 e0166 "
        "e0170 e0202 e0203 e0204 e0205 e0206 e0207 e0208 e0210 e0211 e0212 e0213 "
        "e0302 e0303 e0304 e0305 e0306 e0403 e0404 e0405 e0406 e0408 e0409 e0410 "
        "e0411 e0413 e0415 e0417 e0418 e0501 e0509 e0515 e0601 e0602 e0603 e0604 "
        "e0605 e0606 e0607 e0609 e0610 e0611 e0612 e0613 e0614 e0615 e0704 e0801 "
        "e0808 e0817 e0818 e1301 e1302 e1304"
    ),
    sampling_rate=250,
    n_samples=1_800_000,
    leads=("V5", "MLIII", "V4", "MLI", "V1", "V2", "V3", "D3"),
    favorite_lead=None,
    patients=_named_after_the_first(
        "e0118 e0119 e0121 e0122",
        "e0123 e0124 e0125 e0126",
        "e0129 e0133",
        "e0136 e0139",
        "e0147 e0148",
        "e0154 e0155",
        "e0162 e0163",
        "e0206 e0210",
    ),
    n_patients=79,
    n_beats=790_565,
    references=(
        "A. Taddei et al., The European ST-T Database: standard for evaluating systems "
        "for the analysis of ST-T changes in ambulatory electrocardiography, European "
        "Heart Journal 13:1164-1172, 1992",
        _PHYSIONET,
    ),
    notes=(
        "The files do not say which records share a patient. The groups here follow "
        "the clinical notes in the headers; where readers of those disagree (e0129 "
        "with e0133, e0206 with e0210) both pairs are kept together, so that no split "
        "by patient can part them. The annotators marked the onset of the QRS complex."
    ),
)

_QTDB_RECORDS = _names(
    "sel100 sel102 sel103 sel104 sel114 sel116 sel117 sel123 sel14046 sel14157 "
    "sel14172 sel15814 sel16265 sel16272 sel16273 sel16420 sel16483 sel16539 "
    "sel16773 sel16786 sel16795 sel17152 sel17453 sel213 sel221 sel223 sel230 "
    "sel231 sel232 sel233 sel30 sel301 sel302 sel306 sel307 sel308 sel31 sel310 "
    "sel32 sel33 sel34 sel35 sel36 sel37 sel38 sel39 sel40 sel41 sel42 sel43 sel44 "
    "sel45 sel46 sel47 sel48 sel49 sel50 sel51 sel52 sel803 sel808 sel811 sel820 "
    "sel821 sel840 sel847 sel853 sel871 sel872 sel873 sel883 sel891 sele0104 "
    "sele0106 sele0107 sele0110 sele0111 sele0112 sele0114 sele0116 sele0121 "
    "sele0122 sele0124 sele0126 sele0129 sele0133 sele0136 sele0166 sele0170 "
    "sele0203 sele0210 sele0211 sele0303 sele0405 sele0406 sele0409 sele0411 "
    "sele0509 sele0603 sele0604 sele0606 sele0607 sele0609 sele0612 sele0704"
)

_QTDB = Database(
    name="qtdb",
    title="QT Database",
    version="1.0.0",
    records=_QTDB_RECORDS,
    sampling_rate=250,
    n_samples=None,
    leads=None,
    favorite_lead=None,
    annotators=("atr", "q1c"),
    # A record is named after the one that it is an excerpt of.
    patients={
        record: _EDB.patient_of(record.removeprefix("sel")) for record in _QTDB_RECORDS
    },
    references=(
        "P. Laguna, R. G. Mark, A. L. Goldberger, G. B. Moody, A database for "
        "evaluation of algorithms for measurement of QT and other waveform intervals "
        "in the ECG, Computers in Cardiology 24:673-676, 1997",
        _PHYSIONET,
    ),
    notes=(
        "A quarter of an hour each of records of mitdb, svdb, edb, ltdb and others: "
        "the same patients. 23 records have no annotated beats (.atr); the waveform "
        "boundaries (.q1c) are of the last five minutes."
    ),
)

_LTDB = Database(
    name="ltdb",
    title="MIT-BIH Long-Term ECG Database",
    version="1.0.0",
    records=_names("14046 14134 14149 14157 14172 14184 15814"),
    sampling_rate=128,
    n_samples=None,
    leads=None,
    favorite_lead=None,
    notes="14 to 22 hours each. Record 15814 has a third lead.",
)

_NSRDB = Database(
    name="nsrdb",
    title="MIT-BIH Normal Sinus Rhythm Database",
    version="1.0.0",
    records=_names(
        "16265 16272 16273 16420 16483 16539 16773 16786 16795 17052 17453 18177 "
        "18184 19088 19090 19093 19140 19830"
    ),
    sampling_rate=128,
    n_samples=None,
    leads=("ECG1", "ECG2"),
    favorite_lead="ECG1",
    n_patients=18,
    references=(_PHYSIONET,),
    notes=(
        "A day each of people without notable arrhythmias. Two of the records begin "
        "with half a minute of calibration pulses, which a detector takes for beats."
    ),
)

DATABASES = MappingProxyType(
    {
        database.name: database
        for database in (_MITDB, _SVDB, _NSTDB, _INCARTDB, _QTDB, _EDB, _LTDB, _NSRDB)
    }
)
"""The databases that `fetch_database` knows, by name."""


def database_named(name):
    """Return the database of a name."""
    if not isinstance(name, str) or name not in DATABASES:
        raise ValueError(f"name={name!r}: must be one of {listed(list(DATABASES))}.")
    return DATABASES[name]


def known_patient(record, sampling_rate, n_samples):
    """Return the patient of a record of one of the databases."""
    for database in DATABASES.values():
        if (
            record in database.records
            and sampling_rate == database.sampling_rate
            and database.n_samples in (None, n_samples)
        ):
            return database.patient_of(record)
    return None
