/*
 * The numbers of one model: generated when it is exported. These let all other files
 * compile by themselves.
 */
#ifndef ECG_BEAT_NUMBERS_H
#define ECG_BEAT_NUMBERS_H

/* Largest absolute value of a sample, and what is added to samples to store them. */
#define ECG_BEAT_SAMPLE_MAX 127
#define ECG_BEAT_SAMPLE_OFFSET 128

/* Cells before the first row of samples, and after each. */
#define ECG_BEAT_INPUT_HALO 1
#define ECG_BEAT_INPUT_PADDING 1

/* Fraction bits of the factor of a window. */
#define ECG_BEAT_WINDOW_SHIFT 29

/* Steps of the network per standard deviation, as a number and places to shift it. */
#define ECG_BEAT_WINDOW_NUMERATOR 3355443200u
#define ECG_BEAT_WINDOW_PLACES 2

/* Steps of the network per count, as a fraction of 2^ECG_BEAT_WINDOW_SHIFT. */
#define ECG_BEAT_WINDOW_FACTOR 1073741824u

/* Places by which the features beside the window, bytes, are shifted. */
#define ECG_BEAT_RHYTHM_SHIFT 0

/* The number of these features. */
#define ECG_BEAT_N_RHYTHM 2

/* The most pairs of an output, where they have to be decoded. */
#define ECG_BEAT_MAX_PAIRS 17

#endif
