/*
 * Runs ecg_beat on a core in QEMU, and nothing beside it, for a log of what is executed:
 * plays samples to a chain, or classifies beats.
 */
#include "ecg_beat.h"

#include "core.h"

#include "board.h"

#ifdef ECG_BEAT_DEVICE_RATE
#define SAMPLES_A_POLL (ECG_BEAT_DEVICE_RATE / 10)

#ifndef N_LEADS
#define N_LEADS 1
#endif

extern const int16_t stream_samples[N_SAMPLES * N_LEADS];
#if N_TOLD > 0
extern const uint32_t stream_told[N_TOLD];
#endif

static ecg_beat_stream stream;

static void poll(void)
{
    ecg_beat_event event;
#ifdef RHYTHM
    ecg_beat_episode episode;
    while (ecg_beat_stream_next(&stream, &event, &episode) != ECG_BEAT_NEXT_NOTHING) {
    }
#else
    while (ecg_beat_stream_poll(&stream, &event)) {
    }
#endif
}

int main(void)
{
#if N_TOLD > 0
    uint32_t n_told = 0;
#endif
    ecg_beat_stream_init(&stream);
    for (uint32_t i = 0; i < N_SAMPLES; ++i) {
        const int16_t *const sample = stream_samples + N_LEADS * i;
#if N_LEADS == 2
        ecg_beat_stream_push(&stream, sample[0], sample[1], 0);
#else
        ecg_beat_stream_push(&stream, *sample, 0);
#endif
#if N_TOLD > 0
        if (n_told < N_TOLD && stream_told[n_told] == i) {
            (void)ecg_beat_stream_beat(&stream, i);
            ++n_told;
        }
#endif
        if (i % SAMPLES_A_POLL == 0u) {
            poll();
        }
    }
    return 0;
}
#else
extern const int16_t beat_windows[N_BEATS][ECG_BEAT_N_INPUTS];
#if ECG_BEAT_N_INTERVALS > 0
extern const ecg_beat_rr beat_intervals[N_BEATS];
#endif

static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];

int main(void)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
    for (uint32_t beat = 0; beat < N_BEATS; ++beat) {
#if ECG_BEAT_N_INTERVALS > 0
        ecg_beat_classify(beat_windows[beat], &beat_intervals[beat], scratch, logits);
#else
        ecg_beat_classify(beat_windows[beat], scratch, logits);
#endif
    }
    return 0;
}
#endif
