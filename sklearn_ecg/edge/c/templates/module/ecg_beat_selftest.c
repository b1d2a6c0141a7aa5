/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks that ecg_beat computes here what it computed where it was made.
 *
#if ECG_BEAT_STREAM
 * Compile it with ecg_beat.c and run it: it plays ten seconds of a signal, prints what went
 * wrong, and returns the number of events that differ, 0 if all is well.
#else
 * Compile it with ecg_beat.c and run it: it prints what went wrong and returns the number
 * of beats whose logits differ, 0 if all is well.
#endif
 * Define ECG_BEAT_SELFTEST_NO_MAIN to call ecg_beat_selftest() from a program of your own;
 * it prints nothing.
 */
#include "ecg_beat.h"

/* generated: same_export */
#if ECG_BEAT_MODEL != 0x1b3eb892u || ECG_BEAT_SCRATCH_BYTES != 36
#error "ecg_beat.h is of another export than this file"
#endif
/* end */

#if ECG_BEAT_STREAM
/* generated: strip */
#define ECG_BEAT_N_STRIP 4
#define ECG_BEAT_N_EVENTS 1

static const int16_t ecg_beat_played[ECG_BEAT_N_STRIP * 2] = {
    0, 1, 2, 3, 4, 5, 6, 7
};

static const ecg_beat_event ecg_beat_expected[ECG_BEAT_N_EVENTS] = {
    {
        1, 0, 0, 0, 0
    }
};
/* end */
#if !ECG_BEAT_DETECTOR

/* generated: told */
static const uint32_t ecg_beat_told[1] = { 1 };
/* end */
#endif

#if ECG_BEAT_EPISODES

/* generated: episodes */
#define ECG_BEAT_N_EPISODES 1

static const uint8_t ecg_beat_told_after[1] = { 1 };

static const ecg_beat_episode ecg_beat_episodes[ECG_BEAT_N_EPISODES] = {
    {
        1, 2, 2, 512, 11, 1
    }
};
/* end */

/* Whether the next episode is another than is expected, or comes after other beats. */
static int ecg_beat_episode_differs(const ecg_beat_episode *episode, int number, int n_events)
{
    const ecg_beat_episode *const expected = &ecg_beat_episodes[number];
    return number >= ECG_BEAT_N_EPISODES || ecg_beat_told_after[number] != n_events ||
           episode->first != expected->first || episode->last != expected->last ||
           episode->n_beats != expected->n_beats ||
           episode->certainty != expected->certainty || episode->kind != expected->kind ||
           episode->is_over != expected->is_over;
}
#endif

#if ECG_BEAT_NAMES

/* generated: names */
static const uint8_t ecg_beat_named[1] = { 0 };
/* end */

/* Hands over a table of names, after one that is damaged; returns how often that is wrong. */
static int ecg_beat_takes_names(ecg_beat_stream *stream)
{
    uint8_t damaged[sizeof ecg_beat_named];
    for (uint32_t i = 0; i < sizeof damaged; ++i) {
        damaged[i] = ecg_beat_named[i];
    }
    damaged[sizeof damaged / 2u] ^= 1u;
    return (ecg_beat_stream_adapt(stream, damaged, sizeof damaged) == ECG_BEAT_NAMES_TAKEN) +
           (ecg_beat_stream_adapt(stream, ecg_beat_named, sizeof ecg_beat_named) !=
            ECG_BEAT_NAMES_TAKEN);
}
#endif

/* Whether the next event is another than is expected. */
static int ecg_beat_differs(const ecg_beat_event *event, int number)
{
    const ecg_beat_event *const expected = &ecg_beat_expected[number];
    return number >= ECG_BEAT_N_EVENTS || event->r_sample != expected->r_sample ||
           event->rr_prev != expected->rr_prev || event->margin != expected->margin ||
           event->label != expected->label || event->flags != expected->flags;
}

