/*
 * Checks that @name@ computes here what it computed where it was made.
 *
 * Compile it with @name@.c and run it: it prints what went wrong and returns the number
 * of beats whose logits differ, 0 if all is well. Define @NAME@_SELFTEST_NO_MAIN to call
 * @name@_selftest() from a program of your own; it prints nothing.
 */
#include "@name@.h"

@SAME_EXPORT@
#define N_BEATS @N_BEATS@

static const int16_t windows[N_BEATS][@NAME@_N_CHANNELS * @NAME@_N_SAMPLES] = {
@WINDOWS@
};

@RR_TABLE@static const int32_t expected[N_BEATS][@NAME@_N_CLASSES] = {
@LOGITS@
};

int @name@_selftest(void)
{
    static uint8_t scratch[@NAME@_SCRATCH_BYTES];
    int failures = 0;
    for (int beat = 0; beat < N_BEATS; ++beat) {
        int32_t logits[@NAME@_N_CLASSES];
        int differs = 0, best = 0;
        const int found = @name@_classify(windows[beat], @RR_ARGUMENT@scratch, logits);
        for (int i = 0; i < @NAME@_N_CLASSES; ++i) {
            differs |= logits[i] != expected[beat][i];
            best = expected[beat][i] > expected[beat][best] ? i : best;
        }
        failures += differs || found != best;
    }
    return failures;
}

#ifndef @NAME@_SELFTEST_NO_MAIN
#include <stdio.h>

int main(void)
{
    const int failures = @name@_selftest();
    printf("@name@: %d of %d beats differ\n", failures, N_BEATS);
    return failures;
}
#endif
