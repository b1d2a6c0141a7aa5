#ifndef ECG_BEAT_POLL_H
#define ECG_BEAT_POLL_H

#include "../module/classify.h"
#include "cut.h"
#if ECG_BEAT_DETECTOR
#if ECG_BEAT_TWO_LEADS
#include "judge.h"
#else
#include "locate.h"
#endif
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
#if ECG_BEAT_EPISODES
#include "episodes.h"
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
#if ECG_BEAT_TWO_LEADS
    s->sound = s->looked = s->judge.sound;
    p->lead = ECG_BEAT_N_LEADS;
#endif
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

/* Scales the window of the beat that was cut, and stores it where the network reads it. */
static void ecg_beat_store_look(ecg_beat_stream *s)
{
    const int16_t *const span = s->buffer.look.work.span;
    ecg_beat_store_window(&span[ECG_BEAT_WINDOW_FIRST - ECG_BEAT_SPAN_FIRST],
                          s->buffer.scratch);
}

/* Cuts the window of the beat in a lead, and compares it with what is typical there. */
static inline uint8_t ecg_beat_look_at(ecg_beat_stream *s, const ecg_beat_lead *lead)
{
    ecg_beat_work *const work = &s->buffer.look.work;
    ecg_beat_cut(lead, s->r_peak, work->span);
#if ECG_BEAT_TWO_LEADS
    ecg_beat_store_look(s);
#endif
#if ECG_BEAT_MORPHOLOGY
    ecg_beat_compare_beat(&s->patient, work);
#endif
    return ecg_beat_quality(lead, s->r_peak);
}
#if ECG_BEAT_TWO_LEADS

/* Copies the window of the second lead from where the network reads it, or to there. */
static void ecg_beat_copy_window(uint8_t *to, const uint8_t *from)
{
    for (uint32_t i = 0; i < ECG_BEAT_WINDOW_BYTES; ++i) {
        to[i] = from[i];
    }
}

/* Looks at the beat in both leads; those that are sound and seen count, or one at least. */
static void ecg_beat_look(ecg_beat_stream *s)
{
    uint8_t flags[ECG_BEAT_N_LEADS];
    uint32_t seen = 0;
    for (uint32_t i = ECG_BEAT_N_LEADS; i > 0; --i) {
        const uint32_t number = i - 1u;
        s->patient.lead = (uint8_t)number;
        flags[number] = ecg_beat_look_at(s, &s->leads[number]);
        if (number == 1u) {
            ecg_beat_copy_window(s->second_window, s->buffer.look.window);
        }
        seen |= (flags[number] & ECG_BEAT_FLAG_LEAD_OFF) == 0 ? 1u << number : 0u;
    }
    s->patient.lead = ECG_BEAT_N_LEADS;
    if ((s->sound & seen) != 0) {
        s->looked = (uint8_t)(s->sound & seen);
    } else if (seen != 0) {
        s->looked = (uint8_t)seen;
    } else {
        s->looked = s->sound;
    }
    for (uint32_t i = 0; i < ECG_BEAT_N_LEADS; ++i) {
        s->flags |= (uint8_t)((s->looked & (1u << i)) != 0 ? flags[i] : 0u);
    }
}
#else

static void ecg_beat_look(ecg_beat_stream *s)
{
    s->flags |= ecg_beat_look_at(s, &s->lead);
}
#endif

/* The natural logarithm of the ratio of the two largest probabilities, in 1/256. */
static uint16_t ecg_beat_margin(const int32_t *logits, int best, uint32_t places)
{
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
        const uint32_t behind = (uint32_t)logits[best] - (uint32_t)logits[i];
        least = i != best && behind < least ? behind : least;
    }
    const uint64_t margin = ((uint64_t)least * ECG_BEAT_MARGIN_FACTOR) >> places;
    return (uint16_t)(margin > 65535u ? 65535u : margin);
}

/* Runs the network in a lead; returns the most probable label. */
static inline int ecg_beat_run(ecg_beat_stream *s, uint32_t lead, int32_t *logits)
{
    ecg_beat_cell *const cells = ecg_beat_cells(s->buffer.scratch);
    (void)lead;
#if !ECG_BEAT_TWO_LEADS
    ecg_beat_store_look(s);
#endif
#if ECG_BEAT_NAMES
#if ECG_BEAT_RHYTHM
    return ecg_beat_run_layers(cells, s->patient.features[lead], s->names, logits);
#else
    return ecg_beat_run_layers(cells, s->names, logits);
#endif
#else
#if ECG_BEAT_RHYTHM
    return ecg_beat_run_layers(cells, s->patient.features[lead], logits);
#else
    return ecg_beat_run_layers(cells, logits);
#endif
#endif
}
#if ECG_BEAT_TWO_LEADS

/* Runs the network in the leads that are looked at, whose logits are added. */
static int ecg_beat_run_both(ecg_beat_stream *s, int32_t *logits)
{
    int32_t of_lead[ECG_BEAT_N_CLASSES];
    int best = 0;
    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
        logits[i] = 0;
    }
    for (uint32_t lead = 0; lead < ECG_BEAT_N_LEADS; ++lead) {
        if ((s->looked & (1u << lead)) != 0) {
            if (lead == 1u) {
                ecg_beat_copy_window(s->buffer.look.window, s->second_window);
            }
            (void)ecg_beat_run(s, lead, of_lead);
            for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
                logits[i] += of_lead[i];
            }
#if ECG_BEAT_GATE
            if (lead == 0 && ecg_beat_is_enough(of_lead)) {
                s->looked = 1u;
            }
#endif
        }
    }
    for (int i = 1; i < ECG_BEAT_N_CLASSES; ++i) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}