int ecg_beat_selftest(void)
{
    static ecg_beat_stream stream;
    ecg_beat_event event;
    int failures = 0, n_events = 0;
    int n_steps = ECG_BEAT_N_STRIP;
#if ECG_BEAT_EPISODES
    ecg_beat_episode episode;
    int n_episodes = 0, next;
    ++n_steps; /* the last one closes the recording */
#endif
#if !ECG_BEAT_DETECTOR
    uint32_t n_told = 0;
#endif
    ecg_beat_stream_init(&stream);
    for (int i = 0; i <= n_steps; ++i) {
#if ECG_BEAT_NAMES
        failures += i == ECG_BEAT_N_STRIP / 2 ? ecg_beat_takes_names(&stream) : 0;
#endif
        if (i < ECG_BEAT_N_STRIP) {
#if ECG_BEAT_TWO_LEADS
            const int16_t *const both = ecg_beat_played + 2 * i;
            (void)ecg_beat_stream_push(&stream, both[0], both[1], 0);
#else
            (void)ecg_beat_stream_push(&stream, ecg_beat_played[i], 0);
#endif
#if !ECG_BEAT_DETECTOR
            if (n_told < sizeof ecg_beat_told / sizeof *ecg_beat_told &&
                (uint32_t)i == ecg_beat_told[n_told]) {
                (void)ecg_beat_stream_beat(&stream, (uint32_t)i);
                ++n_told;
            }
#endif
        } else if (i == ECG_BEAT_N_STRIP) {
            ecg_beat_stream_end(&stream);
#if ECG_BEAT_EPISODES
        } else {
            ecg_beat_stream_close(&stream);
#endif
        }
#if ECG_BEAT_EPISODES
        while ((next = ecg_beat_stream_next(&stream, &event, &episode)) != 0) {
            if (next == ECG_BEAT_NEXT_EPISODE) {
                failures += ecg_beat_episode_differs(&episode, n_episodes, n_events);
                ++n_episodes;
                continue;
            }
#else
        while (ecg_beat_stream_poll(&stream, &event)) {
#endif
            failures += ecg_beat_differs(&event, n_events);
            ++n_events;
        }
    }
#if ECG_BEAT_EPISODES
    failures += n_episodes < ECG_BEAT_N_EPISODES ? ECG_BEAT_N_EPISODES - n_episodes : 0;
#endif
    return failures + (n_events < ECG_BEAT_N_EVENTS ? ECG_BEAT_N_EVENTS - n_events : 0);
}
#else
/* generated: beats */
#define ECG_BEAT_N_BEATS 5

static const int16_t ecg_beat_windows[ECG_BEAT_N_BEATS][ECG_BEAT_N_INPUTS] = {
    {
        185, -220, 23, -124, 180, 144, 275, 61, 256, -51, -195, -52, 251, 204, -33, -170
    },
    {
        270, 172, -163, -77, -221, 115, -49, 189, -194, -43, -286, -184, -298, -156, 0,
        -152
    },
    {
        -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
        -32768, -32768, -32768, -32768, -32768, -32768
    },
    {
        -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, 32767, 32767,
        32767, 32767, 32767, 32767, 32767, 32767
    },
    {
        32767, -32768, 32767, -32768, 32767, -32768, 32767, -32768, 32767, -32768,
        32767, -32768, 32767, -32768, 32767, -32768
    }
};

static const ecg_beat_rr ecg_beat_intervals[ECG_BEAT_N_BEATS] = {
    {
        800, 780, 810
    },
    {
        420, 1100, 800
    },
    {
        65535, 65535, 65535
    },
    {
        0, 0, 0
    },
    {
        1, 1, 1
    }
};

static const int32_t ecg_beat_expected[ECG_BEAT_N_BEATS][ECG_BEAT_N_CLASSES] = {
    {
        -3911, -1335
    },
    {
        -2260, -750
    },
    {
        -101, 15
    },
    {
        -8991, -3135
    },
    {
        -8991, -3135
    }
};
/* end */

int ecg_beat_selftest(void)
{
    static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];
    int failures = 0;
    for (int beat = 0; beat < ECG_BEAT_N_BEATS; ++beat) {
        const int32_t *const expected = ecg_beat_expected[beat];
        int32_t logits[ECG_BEAT_N_CLASSES];
        int differs = 0, best = 0;
#if ECG_BEAT_RR
        const ecg_beat_rr *const rr = &ecg_beat_intervals[beat];
        const int found = ecg_beat_classify(ecg_beat_windows[beat], rr, scratch, logits);
#else
        const int found = ecg_beat_classify(ecg_beat_windows[beat], scratch, logits);
#endif
        for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
            differs |= logits[i] != expected[i];
            best = expected[i] > expected[best] ? i : best;
        }
        failures += differs || found != best;
    }
    return failures;
}
#endif

#if !defined(ECG_BEAT_SELFTEST_NO_MAIN) && !defined(ARDUINO)
#include <stdio.h>

int main(void)
{
    const int failures = ecg_beat_selftest();
#if ECG_BEAT_STREAM
#if ECG_BEAT_EPISODES
    printf("ecg_beat: %d of %d beats and %d episodes differ\n", failures, ECG_BEAT_N_EVENTS,
           ECG_BEAT_N_EPISODES);
#else
    printf("ecg_beat: %d of %d events differ\n", failures, ECG_BEAT_N_EVENTS);
#endif
#else
    printf("ecg_beat: %d of %d beats differ\n", failures, ECG_BEAT_N_BEATS);
#endif
    return failures;
}
#endif
