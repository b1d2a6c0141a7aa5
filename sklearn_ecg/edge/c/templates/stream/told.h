#ifndef ECG_BEAT_TOLD_H
#define ECG_BEAT_TOLD_H

#include "cut.h"

/* What became of the next thing that there was to decide. */
enum ecg_beat_decided { ECG_BEAT_NOTHING, ECG_BEAT_NO_BEAT, ECG_BEAT_A_BEAT };

int ecg_beat_stream_beat(ecg_beat_stream *s, uint32_t r_sample)
{
    ecg_beat_lead *const lead = &s->lead;
    const uint32_t n_peaks = lead->n_peaks;
    ecg_beat_queued *const beat = &lead->peaks[n_peaks % ECG_BEAT_PEAKS];
    if (r_sample < s->n_before || (uint8_t)(n_peaks - lead->first_peak) == ECG_BEAT_PEAKS) {
        return 0;
    }
    beat->r_peak = (int32_t)(r_sample - s->n_before);
    beat->told = (int32_t)s->n_working - 1;
    lead->n_peaks = (uint8_t)(n_peaks + 1u);
    return 1;
}

#if ECG_BEAT_WAITS

/* When there is something to decide next; INT32_MAX if nothing until now. */
static int32_t ecg_beat_next_decision(const ecg_beat_lead *lead, int32_t now, uint32_t n_peaks)
{
    (void)now;
    return n_peaks > 0 ? lead->peaks[lead->first_peak % ECG_BEAT_PEAKS].told : INT32_MAX;
}
#endif

/* Takes the next beat of the queue. */
static enum ecg_beat_decided ecg_beat_decide(ecg_beat_lead *lead, int32_t now, uint32_t n_peaks)
{
    (void)now;
    if (n_peaks == 0) {
        return ECG_BEAT_NOTHING;
    }
    lead->told = lead->peaks[lead->first_peak % ECG_BEAT_PEAKS];
    lead->first_peak = (uint8_t)(lead->first_peak + 1u);
    return ECG_BEAT_A_BEAT;
}

/* The R peak of the beat that was taken last; LATE if its samples are forgotten. */
static int32_t ecg_beat_locate(const ecg_beat_lead *lead, uint8_t *flags)
{
    const int32_t r_peak = lead->told.r_peak;
    const int32_t first = r_peak / (int32_t)ECG_BEAT_FACTOR - ECG_BEAT_REACH_BEFORE;
    *flags = ecg_beat_is_late(lead->told.told, first) ? ECG_BEAT_FLAG_LATE : 0;
    return r_peak;
}

#endif
