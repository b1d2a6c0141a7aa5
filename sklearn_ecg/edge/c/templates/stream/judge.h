#ifndef ECG_BEAT_JUDGE_H
#define ECG_BEAT_JUDGE_H

#include "locate.h"

/* What the judge does next: find a beat, take the one that was found, or tell of it. */
enum ecg_beat_judging { ECG_BEAT_FINDS, ECG_BEAT_TAKES, ECG_BEAT_TELLS };

/* The beat of a lead that waits longest to be judged. */
static inline const ecg_beat_found *ecg_beat_waiting(const ecg_beat_judged *lead)
{
    return &lead->beats[lead->n_beats - lead->n_waiting];
}

/* Whether a lead has a beat so near to an R peak. */
static int ecg_beat_has(const ecg_beat_judged *lead, int32_t r_peak, int32_t within)
{
    for (uint32_t i = 0; i < lead->n_beats; ++i) {
        const int32_t apart = lead->beats[i].r_peak - r_peak;
        if (apart >= -within && apart <= within) {
            return 1;
        }
    }
    return 0;
}

/* Whether there is a beat of both leads so near that another one is its wave. */
static int ecg_beat_is_wave(const ecg_beat_judged *lead, const ecg_beat_judged *other,
                            int32_t r_peak)
{
    for (uint32_t i = 0; i < lead->n_beats; ++i) {
        const int32_t apart = lead->beats[i].r_peak - r_peak;
        if (apart != 0 && apart >= -ECG_BEAT_JUDGE_WAVE && apart <= ECG_BEAT_JUDGE_WAVE &&
            ecg_beat_has(other, lead->beats[i].r_peak, ECG_BEAT_JUDGE_SAME)) {
            return 1;
        }
    }
    return 0;
}

/* Whether the beats of a lead are far too low beside those of the other one. */
static int ecg_beat_is_flat(const ecg_beat_judged *lead, const ecg_beat_judged *other)
{
    return lead->last >= ECG_BEAT_JUDGE_START && other->last >= ECG_BEAT_JUDGE_START &&
           other->height - lead->height >= ECG_BEAT_JUDGE_FLAT && lead->jumps >= other->jumps;
}

/* Whether only the other lead has had beats for a while. */
static int ecg_beat_is_silent(const ecg_beat_judged *lead, const ecg_beat_judged *other)
{
    return lead->n_silent >= ECG_BEAT_JUDGE_SILENT &&
           other->last - lead->last > ECG_BEAT_JUDGE_SILENCE;
}

/* Whether the intervals of a lead jump far more than those of the other one. */
static int ecg_beat_is_irregular(const ecg_beat_judged *lead, const ecg_beat_judged *other)
{
    return lead->n_followed == ECG_BEAT_JUDGE_KNOWN &&
           other->n_followed == ECG_BEAT_JUDGE_KNOWN &&
           lead->jumps - other->jumps >= ECG_BEAT_JUDGE_IRREGULAR;
}

/* Whether a lead is worth a look beside the other one. */
static int ecg_beat_is_sound(const ecg_beat_judged *lead, const ecg_beat_judged *other)
{
    return lead->fault <= ECG_BEAT_JUDGE_USELESS && !ecg_beat_is_irregular(lead, other);
}

/* Whether a beat of one lead alone was missed in the one that is believed. */
static int ecg_beat_is_missed(const ecg_beat_opinion *j, const ecg_beat_judged *lead,
                              const ecg_beat_judged *other, const ecg_beat_found *beat)
{
    int32_t before = 0, after = j->now;
    int is_followed = 0;
    if (lead->fault > ECG_BEAT_JUDGE_TRUSTED || beat->over_noise < ECG_BEAT_JUDGE_CLEAR ||
        ecg_beat_has(other, beat->r_peak, ECG_BEAT_JUDGE_ADDED)) {
        return 0;
    }
    for (uint32_t i = 0; i < other->n_beats; ++i) {
        const int32_t r_peak = other->beats[i].r_peak;
        if (r_peak < beat->r_peak) {
            before = r_peak;
        } else if (!is_followed) {
            after = r_peak;
            is_followed = 1;
        }
    }
    /* Longer than what no usual interval reaches is long enough. */
    const int32_t gap = after - before;
    const int32_t longest = 2 * ECG_BEAT_JUDGE_LONGEST;
    return gap >= longest ||
           ECG_BEAT_JUDGE_GAP_OVER * gap >= ECG_BEAT_JUDGE_GAP_OF * j->interval;
}

