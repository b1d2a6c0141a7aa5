/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
 * Plays the counts of samples.txt to ecg_beat on a Cortex-M4 in QEMU, and prints what it says
 * of them: labels and episodes with the number of the sample.
#else
 * Runs the self-test of ecg_beat on a Cortex-M4 in QEMU.
#endif
 */
#include <stdint.h>

#include <ecg_beat.h>

#include "../../firmware/cortex_m.h"

#include "../../firmware/board.h"

#if ECG_BEAT_STREAM
/* In place of a converter. */
static const int16_t samples[] = {
    #include "samples.txt"
};

static const char *const labels[] = ECG_BEAT_CLASS_NAMES;
#if ECG_BEAT_EPISODES
static const char *const kinds[] = ECG_BEAT_KIND_NAMES;
#endif
static ecg_beat_stream stream;

static void print_beat(const ecg_beat_event *event)
{
    semihosting(4, event->label == ECG_BEAT_UNCLASSIFIED ? "?" : labels[event->label]);
    print(" at ", event->r_sample);
}

/* Prints what there is to tell now. */
static void print_all(void)
{
    ecg_beat_event event;
#if ECG_BEAT_EPISODES
    ecg_beat_episode episode;
    int next;
    while ((next = ecg_beat_stream_next(&stream, &event, &episode)) != ECG_BEAT_NEXT_NOTHING) {
        if (next == ECG_BEAT_NEXT_BEAT) {
            print_beat(&event);
        } else {
            semihosting(4, kinds[episode.kind]);
            print(episode.is_over ? " until " : " since ",
                  episode.is_over ? episode.last : episode.first);
        }
    }
#else
    while (ecg_beat_stream_poll(&stream, &event)) {
        print_beat(&event);
    }
#endif
}

int main(void)
{
#if ECG_BEAT_TWO_LEADS
    const uint32_t n_samples = sizeof samples / sizeof *samples / 2u;
#else
    const uint32_t n_samples = sizeof samples / sizeof *samples;
#endif
    print("self-test: failures ", (uint32_t)ecg_beat_selftest());
    ecg_beat_stream_init(&stream);
    for (uint32_t i = 0; i < n_samples; ++i) {
#if ECG_BEAT_TWO_LEADS
        (void)ecg_beat_stream_push(&stream, samples[2u * i], samples[2u * i + 1u], 0);
#else
        (void)ecg_beat_stream_push(&stream, samples[i], 0);
#endif
#if !ECG_BEAT_DETECTOR
        /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
        if (i % (ECG_BEAT_DEVICE_RATE / 10) == 0u) {
            print_all();
        }
    }
    ecg_beat_stream_end(&stream);
    print_all();
#if ECG_BEAT_EPISODES
    ecg_beat_stream_close(&stream);
    print_all();
#endif
    print("samples ", n_samples);
    return 0;
}
#else
int main(void)
{
    print("self-test: failures ", (uint32_t)ecg_beat_selftest());
    return 0;
}
#endif
