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
static uint32_t ecg_beat_samples_since(const ecg_beat_rhythm *r, uint32_t back)
{
    return r->recent[0].sample - r->recent[back].sample;
}

/* Whether so many samples are more than a heart keeps still, or too much is no beat. */
static int ecg_beat_is_lost(const ecg_beat_rhythm *r, uint32_t n_samples)
{
    if (n_samples > (uint32_t)ECG_BEAT_LONGEST_PAUSE) {
        return 1;
    }
    return r->n_noise >= ECG_BEAT_LEAST_NOISE && n_samples >= ECG_BEAT_SHORTEST_NOISE &&
           n_samples <= (r->n_noise + 1u) * ECG_BEAT_SLOWEST_NOISE;
}

/* Whether two bits that say what a beat is are those of an ectopic one. */
static int ecg_beat_is_ectopic(uint32_t ectopic)
{
    return ectopic - 1u < 2u;
}

/* Whether the last beats are all the same, of so many as a number has bits, each in two. */
static int ecg_beat_are(uint32_t beats, uint32_t ectopic, uint32_t ones)
{
    return ((ectopic * ones ^ beats) & (3u * ones)) == 0;
}

/* What goes on with a beat: how it is like those before; if that is new, where the new
   stretch begins, and where the last one ended, beats before this one; what it is called
   when it has lasted long enough, and whether that is told when it is over only. */
typedef struct {
    uint32_t alike, first, last, kind, least;
    int is_quiet;
} ecg_beat_sight;

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
    r->is_lost = (uint8_t)(ecg_beat_is_lost(r, ecg_beat_samples_since(r, 1)) |
                           (r->is_unknown & !is_edge));
    r->is_cut = (uint8_t)(r->is_lost | is_edge);
    r->n_noise = r->is_unknown = 0;
    r->n_others = (uint8_t)(ecg_beat_is_ectopic(r->ectopic & 3u) ? 0u : r->n_others + 1u);
    if (r->stretches[ECG_BEAT_RATE].kind != ECG_BEAT_NO_KIND) {
        r->rate_ended = r->number;
    }
    if (r->is_cut != 0) {
        r->n_recent = 0;
        r->ectopic = UINT32_MAX;
        r->stretches[ECG_BEAT_RUN].alike = UINT8_MAX;
    }
    r->n_recent = (uint8_t)ecg_beat_at_most(r->n_recent + 1u, ECG_BEAT_N_RECENT);
    r->ectopic = r->ectopic << 2 | ((ECG_BEAT_ECTOPIC >> (2u * heard)) & 3u);
    ++r->number;
    r->n_looks = ECG_BEAT_N_LOOKS;
}

/* Takes a beat that poll gives. */
ECG_BEAT_APART_FROM_OTHERS
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

/* Tells of a stretch: of one that is over, the last beat was before this one. */
static void ecg_beat_tell(const ecg_beat_rhythm *r, const ecg_beat_stretch *of, uint32_t back,
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
    if (r->is_cut || ecg_beat_samples_since(r, 1) <= ECG_BEAT_PAUSE_OVER ||
        r->heard > ECG_BEAT_HEARD_S || r->last_heard > ECG_BEAT_HEARD_S) {
        return 0;
    }
    const ecg_beat_stretch pause = {
        { r->recent[1].sample, r->recent[1].before }, r->number - 1u, 0, ECG_BEAT_KIND_PAUSE
    };
    ecg_beat_tell(r, &pause, 0, episode);
    episode->is_over = 1;
    return 1;
}

/* Takes the interval before the beat, once, if fibrillation is told from it. */
ECG_BEAT_APART_FROM_OTHERS
static void ecg_beat_take_interval(ecg_beat_rhythm *r)
{
    const uint32_t interval = ecg_beat_milliseconds(ecg_beat_samples_since(r, 1));
    if (!r->is_cut && r->heard != ECG_BEAT_HEARD_V && r->last_heard != ECG_BEAT_HEARD_V &&
        interval >= ECG_BEAT_SHORTEST_AF_MS && interval <= ECG_BEAT_LONGEST_AF_MS &&
        r->fibrillation.newest.number != r->number) {
        const ecg_beat_place beat = { r->recent[0].sample, r->number };
        ecg_beat_add_interval(&r->fibrillation, beat, interval);
    }
}

/* Fibrillation also ends where no interval came for long; a new window begins. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_look_for_af(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    ecg_beat_fibrillation *const f = &r->fibrillation;
    uint32_t n_left = 0;
    int is_told = 0;
    const int is_silent = r->recent[0].sample - f->newest.sample > ECG_BEAT_SILENT_AF ||
                          r->number - f->newest.number > ECG_BEAT_MOST_LEFT_OUT ||
                          r->heard == ECG_BEAT_HEARD_END;
    if (!is_silent) {
        ecg_beat_take_interval(r);
        n_left = ecg_beat_n_words(f) == 0 ? UINT8_MAX : ecg_beat_n_words(f) / 2u;
    }
    if (ecg_beat_decide_beats(f, n_left, episode)) {
        r->n_looks = (uint8_t)(r->n_looks + 1u); /* and once more */
        return 1;
    }
    if (is_silent) {
        f->n_symbols = f->n_different = f->decision = 0;
        f->sum = 0;
        is_told = ecg_beat_end_af(f, episode);
        ecg_beat_take_interval(r);
    }
    return is_told;
}

