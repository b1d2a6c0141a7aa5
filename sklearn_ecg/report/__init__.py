"""A page that shows what was found in a recording."""

# For other rooms; it is not public.
from ._charts import strips_of
from ._page import write_page
