#ifndef ECG_BEAT_PUSH_H
#define ECG_BEAT_PUSH_H

#include "working.h"
#if ECG_BEAT_DETECTOR
#include "filters.h"
#endif

/* Remembers a working sample, and whether one sees anything in it. */
static inline void ecg_beat_remember(ecg_beat_lead *lead, uint32_t time, int32_t working)
{
    uint8_t *const block = &lead->quality[time / ECG_BEAT_BLOCK % ECG_BEAT_BLOCKS];
    const uint32_t before = time % ECG_BEAT_BLOCK == 0 ? 0u : *block;
    *block = (uint8_t)(before | lead->sum_flags);
    lead->ring[time % ECG_BEAT_RING] = (int16_t)working;
}

/* Adds a sample of a lead to the sum that becomes a working sample. */
ECG_BEAT_WITHIN void ecg_beat_add(ecg_beat_lead *lead, int32_t sample, uint32_t flags)
{
    lead->sum += sample;
    lead->sum_flags = (uint8_t)(lead->sum_flags | flags);
}

/* Makes a working sample of a sum; returns 0 if a peak was lost. */
ECG_BEAT_WITHIN int ecg_beat_take_sum(ecg_beat_lead *lead, uint32_t time)
{
    const int32_t working = lead->sum >> ECG_BEAT_SUM_SHIFT;
    int is_kept = 1;
    ecg_beat_remember(lead, time, working);
#if ECG_BEAT_DETECTOR
    is_kept = ecg_beat_filter(lead, (int32_t)time, working);
#endif
    lead->sum = 0;
    lead->sum_flags = 0;
    return is_kept;
}

/* Makes a working sample of each lead; returns 0 if a peak was lost. */
static int ecg_beat_take_sums(ecg_beat_stream *s)
{
    const uint32_t time = s->n_working;
    int is_kept = 1;
#if ECG_BEAT_TWO_LEADS
    for (ecg_beat_lead *lead = s->leads; lead != s->leads + ECG_BEAT_N_LEADS; ++lead) {
        is_kept &= ecg_beat_take_sum(lead, time);
    }
#else
    is_kept = ecg_beat_take_sum(&s->lead, time);
#endif
    s->n_summed = 0;
    /* The last of all, as poll reads up to here. */
    s->n_working = time + 1u;
    return is_kept;
}

/* Counts a sample that was added; returns 0 if a peak was lost. */
ECG_BEAT_WITHIN int ecg_beat_count(ecg_beat_stream *s)
{
    const uint32_t n_summed = s->n_summed + 1u;
    if (n_summed == ECG_BEAT_FACTOR) {
        return ecg_beat_take_sums(s);
    }
    s->n_summed = (uint8_t)n_summed;
    return 1;
}

/* Whether the signal has begun; follows for how long the lead has been off. */
ECG_BEAT_WITHIN int ecg_beat_has_begun(ecg_beat_stream *s, int lead_off)
{
    if (lead_off) {
        if (!s->has_begun) {
            ++s->n_before;
            return 0;
        }
        s->n_off = s->n_off < ECG_BEAT_LONG_OFF ? s->n_off + 1u : s->n_off;
    } else {
        if (s->n_off >= ECG_BEAT_LONG_OFF) {
            s->back_since = s->n_samples;
        }
        s->n_off = 0;
        s->has_begun = 1;
    }
    ++s->n_samples;
    return 1;
}

/* Holds the last sample of a lead that is off, and limits another; says what is wrong. */
ECG_BEAT_WITHIN uint32_t ecg_beat_check_sample(ecg_beat_lead *lead, int16_t *sample,
                                               int lead_off)
{
    uint32_t flags = 0;
    if (lead_off) {
        *sample = lead->last;
        return ECG_BEAT_FLAG_LEAD_OFF;
    }
    if (*sample <= ECG_BEAT_LOWEST || *sample >= ECG_BEAT_HIGHEST) {
        *sample = *sample <= ECG_BEAT_LOWEST ? ECG_BEAT_LOWEST : ECG_BEAT_HIGHEST;
        flags = ECG_BEAT_FLAG_SATURATED;
    }
    lead->last = *sample;
    return flags;
}

