#ifndef ECG_BEAT_EPISODES_H
#define ECG_BEAT_EPISODES_H

#include "fibrillation.h"
#include "rhythm.h"

/* What a beat is to the rhythm; the end of a recording is one of them. */
enum ecg_beat_heard {
    ECG_BEAT_HEARD_N,
    ECG_BEAT_HEARD_S,
    ECG_BEAT_HEARD_V,
    ECG_BEAT_HEARD_F,
    ECG_BEAT_HEARD_Q,
    ECG_BEAT_HEARD_UNKNOWN,
    ECG_BEAT_HEARD_NO_BEAT,
    ECG_BEAT_HEARD_END
};


/* generated: heard */
static const uint8_t ecg_beat_heard_as[ECG_BEAT_N_CLASSES] = {
    0, 2
};
/* end */

/* How sure a label is, of two, by its margin. */
static uint32_t ecg_beat_certainty(uint32_t margin)
{
    const uint32_t octaves = (margin * ECG_BEAT_OCTAVES) >> 10;
    const uint32_t places = ecg_beat_at_most((octaves >> 10) + 1u, 31u);
    const uint32_t other = (2u * ECG_BEAT_CERTAIN - (octaves & ((1u << 10) - 1u))) >> places;
    return ECG_BEAT_CERTAIN * ECG_BEAT_CERTAIN / (ECG_BEAT_CERTAIN + other);
}

/* Samples from a beat to the last one. */
ECG_BEAT_APART_FROM_OTHERS
static uint32_t ecg_beat_samples_since(const ecg_beat_rhythm *r, uint32_t back)
{
    return r->recent[0].sample - r->recent[back].sample;
}

/* Whether so many samples are more than a heart keeps still, or too much is no beat. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_is_lost(const ecg_beat_rhythm *r, uint32_t n_samples)
{
    if (n_samples > (uint32_t)ECG_BEAT_LONGEST_PAUSE) {
        return 1;
    }
    return r->n_noise >= ECG_BEAT_LEAST_NOISE && n_samples >= ECG_BEAT_SHORTEST_NOISE &&
           n_samples <= (r->n_noise + 1u) * ECG_BEAT_SLOWEST_NOISE;
}

/* Begins with a beat, or with the end of the recording; then its episodes are asked for. */
ECG_BEAT_APART_FROM_OTHERS
static void ecg_beat_meet(ecg_beat_rhythm *r, uint32_t sample, uint32_t heard,
                          uint32_t certainty)
{
    for (uint32_t i = ECG_BEAT_N_RECENT - 1u; i > 0; --i) {
        r->recent[i] = r->recent[i - 1u];
    }
    r->recent[0].sample = sample;
    r->recent[0].before = r->total;
    r->total += certainty;
    r->last_heard = r->heard;
    r->heard = (uint8_t)heard;
    /* Nothing comes before the first one, nor after the end. */
    const int is_edge = r->n_recent == 0 || heard == ECG_BEAT_HEARD_END;
    r->is_lost = (uint8_t)ecg_beat_is_lost(r, ecg_beat_samples_since(r, 1));
    r->is_lost = is_edge ? r->is_lost : r->is_lost | r->is_unknown;
    r->is_cut = is_edge ? 1u : r->is_lost;
    r->n_noise = r->is_unknown = 0;
    const uint32_t n_before = r->is_cut ? 0u : r->n_recent;
    r->n_recent = (uint8_t)ecg_beat_at_most(n_before + 1u, ECG_BEAT_N_RECENT);
    ++r->number;
    r->n_looks = ECG_BEAT_N_LOOKS;
}

/* Takes a beat that poll gives. */
static void ecg_beat_hear(ecg_beat_rhythm *r, const ecg_beat_event *event)
{
    uint32_t heard = ECG_BEAT_HEARD_UNKNOWN, certainty = 0;
    if (event->label < ECG_BEAT_N_CLASSES) {
        heard = ecg_beat_heard_as[event->label];
        certainty = ecg_beat_certainty(event->margin);
    }
    r->is_unknown |= event->rr_prev == 0;
    if (heard == ECG_BEAT_HEARD_NO_BEAT) {
        r->n_noise = (uint8_t)(r->n_noise + (r->n_noise < UINT8_MAX));
    } else {
        ecg_beat_meet(r, event->r_sample, heard, certainty);
    }
}

/* Remembers a beat as the first of a stretch. */
ECG_BEAT_APART_FROM_OTHERS
static void ecg_beat_begin_stretch(const ecg_beat_rhythm *r, ecg_beat_stretch *of,
                                   uint32_t back)
{
    of->first = r->recent[back];
    of->number = r->number - back;
}