#endif

/* Labels the beat by what is known of it. */
static void ecg_beat_label(ecg_beat_stream *s, ecg_beat_event *event)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
#if ECG_BEAT_TWO_LEADS
    const int best = ecg_beat_run_both(s, logits);
    const uint32_t places = s->looked == 3u ? 17u : 16u;
#else
#if ECG_BEAT_GATE
    if (ecg_beat_passes(s->patient.features[0], s->flags)) {
        event->label = ECG_BEAT_GATE_LABEL;
        event->margin = ECG_BEAT_GATE_MARGIN;
        return;
    }
#endif
    const int best = ecg_beat_run(s, 0, logits);
    const uint32_t places = 16;
#endif
    event->label = (uint8_t)best;
    event->margin = ecg_beat_margin(logits, best, places);
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
static int ecg_beat_take_found(ecg_beat_stream *s, int32_t now, ecg_beat_event *event)
{
    uint8_t flags;
    int is_finished = 0;
#if ECG_BEAT_TWO_LEADS
    const int32_t r_peak = ecg_beat_said_r_peak(s, now, &flags);
#else
    const int32_t r_peak = ecg_beat_locate(&s->lead, &flags);
    (void)now;
#endif
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

/* Returns whether there is a beat now, with what was pushed. */
static int ecg_beat_has_event(ecg_beat_stream *s, ecg_beat_event *event)
{
    for (;;) {
        const int32_t now = (int32_t)s->n_working - 1;
#if ECG_BEAT_TWO_LEADS
        const int is_ended = s->leads[0].is_ended;
        ecg_beat_look_at_peaks(&s->leads[0]);
        ecg_beat_look_at_peaks(&s->leads[1]);
#else
        const uint32_t n_peaks = (uint8_t)(s->lead.n_peaks - s->lead.first_peak);
        const int is_ended = s->lead.is_ended;
#endif
        if (s->stage == ECG_BEAT_NEEDS_WINDOW && !ecg_beat_has_looked(s, now)) {
            return 0;
        }
#if ECG_BEAT_WAITS
#if ECG_BEAT_TWO_LEADS
        const int32_t next = ecg_beat_next_time(s, now);
#else
        const int32_t next = ecg_beat_next_decision(&s->lead, now, n_peaks);
#endif
        if (ecg_beat_has_waited(s, now, next)) {
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
#if ECG_BEAT_TWO_LEADS
        switch (ecg_beat_decide_both(s, now)) {
#else
        switch (ecg_beat_decide(&s->lead, now, n_peaks)) {
#endif
        case ECG_BEAT_A_BEAT:
            if (ecg_beat_take_found(s, now, event)) {
                return 1;
            }
            break;
        case ECG_BEAT_NOTHING:
            if (!is_ended || s->stage != ECG_BEAT_NEEDS_NEXT) {
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

#if ECG_BEAT_EPISODES
/* Returns whether there is a beat now; lets what is left in an ended signal come out. */
static int ecg_beat_next_beat(ecg_beat_stream *s, ecg_beat_event *event)
#else
int ecg_beat_stream_poll(ecg_beat_stream *s, ecg_beat_event *event)
#endif
{
    do {
        if (ecg_beat_has_event(s, event)) {
            return 1;
        }
    } while (ecg_beat_goes_on(s));
    return 0;
}

#if ECG_BEAT_EPISODES
int ecg_beat_stream_next(ecg_beat_stream *s, ecg_beat_event *event, ecg_beat_episode *episode)
{
    if (ecg_beat_next_episode(&s->rhythm, episode)) {
        return ECG_BEAT_NEXT_EPISODE;
    }
    if (!ecg_beat_next_beat(s, event)) {
        return ECG_BEAT_NEXT_NOTHING;
    }
    ecg_beat_hear(&s->rhythm, event);
    return ECG_BEAT_NEXT_BEAT;
}

int ecg_beat_stream_poll(ecg_beat_stream *s, ecg_beat_event *event)
{
    ecg_beat_episode not_asked_for;
    int next = ECG_BEAT_NEXT_EPISODE;
    while (next == ECG_BEAT_NEXT_EPISODE) {
        next = ecg_beat_stream_next(s, event, &not_asked_for);
    }
    return next == ECG_BEAT_NEXT_BEAT;
}

void ecg_beat_stream_close(ecg_beat_stream *s)
{
    if (s->rhythm.heard != ECG_BEAT_HEARD_END) {
        ecg_beat_meet(&s->rhythm, s->n_before + s->n_samples, ECG_BEAT_HEARD_END, 0);
    }
}

#endif
#if ECG_BEAT_NAMES
int ecg_beat_stream_adapt(ecg_beat_stream *s, const uint8_t *table, uint32_t n_bytes)
{
    const int status =
        table == NULL ? ECG_BEAT_NAMES_TAKEN : ecg_beat_check_names(table, n_bytes);
    if (status == ECG_BEAT_NAMES_TAKEN) {
        s->names = table;
    }
    return status;
}

#endif
void ecg_beat_stream_init(ecg_beat_stream *s)
{
    static const ecg_beat_patient nobody = { 0 };
#if ECG_BEAT_EPISODES
    static const ecg_beat_rhythm no_rhythm = { 0 };
    s->rhythm = no_rhythm;
#endif
    s->patient = nobody;
    s->is_new = 1;
#if ECG_BEAT_NAMES
    s->names = NULL;
#endif
    s->n_before = 0;
    ecg_beat_start_signal(s);
}

#endif