#if ECG_BEAT_TWO_LEADS
int ecg_beat_stream_push(ecg_beat_stream *s, int16_t first, int16_t second, int leads_off)
{
    int16_t sample = first;
    uint32_t off = (uint32_t)leads_off;
    if (!ecg_beat_has_begun(s, (leads_off & 3) == 3)) {
        return 1;
    }
    for (ecg_beat_lead *lead = s->leads; lead != s->leads + ECG_BEAT_N_LEADS; ++lead) {
        const uint32_t flags = ecg_beat_check_sample(lead, &sample, (off & 1u) != 0);
        ecg_beat_add(lead, sample, flags);
        sample = second;
        off >>= 1;
    }
    return ecg_beat_count(s);
}
#else
int ecg_beat_stream_push(ecg_beat_stream *s, int16_t sample, int lead_off)
{
    if (!ecg_beat_has_begun(s, lead_off)) {
        return 1;
    }
    const uint32_t flags = ecg_beat_check_sample(&s->lead, &sample, lead_off);
    ecg_beat_add(&s->lead, sample, flags);
    return ecg_beat_count(s);
}
#endif

/* Starts a lead of a signal without gaps. */
ECG_BEAT_WITHIN void ecg_beat_start_lead(ecg_beat_lead *lead)
{
#if ECG_BEAT_DETECTOR
    static const ecg_beat_filters no_filters = { 0 };
    static const ecg_beat_decision no_decision = { 0 };
    lead->filters = no_filters;
    lead->decision = no_decision;
    lead->decision.is_learning = 1;
#endif
    lead->sum = 0;
    lead->sum_flags = 0;
    lead->n_peaks = lead->first_peak = 0;
    lead->is_ended = 0;
#if ECG_BEAT_TWO_LEADS
    lead->last = 0;
    lead->n_seen = 0;
#endif
}

/* Starts all that a signal without gaps needs; what is known of the patient stays. */
static void ecg_beat_start_signal(ecg_beat_stream *s)
{
#if ECG_BEAT_TWO_LEADS
    static const ecg_beat_opinion no_judge = { 0 };
    for (uint32_t i = 0; i < ECG_BEAT_N_LEADS; ++i) {
        ecg_beat_start_lead(&s->leads[i]);
    }
    s->judge = no_judge;
    s->judge.said.r_peak = -ECG_BEAT_JUDGE_LONGEST;
#else
    ecg_beat_start_lead(&s->lead);
#endif
    s->n_summed = 0;
    s->n_working = s->n_samples = s->n_off = s->back_since = 0;
    s->has_begun = s->has_beat = 0;
    s->n_tail = 0;
    s->stage = ECG_BEAT_NO_STAGE;
}

void ecg_beat_stream_end(ecg_beat_stream *s)
{
    if (s->has_begun) {
        s->has_begun = 0;
        s->n_tail = (uint16_t)(ECG_BEAT_TAIL * ECG_BEAT_FACTOR - s->n_samples % ECG_BEAT_FACTOR);
    }
}

/*
 * Goes on as if the signal stayed where it is, until nothing is left to be found in it: no
 * more at once than poll may be late. Returns whether there was something left.
 */
static ECG_BEAT_APART_FROM_OTHERS int ecg_beat_goes_on(ecg_beat_stream *s)
{
    if (s->n_tail == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < ECG_BEAT_SLACK && s->n_tail > 0; ++i) {
#if ECG_BEAT_TWO_LEADS
        ecg_beat_add(&s->leads[0], s->leads[0].last, 0);
        ecg_beat_add(&s->leads[1], s->leads[1].last, 0);
#else
        ecg_beat_add(&s->lead, s->lead.last, 0);
#endif
        (void)ecg_beat_count(s);
        --s->n_tail;
    }
#if ECG_BEAT_TWO_LEADS
    s->leads[0].is_ended = s->leads[1].is_ended = s->n_tail == 0;
#else
    s->lead.is_ended = s->n_tail == 0;
#endif
    return 1;
}

void ecg_beat_stream_gap(ecg_beat_stream *s, uint32_t n_lost)
{
    const uint32_t n_before = s->n_before + s->n_samples + n_lost;
    ecg_beat_start_signal(s);
    s->n_before = n_before;
}

#endif
