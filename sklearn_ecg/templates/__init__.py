"""Beats that look alike: which to ask a person about, and what the answers say."""

# For other rooms; it is not public.
from ._opinion import Answer, Groups, kernel_of, opinion_of, shift_of, worth_of
