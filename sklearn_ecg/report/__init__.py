"""A page that shows what was found in a recording."""

# For other rooms; it is not public.
from ._findings import Findings
from ._page import write_page
from ._strips import strip_around