/* Follows the height and the interval of a beat. */
static void ecg_beat_follow(ecg_beat_judged *lead, const ecg_beat_found *beat)
{
    const int32_t interval = beat->r_peak - lead->last, before = lead->interval;
    const int32_t longest = interval > before ? interval : before;
    const int32_t longer = longest > 1 ? longest : 1;
    const int32_t change = interval > before ? interval - before : before - interval;
    const int32_t jump = longer > ECG_BEAT_JUDGE_LONGEST
                             ? ECG_BEAT_JUDGE_ALWAYS
                             : change * ECG_BEAT_JUDGE_ALWAYS / longer;
    const int32_t higher = beat->height - lead->height;
    lead->height += lead->height == 0 ? higher : higher >> ECG_BEAT_JUDGE_MEMORY;
    lead->jumps += (jump - lead->jumps) >> ECG_BEAT_JUDGE_MEMORY;
    lead->last = beat->r_peak;
    lead->interval = interval;
    if (lead->n_followed < ECG_BEAT_JUDGE_KNOWN) {
        ++lead->n_followed;
    }
}

static void ecg_beat_charge(ecg_beat_judged *lead, int is_wrong)
{
    const int32_t share = is_wrong ? ECG_BEAT_JUDGE_ALWAYS : 0;
    lead->fault += (share - lead->fault) >> ECG_BEAT_JUDGE_MEMORY;
}

/* Charges a beat of one lead alone to the lead that is more likely wrong. */
static void ecg_beat_charge_one(ecg_beat_judged *lead, ecg_beat_judged *other,
                                const ecg_beat_found *beat)
{
    int is_own = 0;
    other->n_silent = (uint8_t)(other->n_silent < UINT8_MAX ? other->n_silent + 1u : UINT8_MAX);
    lead->n_silent = 0;
    if (!ecg_beat_is_flat(other, lead)) {
        is_own = ecg_beat_is_flat(lead, other) ||
                 (!ecg_beat_is_silent(other, lead) &&
                  (ecg_beat_is_wave(lead, other, beat->r_peak) ||
                   beat->over_noise < ECG_BEAT_NOISY_BELOW));
    }
    ecg_beat_charge(lead, is_own);
    ecg_beat_charge(other, !is_own);
}

/* Tells of a beat that is believed, unless it was told of in the other lead. */
static int ecg_beat_say(ecg_beat_opinion *j, uint32_t number, const ecg_beat_found *beat)
{
    const ecg_beat_judged *const lead = &j->leads[number], *const other = &j->leads[1u - number];
    const int32_t since = beat->r_peak - j->said.r_peak;
    if (since < (number == j->said_in ? 1 : ECG_BEAT_JUDGE_APART)) {
        return 0;
    }
    const int32_t interval = since < ECG_BEAT_JUDGE_LONGEST ? since : ECG_BEAT_JUDGE_LONGEST;
    j->interval += (interval - j->interval) >> 3;
    j->said = *beat;
    j->said_in = (uint8_t)number;
    j->sound = (uint8_t)(1u << number);
    if (ecg_beat_is_sound(other, lead)) {
        j->sound = 3;
    }
    return 1;
}

/* Chooses the lead that is believed; after a change its beats are told of. */
static void ecg_beat_choose(ecg_beat_opinion *j)
{
    const ecg_beat_judged *const own = &j->leads[j->believed];
    const ecg_beat_judged *const other = &j->leads[1u - j->believed];
    const int is_irregular = ecg_beat_is_irregular(own, other);
    const int is_worse =
        (own->fault - other->fault >= ECG_BEAT_JUDGE_WORSE &&
         other->fault <= ECG_BEAT_JUDGE_SOUND && !ecg_beat_is_irregular(other, own)) ||
        ecg_beat_is_flat(own, other) ||
        (ecg_beat_is_silent(own, other) && other->fault <= ECG_BEAT_JUDGE_USELESS) ||
        (own->fault >= ECG_BEAT_JUDGE_WORSE && is_irregular);
    if (j->believed == 1u) {
        const int is_as_good = other->fault <= own->fault + ECG_BEAT_JUDGE_TRUSTED &&
                               other->fault <= ECG_BEAT_JUDGE_SOUND / 2 &&
                               ecg_beat_is_sound(other, own);
        j->n_as_good = (uint8_t)(is_as_good ? j->n_as_good + 1u : 0u);
    }
    if (is_worse || j->n_as_good >= ECG_BEAT_JUDGE_AS_GOOD) {
        j->n_as_good = 0;
        j->believed = (uint8_t)(1u - j->believed);
        j->is_behind = 1;
        j->place = 0;
        j->behind = j->said.r_peak;
    }
}

