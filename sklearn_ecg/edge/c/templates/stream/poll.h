#ifndef ECG_BEAT_POLL_H
#define ECG_BEAT_POLL_H

#include "../module/classify.h"
#include "cut.h"
#if ECG_BEAT_DETECTOR
#include "locate.h"
#else
#include "told.h"
#endif
#include "push.h"
#include "rhythm.h"
#if ECG_BEAT_GATE
#include "gate.h"
#endif
#if ECG_BEAT_MORPHOLOGY
#include "morphology.h"
#endif

/* The interval before a beat, in ms; 0 if it isn't known. */
static uint16_t ecg_beat_interval(const ecg_beat_stream *s, int32_t r_peak)
{
    const int32_t back = (int32_t)s->back_since;
    if (!s->has_beat || (back > s->r_peak && back <= r_peak) ||
        r_peak - s->r_peak > ECG_BEAT_LONGEST_PAUSE) {
        return 0;
    }
    return ecg_beat_milliseconds((uint32_t)(r_peak - s->r_peak));
}

/* Begins with a beat: what is known of its rhythm before the next one comes. */
static void ecg_beat_begin(ecg_beat_stream *s, int32_t r_peak, uint16_t rr_prev, uint8_t flags)
{
    ecg_beat_patient *const p = &s->patient;
    const uint32_t median = ecg_beat_median_interval(p);
    if (rr_prev == 0 && !s->is_new) {
        flags |= ECG_BEAT_FLAG_AFTER_GAP;
    }
    if (rr_prev != 0 && median != 0 &&
        rr_prev * ECG_BEAT_LONG_OVER > median * ECG_BEAT_LONG_OF) {
        flags |= ECG_BEAT_FLAG_LONG_INTERVAL;
    }
    s->is_new = 0;
    s->has_beat = 1;
    s->r_peak = r_peak;
    s->flags = flags;
    p->rr_prev = rr_prev;
#if ECG_BEAT_INTERVALS
    p->rr_local = ecg_beat_local(p, rr_prev);
#endif
#if ECG_BEAT_RELATIVE
    ecg_beat_compare_rr_prev(p, rr_prev);
#else
    if (rr_prev != 0) {
        const uint32_t interval = ecg_beat_at_most(rr_prev, ECG_BEAT_LONGEST_MS);
        ecg_beat_move_quantile(&p->median, (int32_t)(interval << 16), ECG_BEAT_MEDIAN_UP);
    }
#endif
    s->stage = ECG_BEAT_NEEDS_WINDOW;
}

/* Cuts the window of the beat, and compares the beat with what is typical. */
static void ecg_beat_look(ecg_beat_stream *s)
{
    ecg_beat_work *const work = &s->buffer.look.work;
    s->flags |= ecg_beat_quality(&s->lead, s->r_peak);
    ecg_beat_cut(&s->lead, s->r_peak, work->span);
    ecg_beat_store_window(&work->span[ECG_BEAT_WINDOW_FIRST - ECG_BEAT_SPAN_FIRST],
                          s->buffer.scratch);
#if ECG_BEAT_MORPHOLOGY
    ecg_beat_compare_beat(&s->patient, work);
#endif
}

/* The natural logarithm of the ratio of the two largest probabilities, in 1/256. */
static uint16_t ecg_beat_margin(const int32_t *logits, int best)
{
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
        const uint32_t behind = (uint32_t)logits[best] - (uint32_t)logits[i];
        least = i != best && behind < least ? behind : least;
    }
    const uint64_t margin = ((uint64_t)least * ECG_BEAT_MARGIN_FACTOR) >> 16;
    return (uint16_t)(margin > 65535u ? 65535u : margin);
}

/* Labels the beat by what is known of it. */
static void ecg_beat_label(ecg_beat_stream *s, ecg_beat_event *event)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
    ecg_beat_cell *const cells = ecg_beat_cells(s->buffer.scratch);
#if ECG_BEAT_GATE
    if (ecg_beat_passes(s->patient.features, s->flags)) {
        event->label = ECG_BEAT_GATE_LABEL;
        event->margin = ECG_BEAT_GATE_MARGIN;
        return;
    }
#endif
#if ECG_BEAT_RHYTHM
    const int best = ecg_beat_run_layers(cells, s->patient.features, logits);
#else
    const int best = ecg_beat_run_layers(cells, logits);
#endif
    event->label = (uint8_t)best;
    event->margin = ecg_beat_margin(logits, best);
}