/* Tells of a stretch: of one that is over, the last beat was before this one. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_tell(const ecg_beat_rhythm *r, const ecg_beat_stretch *of, uint32_t back,
                         ecg_beat_episode *episode)
{
    const uint32_t n_beats = r->number - back - of->number + 1u;
    const uint32_t after = back == 0 ? r->total : r->recent[back - 1u].before;
    episode->first = of->first.sample;
    episode->last = r->recent[back].sample;
    episode->n_beats = n_beats;
    episode->certainty = (uint16_t)((after - of->first.before) / n_beats);
    episode->kind = of->kind;
    episode->is_over = back != 0;
    return 1;
}

/* Calls a stretch an episode, up to this beat; returns whether that is new. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_call(const ecg_beat_rhythm *r, ecg_beat_stretch *of, uint32_t kind,
                         ecg_beat_episode *episode)
{
    const int is_new = of->kind != kind;
    of->kind = (uint8_t)kind;
    return is_new && ecg_beat_tell(r, of, 0, episode);
}

/* Ends a stretch at a beat before this one; returns whether it was an episode. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_end_stretch(const ecg_beat_rhythm *r, ecg_beat_stretch *of, uint32_t back,
                                ecg_beat_episode *episode)
{
    const int is_told = of->kind != ECG_BEAT_NO_KIND && ecg_beat_tell(r, of, back, episode);
    of->kind = ECG_BEAT_NO_KIND;
    return is_told;
}

/* What could not be analysed: told when it is over. */
static int ecg_beat_look_for_gap(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    if (r->is_lost && !r->has_gap) {
        r->has_gap = 1;
        r->gap = r->recent[1].sample;
    }
    if (!r->has_gap || (r->is_lost && r->heard != ECG_BEAT_HEARD_END)) {
        return 0;
    }
    r->has_gap = 0;
    episode->first = r->gap;
    episode->last = r->recent[r->is_lost ? 0 : 1].sample;
    episode->n_beats = 0;
    episode->certainty = ECG_BEAT_CERTAIN;
    episode->kind = ECG_BEAT_KIND_NOT_ANALYSABLE;
    episode->is_over = 1;
    return 1;
}

static int ecg_beat_look_for_pause(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    ecg_beat_stretch pause;
    if (r->is_cut || ecg_beat_samples_since(r, 1) <= ECG_BEAT_PAUSE_OVER ||
        r->heard > ECG_BEAT_HEARD_S || r->last_heard > ECG_BEAT_HEARD_S) {
        return 0;
    }
    ecg_beat_begin_stretch(r, &pause, 1);
    pause.kind = ECG_BEAT_KIND_PAUSE;
    (void)ecg_beat_tell(r, &pause, 0, episode);
    episode->is_over = 1;
    return 1;
}

/* Fibrillation ends where no interval came for long; a new window begins. */
static int ecg_beat_look_for_silence(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    ecg_beat_fibrillation *const f = &r->fibrillation;
    if (r->recent[0].sample - f->newest.sample <= ECG_BEAT_SILENT_AF &&
        r->number - f->newest.number <= ECG_BEAT_MOST_LEFT_OUT &&
        r->heard != ECG_BEAT_HEARD_END) {
        return 0;
    }
    if (ecg_beat_decide_beats(f, 0, episode)) {
        r->n_looks = (uint8_t)(r->n_looks + 1u); /* and once more */
        return 1;
    }
    f->n_symbols = f->n_different = f->decision = 0;
    f->sum = 0;
    return ecg_beat_end_af(f, episode);
}

/* Takes the interval before the beat, if fibrillation is told from it. */
static int ecg_beat_take_interval(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    const uint32_t interval = ecg_beat_milliseconds(ecg_beat_samples_since(r, 1));
    (void)episode;
    if (!r->is_cut && r->heard != ECG_BEAT_HEARD_V && r->last_heard != ECG_BEAT_HEARD_V &&
        interval >= ECG_BEAT_SHORTEST_AF_MS && interval <= ECG_BEAT_LONGEST_AF_MS) {
        const ecg_beat_place beat = { r->recent[0].sample, r->number };
        ecg_beat_add_interval(&r->fibrillation, beat, interval);
    }
    return 0;
}

static int ecg_beat_look_for_af(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    const uint32_t n_words = ecg_beat_n_words(&r->fibrillation);
    if (n_words == 0 || !ecg_beat_decide_beats(&r->fibrillation, n_words / 2u, episode)) {
        return 0;
    }
    r->n_looks = (uint8_t)(r->n_looks + 1u);
    return 1;
}

/* The kind of couplets of an ectopic beat, 0 of others; a fusion beat is ventricular. */
ECG_BEAT_APART_FROM_OTHERS
static uint32_t ecg_beat_ectopic(uint32_t heard)
{
    if (heard == ECG_BEAT_HEARD_S) {
        return ECG_BEAT_KIND_S_COUPLET;
    }
    return heard == ECG_BEAT_HEARD_V || heard == ECG_BEAT_HEARD_F ? ECG_BEAT_KIND_V_COUPLET : 0u;
}