/* Judges the beat that waits longest in a lead; returns whether it is to be told of. */
static int ecg_beat_judge_beat(ecg_beat_opinion *j, uint32_t number)
{
    ecg_beat_judged *const lead = &j->leads[number], *const other = &j->leads[1u - number];
    const ecg_beat_found *const beat = ecg_beat_waiting(lead);
    int is_said = 0;
    --lead->n_waiting;
    ecg_beat_follow(lead, beat);
    if (!ecg_beat_has(other, beat->r_peak, ECG_BEAT_JUDGE_SAME)) {
        ecg_beat_charge_one(lead, other, beat);
        is_said = number != j->believed && ecg_beat_is_missed(j, lead, other, beat) &&
                  ecg_beat_say(j, number, beat);
    } else if (number == 0) {
        ecg_beat_charge(lead, ecg_beat_is_flat(lead, other));
        ecg_beat_charge(other, ecg_beat_is_flat(other, lead));
        lead->n_silent = other->n_silent = 0;
    }
    ecg_beat_choose(j);
    return is_said;
}

/* Takes the beat that was found, and forgets the one that is longest past. */
static void ecg_beat_remember_beat(ecg_beat_opinion *j)
{
    ecg_beat_judged *const lead = &j->leads[j->taken_in];
    if (lead->n_beats == ECG_BEAT_MOST_BEATS) {
        for (uint32_t i = 1; i < ECG_BEAT_MOST_BEATS; ++i) {
            lead->beats[i - 1u] = lead->beats[i];
        }
        --lead->n_beats;
    }
    lead->beats[lead->n_beats] = j->taken;
    ++lead->n_beats;
    ++lead->n_waiting;
}

/* When the first beat of a lead is judged, in samples; INT32_MAX if none waits. */
static int32_t ecg_beat_due(const ecg_beat_judged *lead)
{
    if (lead->n_waiting == 0) {
        return INT32_MAX;
    }
    const int32_t due = ecg_beat_waiting(lead)->r_peak + ECG_BEAT_JUDGE_HOLD;
    return due > ECG_BEAT_JUDGE_START ? due : ECG_BEAT_JUDGE_START;
}

/* What comes next: a decision of a lead, or a beat to be judged. */
typedef struct {
    int32_t decision, due; /* in working samples, and in samples; INT32_MAX if none */
    uint32_t decides, judged; /* leads */
} ecg_beat_ahead;

static uint32_t ecg_beat_n_peaks(const ecg_beat_lead *lead)
{
    return (uint8_t)(lead->n_seen - lead->first_peak);
}

static void ecg_beat_look_ahead(const ecg_beat_stream *s, int32_t now, ecg_beat_ahead *next)
{
    const ecg_beat_opinion *const j = &s->judge;
    const ecg_beat_lead *const first = &s->leads[0], *const second = &s->leads[1];
    const int32_t of_first = ecg_beat_next_decision(first, now, ecg_beat_n_peaks(first));
    const int32_t of_second = ecg_beat_next_decision(second, now, ecg_beat_n_peaks(second));
    const int32_t due_first = ecg_beat_due(&j->leads[0]);
    const int32_t due_second = ecg_beat_due(&j->leads[1]);
    next->decides = of_second < of_first;
    next->decision = next->decides != 0 ? of_second : of_first;
    next->judged = due_second < due_first;
    next->due = next->judged != 0 ? due_second : due_first;
    int32_t limit = (now + 1) * (int32_t)ECG_BEAT_FACTOR;
    if (next->decision != INT32_MAX) {
        limit = (next->decision + 1) * (int32_t)ECG_BEAT_FACTOR - 1;
    } else if (first->is_ended) {
        limit = INT32_MAX - 1;
    }
    if (next->due > limit) {
        next->due = INT32_MAX;
    }
}

/* A time in samples as the working sample with which it has come. */
static int32_t ecg_beat_working_time(int32_t samples, int32_t now)
{
    const int32_t factor = ECG_BEAT_FACTOR;
    const int32_t time = (samples + factor - 1) / factor - 1;
    return time < now ? time : now;
}
#if ECG_BEAT_WAITS

/* When something may be told of next, in working samples. */
static int32_t ecg_beat_next_time(const ecg_beat_stream *s, int32_t now)
{
    ecg_beat_ahead next;
    if (s->judge.is_behind || s->judge.stage != ECG_BEAT_FINDS) {
        return ecg_beat_working_time(s->judge.now, now);
    }
    ecg_beat_look_ahead(s, now, &next);
    return next.due == INT32_MAX ? next.decision : ecg_beat_working_time(next.due, now);
}
#endif