/* Completes the beat, now that the interval to the next one is known, or is 0. */
static void ecg_beat_finish(ecg_beat_stream *s, uint16_t rr_next, ecg_beat_event *event)
{
#if ECG_BEAT_INTERVALS
    ecg_beat_put_intervals(&s->patient, rr_next);
#endif
#if ECG_BEAT_RELATIVE
    ecg_beat_compare_rr_next(&s->patient, rr_next);
#endif
    (void)rr_next;
    event->r_sample = s->n_before + (uint32_t)s->r_peak;
    event->rr_prev = s->patient.rr_prev;
    event->flags = s->flags;
    event->label = ECG_BEAT_UNCLASSIFIED;
    event->margin = 0;
    if ((s->flags & ECG_BEAT_FLAG_LATE) == 0) {
        ecg_beat_label(s, event);
    }
    s->stage = ECG_BEAT_NO_STAGE;
}
#if ECG_BEAT_WAITS

/* Whether the beat has waited too long for the next one, before what is decided next. */
static int ecg_beat_has_waited(const ecg_beat_stream *s, int32_t now, int32_t next)
{
    const int32_t patience = s->r_peak / (int32_t)ECG_BEAT_FACTOR + ECG_BEAT_PATIENCE;
    return s->stage == ECG_BEAT_NEEDS_NEXT && now >= patience && next > patience;
}
#endif

/* Takes the beat that was found, if it is one. Returns whether it finished the last. */
static int ecg_beat_take_found(ecg_beat_stream *s, ecg_beat_event *event)
{
    uint8_t flags;
    int is_finished = 0;
    const int32_t r_peak = ecg_beat_locate(&s->lead, &flags);
    if (r_peak >= (int32_t)s->n_samples ||
        (s->has_beat && r_peak - s->r_peak <= ECG_BEAT_SHORTEST)) {
        return 0;
    }
    const uint16_t rr_prev = ecg_beat_interval(s, r_peak);
    if (s->stage == ECG_BEAT_NEEDS_NEXT) {
        if (rr_prev == 0) {
            s->flags |= ECG_BEAT_FLAG_PROVISIONAL;
        }
        ecg_beat_finish(s, rr_prev, event);
        is_finished = 1;
    }
    ecg_beat_begin(s, r_peak, rr_prev, flags);
    return is_finished;
}

/* Looks at the window of the beat; returns whether that is possible yet. */
static int ecg_beat_has_looked(ecg_beat_stream *s, int32_t now)
{
    const int32_t place = s->r_peak / (int32_t)ECG_BEAT_FACTOR + ECG_BEAT_REACH_AFTER;
    if ((s->flags & ECG_BEAT_FLAG_LATE) == 0) {
        if (now < (place | (ECG_BEAT_BLOCK - 1))) {
            return 0;
        }
        ecg_beat_look(s);
    }
    s->stage = ECG_BEAT_NEEDS_NEXT;
    return 1;
}

int ecg_beat_stream_poll(ecg_beat_stream *s, ecg_beat_event *event)
{
    for (;;) {
        const int32_t now = (int32_t)s->n_working - 1;
        const uint32_t n_peaks = (uint8_t)(s->lead.n_peaks - s->lead.first_peak);
        if (s->stage == ECG_BEAT_NEEDS_WINDOW && !ecg_beat_has_looked(s, now)) {
            return 0;
        }
#if ECG_BEAT_WAITS
        if (ecg_beat_has_waited(s, now, ecg_beat_next_decision(&s->lead, now, n_peaks))) {
            s->flags |= ECG_BEAT_FLAG_PROVISIONAL;
            ecg_beat_finish(s, ECG_BEAT_LONGEST_MS, event);
            return 1;
        }
#else
        if (s->stage == ECG_BEAT_NEEDS_NEXT) {
            ecg_beat_finish(s, 0, event);
            return 1;
        }
#endif
        switch (ecg_beat_decide(&s->lead, now, n_peaks)) {
        case ECG_BEAT_A_BEAT:
            if (ecg_beat_take_found(s, event)) {
                return 1;
            }
            break;
        case ECG_BEAT_NOTHING:
            if (!s->lead.is_ended || s->stage != ECG_BEAT_NEEDS_NEXT) {
                return 0;
            }
            s->flags |= ECG_BEAT_FLAG_PROVISIONAL;
            ecg_beat_finish(s, 0, event);
            return 1;
        default:
            break;
        }
    }
}

void ecg_beat_stream_init(ecg_beat_stream *s)
{
    static const ecg_beat_patient nobody = { 0 };
    s->patient = nobody;
    s->is_new = 1;
    s->n_before = 0;
    ecg_beat_start_signal(s);
}

#endif
