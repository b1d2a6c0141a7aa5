/*
 * @name@: classifies heartbeats with integers only.
 *
 * Made by sklearn_ecg @VERSION@; don't edit, export again.
 *
@PROVENANCE@
 */
#ifndef @NAME@_H
#define @NAME@_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first digits of the hash above. */
#define @NAME@_MODEL @MODEL@

/* The window: samples of one channel, channels, and where the R peak is. */
#define @NAME@_N_SAMPLES @N_SAMPLES@
#define @NAME@_N_CHANNELS @N_CHANNELS@
#define @NAME@_R_PEAK @R_PEAK@

/* Samples per @RATE_UNIT@ at which the window has to be. */
#define @NAME@_SAMPLING_RATE @SAMPLING_RATE@

/* Classes, in the order of the logits. */
#define @NAME@_N_CLASSES @N_CLASSES@
#define @NAME@_CLASS_NAMES { @CLASS_NAMES@ }

/* Bytes of the scratch buffer. */
#define @NAME@_SCRATCH_BYTES @SCRATCH_BYTES@

@RR_TYPE@
/*
 * Classifies one beat.
 *
 * window   raw samples of the converter, @NAME@_N_CHANNELS times
 *          @NAME@_N_SAMPLES of them, channel after channel (@LEADS@),
 *          resampled to @NAME@_SAMPLING_RATE; sample
 *          @NAME@_R_PEAK of each channel is the R peak.
 *@GAIN_NOTE@
@RR_DOC@ * scratch  @NAME@_SCRATCH_BYTES bytes of any content and alignment. Nothing
 *          is kept in it from one call to the next.
 * logits   receives @NAME@_N_CLASSES scores, one for each class.
 *
 * Returns the index of the class with the largest score, the first one of equals.
 *
 * Reentrant. Takes no memory but the scratch buffer and the stack.
 */
int @name@_classify(const int16_t *window, @RR_PARAMETER@uint8_t *scratch,
    int32_t *logits);

/*
 * Of @name@_selftest.c: classifies beats whose logits are known. Returns how many have
 * others here, 0 if all is well. Has a scratch buffer of its own, and isn't reentrant.
 */
int @name@_selftest(void);

#ifdef __cplusplus
}
#endif

#endif
