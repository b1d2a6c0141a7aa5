#ifndef ECG_BEAT_PUSH_H
#define ECG_BEAT_PUSH_H

#include "working.h"
#if ECG_BEAT_DETECTOR
#include "filters.h"
#endif

/* Remembers a working sample, and whether one sees anything in it. */
static inline void ecg_beat_remember(ecg_beat_stream *s, uint32_t time, int32_t working)
{
    uint8_t *const block = &s->quality[time / ECG_BEAT_BLOCK % ECG_BEAT_BLOCKS];
    const uint32_t before = time % ECG_BEAT_BLOCK == 0 ? 0u : *block;
    *block = (uint8_t)(before | s->sum_flags);
    s->ring[time % ECG_BEAT_RING] = (int16_t)working;
}

/* Takes a sample that is there; returns 0 if a peak was lost. */
static inline int ecg_beat_take_sample(ecg_beat_stream *s, int32_t sample, uint32_t flags)
{
    const int32_t sum = s->sum + sample;
    const uint32_t n_summed = s->n_summed + 1u;
    s->sum_flags = (uint8_t)(s->sum_flags | flags);
    if (n_summed < ECG_BEAT_FACTOR) {
        s->sum = sum;
        s->n_summed = (uint8_t)n_summed;
        return 1;
    }
    const int32_t working = sum >> ECG_BEAT_SUM_SHIFT;
    const uint32_t time = s->n_working;
    ecg_beat_remember(s, time, working);
#if ECG_BEAT_DETECTOR
    if (time == 0) {
        s->origin = (int16_t)working;
    }
    const int is_kept = ecg_beat_filter(s, (int32_t)time, working);
#else
    const int is_kept = 1;
#endif
    s->sum = 0;
    s->sum_flags = 0;
    s->n_summed = 0;
    /* The last of all, as poll reads up to here. */
    s->n_working = time + 1u;
    return is_kept;
}

int ecg_beat_stream_push(ecg_beat_stream *s, int16_t sample, int lead_off)
{
    uint8_t flags = 0;
    if (lead_off) {
        if (!s->has_begun) {
            ++s->n_before;
            return 1;
        }
        s->n_off = s->n_off < ECG_BEAT_LONG_OFF ? s->n_off + 1u : s->n_off;
        sample = s->last;
        flags = ECG_BEAT_FLAG_LEAD_OFF;
    } else {
        if (s->n_off >= ECG_BEAT_LONG_OFF) {
            s->back_since = s->n_samples;
        }
        s->n_off = 0;
        s->has_begun = 1;
        if (sample <= ECG_BEAT_LOWEST || sample >= ECG_BEAT_HIGHEST) {
            sample = sample <= ECG_BEAT_LOWEST ? ECG_BEAT_LOWEST : ECG_BEAT_HIGHEST;
            flags = ECG_BEAT_FLAG_SATURATED;
        }
        s->last = sample;
    }
    ++s->n_samples;
    return ecg_beat_take_sample(s, sample, flags);
}

/* Starts all that a signal without gaps needs; what is known of the patient stays. */
static void ecg_beat_start_signal(ecg_beat_stream *s)
{
#if ECG_BEAT_DETECTOR
    static const ecg_beat_filters no_filters = { 0 };
    static const ecg_beat_decision no_decision = { 0 };
    s->filters = no_filters;
    s->decision = no_decision;
    s->decision.is_learning = 1;
#endif
    s->sum = 0;
    s->n_summed = s->sum_flags = 0;
    s->n_working = s->n_samples = s->n_off = s->back_since = 0;
    s->n_peaks = s->first_peak = 0;
    s->has_begun = s->is_ended = s->has_beat = 0;
    s->stage = ECG_BEAT_NO_STAGE;
}

void ecg_beat_stream_end(ecg_beat_stream *s)
{
    const uint32_t n_samples = s->n_samples;
    if (s->is_ended || !s->has_begun) {
        return;
    }
    /* As if the signal stayed where it is, until nothing is left to be found in it. */
    uint32_t n = ECG_BEAT_TAIL * ECG_BEAT_FACTOR - n_samples % ECG_BEAT_FACTOR;
    for (; n > 0; --n) {
        (void)ecg_beat_take_sample(s, s->last, 0);
    }
    s->is_ended = 1;
}

void ecg_beat_stream_gap(ecg_beat_stream *s, uint32_t n_lost)
{
    const uint32_t n_before = s->n_before + s->n_samples + n_lost;
    ecg_beat_start_signal(s);
    s->n_before = n_before;
}

#endif