/* Couplets and runs. */
static int ecg_beat_look_for_run(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    const uint32_t ectopic = ecg_beat_ectopic(r->heard);
    int is_told = 0;
    if (r->is_cut || ectopic != r->run_of) {
        is_told = ecg_beat_end_stretch(r, &r->run, 1, episode);
        r->run_of = (uint8_t)ectopic;
        ecg_beat_begin_stretch(r, &r->run, 0);
    } else if (ectopic != 0) {
        if (r->number - r->run.number + 1u >= ECG_BEAT_RUN) {
            is_told = ecg_beat_call(r, &r->run, ectopic + 1u, episode);
        } else {
            r->run.kind = (uint8_t)ectopic;
        }
    }
    return is_told;
}

/* Ectopic beats in turn with one, two or three others. */
static int ecg_beat_look_for_cycle(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    const uint32_t ectopic = ecg_beat_ectopic(r->heard);
    const int is_other = ectopic == 0 && r->heard < ECG_BEAT_HEARD_UNKNOWN;
    const int is_same = ectopic == r->cycle_of;
    uint32_t n_others = r->n_others;
    int is_told = 0;
    if (r->is_cut ||
        (is_other ? n_others >= r->in_cycle : !is_same || n_others != r->in_cycle)) {
        is_told = ecg_beat_end_stretch(r, &r->cycle, n_others + 1u, episode);
        r->n_cycles = 0;
    }
    if (r->is_cut || r->heard == ECG_BEAT_HEARD_UNKNOWN) {
        n_others = r->in_cycle = 0;
    }
    if (is_other) {
        r->n_others = (uint8_t)ecg_beat_at_most(n_others + 1u, ECG_BEAT_MOST_OTHERS + 1u);
        return is_told;
    }
    if (is_same && n_others > 0 && n_others <= ECG_BEAT_MOST_OTHERS &&
        n_others <= r->in_cycle) {
        /* The ectopic beat before had enough others before it to end a cycle, too. */
        if (r->n_cycles == 0) {
            r->n_cycles = 1;
            ecg_beat_begin_stretch(r, &r->cycle, 2u * n_others + 1u);
        }
        r->n_cycles = (uint8_t)ecg_beat_at_most(r->n_cycles + 1u, ECG_BEAT_CYCLES);
        if (r->n_cycles == ECG_BEAT_CYCLES) {
            is_told |= ecg_beat_call(r, &r->cycle, ectopic + 1u + n_others, episode);
        }
    }
    r->in_cycle = (uint8_t)n_others;
    r->cycle_of = (uint8_t)ectopic;
    r->n_others = 0;
    return is_told;
}

/* Stretches in which the mean of a few intervals is long, or short. */
static int ecg_beat_look_for_rate(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    const uint32_t span = ecg_beat_samples_since(r, ECG_BEAT_N_RECENT - 1u);
    uint32_t kind = ECG_BEAT_NO_KIND;
    if (r->n_recent == ECG_BEAT_N_RECENT) {
        kind = span > ECG_BEAT_LONG_SPAN    ? ECG_BEAT_KIND_BRADYCARDIA
               : span < ECG_BEAT_SHORT_SPAN ? ECG_BEAT_KIND_TACHYCARDIA
                                            : ECG_BEAT_NO_KIND;
    }
    if (kind != r->rate_of) {
        /* Not before the last episode ended. */
        uint32_t back = ECG_BEAT_N_RECENT - 1u;
        const int is_told = ecg_beat_end_stretch(r, &r->rate, 1, episode);
        r->rate_ended = is_told ? r->number - 1u : r->rate_ended;
        back = ecg_beat_at_most(r->number - r->rate_ended, back);
        r->rate_of = (uint8_t)kind;
        ecg_beat_begin_stretch(r, &r->rate, back);
        if (is_told) {
            r->n_looks = (uint8_t)(r->n_looks + 1u);
            return 1;
        }
    }
    return kind != ECG_BEAT_NO_KIND &&
           r->recent[0].sample - r->rate.first.sample >= ECG_BEAT_SHORTEST_RATE &&
           ecg_beat_call(r, &r->rate, kind, episode);
}

/* What is looked for at each beat, the last one first; each tells one thing at most. */
typedef int (*ecg_beat_look_for)(ecg_beat_rhythm *r, ecg_beat_episode *episode);
static const ecg_beat_look_for ecg_beat_looks[ECG_BEAT_N_LOOKS] = {
    ecg_beat_look_for_rate,  ecg_beat_look_for_cycle,    ecg_beat_look_for_run,
    ecg_beat_look_for_af,    ecg_beat_take_interval,     ecg_beat_look_for_silence,
    ecg_beat_look_for_pause, ecg_beat_look_for_gap
};

/* Returns whether the last beat tells of an episode; to be called until it does not. */
static int ecg_beat_next_episode(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    int is_told = 0;
    while (!is_told && r->n_looks > 0) {
        r->n_looks = (uint8_t)(r->n_looks - 1u);
        is_told = ecg_beat_looks[r->n_looks](r, episode);
    }
    return is_told;
}

#endif
