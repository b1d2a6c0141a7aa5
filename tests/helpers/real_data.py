"""Which real data are on this machine."""

from sklearn_ecg.datasets import DATABASES


def what_is_missing(directory, name):
    """Say why tests cannot use a directory of real data, or return None.

    The tests name records of mitdb; of other databases a part is enough.
    """
    if not directory.is_dir():
        return f"there is no directory {directory}"
    if not any(directory.iterdir()):
        return f"{directory} is empty"
    if name not in DATABASES:
        return None
    records = DATABASES[name].records
    here = [r for r in records if directory.joinpath(f"{r}.hea").is_file()]
    if not here or (name == "mitdb" and len(here) < len(records)):
        return f"{directory} has {len(here)} of {len(records)} records"
    return None
