"""HL7 aECG, written as its implementation guide says."""

import numpy as np


def sequence(code, samples, scale=2.5, unit="uV", origin=0, origin_unit="uV"):
    digits = "\n".join(" ".join(map(str, row)) for row in np.array_split(samples, 5))
    return f"""<component><sequence><code code="{code}"/>
      <value xsi:type="SLIST_PQ"><origin value="{origin}" unit="{origin_unit}"/>
      <scale value="{scale}" unit="{unit}"/><digits>{digits}</digits></value>
      </sequence></component>"""


def sequence_set(*sequences, head="20240203102030", step="0.004", unit="s"):
    return f"""<component><sequenceSet><component><sequence>
      <code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="{head}"/>
      <increment value="{step}" unit="{unit}"/></value></sequence></component>
      {"".join(sequences)}</sequenceSet></component>"""


def series(*sets, code="RHYTHM", more=""):
    return f"""<component><series><code code="{code}"/>{"".join(sets)}{more}
      </series></component>"""


def document(*parts, head="", xmlns='xmlns="urn:hl7-org:v3"'):
    return f"""<?xml version="1.0"?><!-- <AnnotatedEKG> -->{head}
      <AnnotatedECG {xmlns} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <name>Erika Mustermann</name>{"".join(parts)}</AnnotatedECG>"""
