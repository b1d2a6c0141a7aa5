"""Archives: many recordings annotated at the same time, and gone on with later."""

from ._annotate_many import annotate_many
from ._entries import entries_of, refuse_same_names
from ._manifest import MANIFEST
from ._readers import sheets_of
from ._writing import write_outputs

# What users import; the other names above are for other rooms.
__all__ = ["annotate_many"]
