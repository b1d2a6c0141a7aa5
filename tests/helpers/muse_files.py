"""XML of GE MUSE, as its exports are laid out."""

import base64
import zlib


def lead_data(name, stored, unit="MICROVOLTS", scale="4.88"):
    raw = stored.tobytes()
    text = base64.encodebytes(raw).decode()
    return f"""<LeadData><LeadByteCountTotal>{len(raw)}</LeadByteCountTotal>
      <LeadSampleCountTotal>{len(stored)}</LeadSampleCountTotal>
      <LeadAmplitudeUnitsPerBit>{scale}</LeadAmplitudeUnitsPerBit>
      <LeadAmplitudeUnits>{unit}</LeadAmplitudeUnits><LeadID>{name}</LeadID>
      <LeadDataCRC32>{zlib.crc32(raw)}</LeadDataCRC32>
      <LeadSampleSize>{stored.itemsize}</LeadSampleSize>
      <WaveFormData>{text}</WaveFormData></LeadData>"""


def waveform(*leads, kind="Rhythm", base=500, exponent=0):
    return f"""<Waveform><WaveformType>{kind}</WaveformType>
      <SampleBase>{base}</SampleBase><SampleExponent>{exponent}</SampleExponent>
      {"".join(leads)}</Waveform>"""


def document(
    *waveforms, date="02-03-2024", doctype='<!DOCTYPE RestingECG SYSTEM "restecg.dtd">'
):
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
      {doctype}
      <RestingECG><MuseInfo><MuseVersion>8</MuseVersion></MuseInfo>
      <PatientDemographics><PatientLastName>Müstermann</PatientLastName>
      </PatientDemographics><TestDemographics>
      <AcquisitionTime>10:20:30</AcquisitionTime>
      <AcquisitionDate>{date}</AcquisitionDate></TestDemographics>
      {"".join(waveforms)}</RestingECG>"""
