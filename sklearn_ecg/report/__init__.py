"""A page that shows what was found in a recording."""

# For other rooms; it is not public.
from ._findings import Findings
from ._page import MEANINGS, SHORT
from ._pdf import PAPERS, browser
from ._strips import strip_around
from ._write import write_report