/* Finds the next beat of a lead, if what is decided next is one. */
static void ecg_beat_find(ecg_beat_stream *s, int32_t now, uint32_t number)
{
    ecg_beat_opinion *const j = &s->judge;
    ecg_beat_lead *const lead = &s->leads[number];
    uint8_t flags;
    if (ecg_beat_decide(lead, now, ecg_beat_n_peaks(lead)) == ECG_BEAT_A_BEAT) {
        j->taken.r_peak = ecg_beat_locate(lead, &flags);
        j->taken.height = lead->decision.found.height;
        j->taken.over_noise = lead->decision.found_over_noise;
        j->taken_in = (uint8_t)number;
        j->now = (lead->decision.clock + 1) * (int32_t)ECG_BEAT_FACTOR;
        j->stage = ECG_BEAT_TAKES;
    }
}

/* Tells of the next beat of a lead that is believed from now on. */
static int ecg_beat_catch_up(ecg_beat_opinion *j)
{
    const ecg_beat_judged *const lead = &j->leads[j->believed];
    while (j->place < lead->n_beats) {
        const ecg_beat_found *const beat = &lead->beats[j->place];
        ++j->place;
        if (beat->r_peak > j->behind && ecg_beat_say(j, j->believed, beat)) {
            return 1;
        }
    }
    j->is_behind = 0;
    return 0;
}

/* Goes on with the beat that was taken; returns whether one is to be told of. */
static int ecg_beat_go_on(ecg_beat_opinion *j)
{
    const uint32_t number = j->taken_in;
    ecg_beat_judged *const lead = &j->leads[number], *const other = &j->leads[1u - number];
    if (j->stage == ECG_BEAT_TAKES) {
        if (lead->n_waiting == ECG_BEAT_MOST_BEATS) {
            return ecg_beat_judge_beat(j, number);
        }
        ecg_beat_remember_beat(j);
        j->stage = ECG_BEAT_TELLS;
        return 0;
    }
    /* What the other lead alone has before this beat can be told now. */
    if (number == j->believed && other->n_waiting > 0 &&
        ecg_beat_waiting(other)->r_peak < j->taken.r_peak - ECG_BEAT_JUDGE_ADDED) {
        return ecg_beat_judge_beat(j, 1u - number);
    }
    j->stage = ECG_BEAT_FINDS;
    return number == j->believed && ecg_beat_say(j, number, &j->taken);
}

/* Decides what is to be decided next, in both leads. */
static enum ecg_beat_decided ecg_beat_decide_both(ecg_beat_stream *s, int32_t now)
{
    ecg_beat_opinion *const j = &s->judge;
    ecg_beat_ahead next;
    int is_said = 0;
    if (j->is_behind) {
        is_said = ecg_beat_catch_up(j);
    } else if (j->stage != ECG_BEAT_FINDS) {
        is_said = ecg_beat_go_on(j);
    } else {
        ecg_beat_look_ahead(s, now, &next);
        if (next.due != INT32_MAX) {
            j->now = next.due > j->now ? next.due : j->now;
            is_said = ecg_beat_judge_beat(j, next.judged);
        } else if (next.decision != INT32_MAX) {
            ecg_beat_find(s, now, next.decides);
        } else {
            return ECG_BEAT_NOTHING;
        }
    }
    return is_said ? ECG_BEAT_A_BEAT : ECG_BEAT_NO_BEAT;
}

/* The R peak of the beat that is told of; LATE if its samples are forgotten. */
static int32_t ecg_beat_said_r_peak(const ecg_beat_stream *s, int32_t now, uint8_t *flags)
{
    const ecg_beat_opinion *const j = &s->judge;
    const int32_t r_peak = j->said.r_peak;
    const int32_t first = r_peak / (int32_t)ECG_BEAT_FACTOR - ECG_BEAT_REACH_BEFORE;
    *flags = (uint8_t)(j->said.over_noise < ECG_BEAT_NOISY_BELOW ? ECG_BEAT_FLAG_NOISY : 0);
    *flags |= (uint8_t)(j->said_in != 0 ? ECG_BEAT_FLAG_SECOND_LEAD : 0);
    if (ecg_beat_is_late(ecg_beat_working_time(j->now, now), first)) {
        *flags |= ECG_BEAT_FLAG_LATE;
    }
    return r_peak;
}

#endif
