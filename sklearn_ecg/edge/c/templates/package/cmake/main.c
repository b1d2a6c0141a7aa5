/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
#if ECG_BEAT_TWO_LEADS
 * Reads counts of two leads from standard input, two a line, @DEVICE_RATE@ a second, and
 * prints the beats: the sample of the R peak, and the label.
#else
 * Reads counts of a converter from standard input, one a line, @DEVICE_RATE@ a second, and
 * prints the beats: the sample of the R peak, and the label.
#endif
 */
#include <stdio.h>

#include <ecg_beat.h>

#include "../printing.h"

static ecg_beat_stream stream;

int main(void)
{
    int count;
#if ECG_BEAT_TWO_LEADS
    int second;
#endif
    ecg_beat_stream_init(&stream);
#if ECG_BEAT_TWO_LEADS
    while (scanf("%d %d", &count, &second) == 2) {
        (void)ecg_beat_stream_push(&stream, (int16_t)count, (int16_t)second, 0);
#else
    while (scanf("%d", &count) == 1) {
        (void)ecg_beat_stream_push(&stream, (int16_t)count, 0);
#endif
#if !ECG_BEAT_DETECTOR
        /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
        print_all(&stream);
        (void)fflush(stdout);
    }
    ecg_beat_stream_end(&stream);
    print_all(&stream);
#if ECG_BEAT_EPISODES
    ecg_beat_stream_close(&stream);
    print_all(&stream);
#endif
    return 0;
}
#else
 * Reads beats from standard input, each as numbers in the order in which ecg_beat.h has them,
 * and prints their labels.
 */
#include <stdio.h>

#include <ecg_beat.h>

static const char *const labels[] = ECG_BEAT_CLASS_NAMES;
static int16_t window[ECG_BEAT_N_INPUTS];
static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];

/* Returns 1 if there were so many numbers. */
static int read_numbers(int16_t *numbers, int n)
{
    for (int i = 0; i < n; ++i) {
        int number;
        if (scanf("%d", &number) != 1) {
            return 0;
        }
        numbers[i] = (int16_t)number;
    }
    return 1;
}

int main(void)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
    while (read_numbers(window, ECG_BEAT_N_INPUTS)) {
#if ECG_BEAT_RR
        ecg_beat_rr rr;
        if (!read_numbers((int16_t *)&rr, ECG_BEAT_N_INTERVALS)) {
            return 1;
        }
        puts(labels[ecg_beat_classify(window, &rr, scratch, logits)]);
#else
        puts(labels[ecg_beat_classify(window, scratch, logits)]);
#endif
    }
    return 0;
}
#endif