/* The kind of couplets of V and S; then come runs, and cycles of one, two and three others. */
static uint32_t ecg_beat_couplet(uint32_t ectopic)
{
    return ECG_BEAT_KIND_V_COUPLET +
           (ectopic - 1u) * (ECG_BEAT_KIND_S_COUPLET - ECG_BEAT_KIND_V_COUPLET);
}

/* Couplets, which are told when they are over, and runs. */
static void ecg_beat_see_run(const ecg_beat_rhythm *r, ecg_beat_sight *sight)
{
    const uint32_t beats = r->ectopic, ectopic = beats & 3u;
    sight->alike = ectopic;
    if (ecg_beat_is_ectopic(ectopic) && ecg_beat_are(beats, ectopic, ECG_BEAT_COUPLET_BEATS)) {
        const int is_run = ecg_beat_are(beats, ectopic, ECG_BEAT_RUN_BEATS);
        sight->kind = ecg_beat_couplet(ectopic) + (uint32_t)is_run;
        sight->is_quiet = !is_run;
    }
}

/* Ectopic beats in turn with one, two or three others: each is what the beat one cycle
   before was. A cycle is as many bits as its beats have. */
static void ecg_beat_see_cycle(const ecg_beat_rhythm *r, ecg_beat_sight *sight)
{
    const uint32_t beats = r->ectopic, ectopic = beats & 3u;
    uint32_t cycle = r->stretches[ECG_BEAT_CYCLE].alike;
    if (((beats >> cycle ^ beats) & 3u) != 0 || ectopic == 3u) {
        cycle = 0;
    }
    if (ecg_beat_is_ectopic(ectopic)) {
        for (uint32_t n = 2u * ECG_BEAT_MOST_OTHERS + 2u; cycle == 0 && n > 2u; n -= 2u) {
            cycle = ((ectopic << n | ectopic) ^ beats) << (32u - 2u * n) == 0 ? n : 0u;
        }
        if (cycle != 0 && (beats >> cycle ^ beats) << (32u - (ECG_BEAT_CYCLES - 1u) * cycle) == 0) {
            sight->kind = ecg_beat_couplet(ectopic) + cycle / 2u;
        }
    }
    sight->alike = cycle;
    sight->first = (cycle - 1u) & 7u; /* two cycles begin there; no cycle, anywhere */
    sight->last = r->n_others + 1u;
}

/* Beats over which the mean of a few intervals is long, or short. */
static void ecg_beat_see_rate(const ecg_beat_rhythm *r, ecg_beat_sight *sight)
{
    const uint32_t span = ecg_beat_samples_since(r, ECG_BEAT_N_RECENT - 1u);
    sight->kind = ECG_BEAT_NO_KIND;
    if (r->n_recent == ECG_BEAT_N_RECENT) {
        sight->kind = span > ECG_BEAT_LONG_SPAN    ? ECG_BEAT_KIND_BRADYCARDIA
                      : span < ECG_BEAT_SHORT_SPAN ? ECG_BEAT_KIND_TACHYCARDIA
                                                   : ECG_BEAT_NO_KIND;
    }
    sight->alike = sight->kind;
    sight->least = ECG_BEAT_SHORTEST_RATE;
    /* Not before the last episode ended. */
    sight->first = ecg_beat_at_most(r->number - r->rate_ended, ECG_BEAT_N_RECENT - 1u);
}

/* Goes on with a stretch, or ends it and begins another, and looks once more; calls it an
   episode once it lasts as long as it must. */
static int ecg_beat_look_at_stretch(ecg_beat_rhythm *r, uint32_t which,
                                    ecg_beat_episode *episode)
{
    static void (*const see[ECG_BEAT_N_STRETCHES])(const ecg_beat_rhythm *,
                                                   ecg_beat_sight *) = {
        ecg_beat_see_rate, ecg_beat_see_cycle, ecg_beat_see_run
    };
    ecg_beat_stretch *const of = &r->stretches[which];
    ecg_beat_sight sight = { 0, 0, 1, of->kind, 0, 0 };
    see[which](r, &sight);
    const int is_other = of->alike != sight.alike;
    int is_told = of->kind != ECG_BEAT_NO_KIND;
    if (!is_other) {
        is_told = of->kind != sight.kind && !sight.is_quiet;
        sight.last = 0;
        if (r->recent[0].sample - of->first.sample < sight.least) {
            return 0;
        }
        of->kind = (uint8_t)sight.kind;
    }
    if (is_told) {
        ecg_beat_tell(r, of, sight.last, episode);
    }
    if (is_other) {
        of->alike = (uint8_t)sight.alike;
        of->kind = ECG_BEAT_NO_KIND;
        of->first = r->recent[sight.first];
        of->number = r->number - sight.first;
        r->n_looks = (uint8_t)(r->n_looks + 1u);
    }
    return is_told;
}

/* Returns whether the last beat tells of an episode; to be called until it does not. */
ECG_BEAT_APART_FROM_OTHERS
static int ecg_beat_next_episode(ecg_beat_rhythm *r, ecg_beat_episode *episode)
{
    int is_told = 0;
    while (!is_told && r->n_looks > 0) {
        r->n_looks = (uint8_t)(r->n_looks - 1u);
        switch (r->n_looks) {
        case ECG_BEAT_GAP:
            is_told = ecg_beat_look_for_gap(r, episode);
            break;
        case ECG_BEAT_PAUSE:
            is_told = ecg_beat_look_for_pause(r, episode);
            break;
        case ECG_BEAT_AF:
            is_told = ecg_beat_look_for_af(r, episode);
            break;
        default:
            is_told = ecg_beat_look_at_stretch(r, r->n_looks, episode);
            break;
        }
    }
    return is_told;
}

#endif
