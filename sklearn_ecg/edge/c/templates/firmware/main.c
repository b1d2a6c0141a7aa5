/*
 * Runs ecg_beat on a core in QEMU, on the beats of beats.bin, and prints through
 * semihosting what it found: instructions, stack, and every difference.
 */
#include "ecg_beat.h"

#include "core.h"

#include "board.h"

#include "counting.h"

#ifndef N_BEATS
#define N_BEATS 1
#endif
extern const int16_t beat_windows[N_BEATS][ECG_BEAT_N_INPUTS];
extern const int32_t beat_logits[N_BEATS][ECG_BEAT_N_CLASSES];
#if ECG_BEAT_N_INTERVALS > 0
extern const ecg_beat_rr beat_intervals[N_BEATS];
#endif

static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];

static void classify(uint32_t beat, int32_t *logits)
{
#if ECG_BEAT_N_INTERVALS > 0
    ecg_beat_classify(beat_windows[beat], &beat_intervals[beat], scratch, logits);
#else
    ecg_beat_classify(beat_windows[beat], scratch, logits);
#endif
}

/* Bytes of the stack that a call takes, from the marks that it left of the paint. */
static uint32_t stack_of_a_call(void)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
    uint32_t here;
    const volatile uint32_t *word = stack_limit;
    paint_stack();
    classify(0, logits);
    while (*word == 0xA5A5A5A5u) {
        ++word;
    }
    return (uint32_t)((const volatile char *)&here - (const volatile char *)word);
}

int main(void)
{
    uint32_t differences = 0, most = 0;
    uint64_t total = 0;
    start_counting();
    print("stack ", stack_of_a_call());
    print("ticks_of_loops ", ticks_of_loops(LOOPS));
    print("loops ", LOOPS);
    for (uint32_t beat = 0; beat < N_BEATS; ++beat) {
        int32_t logits[ECG_BEAT_N_CLASSES];
        const uint32_t start = ticks();
        classify(beat, logits);
        const uint32_t taken = elapsed(start);
        total += taken;
        most = taken > most ? taken : most;
        uint32_t differs = 0;
        for (uint32_t i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
            differs |= logits[i] != beat_logits[beat][i];
        }
        differences += differs;
    }
    print("ticks ", total);
    print("most_ticks ", most);
    print("beats ", N_BEATS);
    print("differences ", differences);
    return 0;
}
