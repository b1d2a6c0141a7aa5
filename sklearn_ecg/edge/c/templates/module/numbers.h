/*
 * The numbers of one model: generated when it is exported. These let all other files
 * compile by themselves.
 */
#ifndef ECG_BEAT_NUMBERS_H
#define ECG_BEAT_NUMBERS_H

/* Largest absolute value of a sample, and what is added to samples to store them. */
#define ECG_BEAT_SAMPLE_MAX 127
#define ECG_BEAT_SAMPLE_OFFSET 128

/* Cells before the first row of samples (words on either side of each, in lanes). */
#define ECG_BEAT_INPUT_HALO 1

/* Cells after each row of samples. */
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

/* Samples in a working sample, and places by which their sum is shifted to 16 bits. */
#define ECG_BEAT_FACTOR 2u
#define ECG_BEAT_SUM_SHIFT 1

/* The lowest and the highest count of the converter. */
#define ECG_BEAT_LOWEST -32768
#define ECG_BEAT_HIGHEST 32767

/* Samples of a lead that is off that interrupt the rhythm. */
#define ECG_BEAT_LONG_OFF 250u

/* Where the R peak is beside the peak of the energy: see detection in sklearn_ecg. */
#define ECG_BEAT_BEFORE_PEAK 19
#define ECG_BEAT_AFTER_PEAK 5
#define ECG_BEAT_LAG 6
#define ECG_BEAT_SHARP_DELAY 16

/* The slow wave beside that peak: its two means, and where it is looked at; see there. */
#define ECG_BEAT_BROAD 7
#define ECG_BEAT_AROUND 51
#define ECG_BEAT_BROAD_BEFORE 10
#define ECG_BEAT_BROAD_AFTER 6
#define ECG_BEAT_BENDS 8

/* Times of the decision, in working samples. */
#define ECG_BEAT_LEARNING 250
#define ECG_BEAT_EARLY 45
#define ECG_BEAT_FLATTER 52
#define ECG_BEAT_VERY_EARLY 50
#define ECG_BEAT_GRACE 25
#define ECG_BEAT_TICK 31
#define ECG_BEAT_SILENCE 375
#define ECG_BEAT_FORGOTTEN 500
#define ECG_BEAT_MOST_TICKS 48
#define ECG_BEAT_MOST_FALLS 8

/* Levels of the decision are binary logarithms: their fraction bits, and what 1 is. */
#define ECG_BEAT_LEVEL_BITS 8
#define ECG_BEAT_ONE 256

/* A level that is three or four times as high, or 7/8; one below which a beat is noisy. */
#define ECG_BEAT_THREE_TIMES 406
#define ECG_BEAT_FOUR_TIMES 512
#define ECG_BEAT_SEVEN_EIGHTHS -49
#define ECG_BEAT_NOISY_BELOW 512

/* Weights of the decision, in 1/256. */
#define ECG_BEAT_WEIGHT_BIAS -843
#define ECG_BEAT_WEIGHT_LOWER 18
#define ECG_BEAT_WEIGHT_HIGHER 838
#define ECG_BEAT_WEIGHT_OVER_NOISE 421
#define ECG_BEAT_WEIGHT_FLATTER 773
#define ECG_BEAT_WEIGHT_STEEPER -111
#define ECG_BEAT_WEIGHT_BESIDE_LAST 157
#define ECG_BEAT_WEIGHT_EARLY 1766
#define ECG_BEAT_WEIGHT_LATE -339
#define ECG_BEAT_WEIGHT_VERY_EARLY -161
#define ECG_BEAT_WEIGHT_SILENCE 180
#define ECG_BEAT_WEIGHT_SEARCH_BACK -1620
#define ECG_BEAT_WEIGHT_NOISE_BELOW 425
#define ECG_BEAT_WEIGHT_NARROW 288
#define ECG_BEAT_WEIGHT_BROAD 140
#define ECG_BEAT_WEIGHT_ROUGH -112
#define ECG_BEAT_WEIGHT_SMOOTH -994
#define ECG_BEAT_WEIGHT_SMOOTHEST 35

/* Times of the judge of two leads, in samples: see detection in sklearn_ecg. */
#define ECG_BEAT_JUDGE_SAME 38
#define ECG_BEAT_JUDGE_APART 50
#define ECG_BEAT_JUDGE_ADDED 75
#define ECG_BEAT_JUDGE_WAVE 90
#define ECG_BEAT_JUDGE_HOLD 250
#define ECG_BEAT_JUDGE_START 1000
#define ECG_BEAT_JUDGE_LONGEST 500
#define ECG_BEAT_JUDGE_SILENCE 625

/* How wrong a lead is, and from when on what follows; see there. */
#define ECG_BEAT_JUDGE_ALWAYS 65536
#define ECG_BEAT_JUDGE_MEMORY 4
#define ECG_BEAT_JUDGE_WORSE 24576
#define ECG_BEAT_JUDGE_SOUND 12288
#define ECG_BEAT_JUDGE_USELESS 32768
#define ECG_BEAT_JUDGE_TRUSTED 2048
#define ECG_BEAT_JUDGE_CLEAR 640
#define ECG_BEAT_JUDGE_GAP_OF 8
#define ECG_BEAT_JUDGE_GAP_OVER 7
#define ECG_BEAT_JUDGE_IRREGULAR 6144
#define ECG_BEAT_JUDGE_KNOWN 16u
#define ECG_BEAT_JUDGE_FLAT 1024
#define ECG_BEAT_JUDGE_AS_GOOD 64u
#define ECG_BEAT_JUDGE_SILENT 4u

/* The first sample of the window, and of all that is looked at, with the R peak at 0. */
#define ECG_BEAT_WINDOW_FIRST -4
#define ECG_BEAT_SPAN_FIRST -52

/* Fraction bits of a place between two working samples, and what a half is. */
#define ECG_BEAT_PLACE_BITS 14
#define ECG_BEAT_HALF_PLACE 8192

/* Working samples from one sample of a window to the next, with these fraction bits. */
#define ECG_BEAT_WINDOW_STEP 11378

/* Working samples that a window needs before and after its R peak. */
#define ECG_BEAT_REACH_BEFORE 38
#define ECG_BEAT_REACH_AFTER 57

/* Working samples: from a beat to a poll, to the next beat, to the end of all. */
#define ECG_BEAT_SLACK 64
#define ECG_BEAT_PATIENCE 438
#define ECG_BEAT_TAIL 124u

/* Samples within which no second beat can follow, and after which the rhythm begins anew. */
#define ECG_BEAT_SHORTEST 25
#define ECG_BEAT_LONGEST_PAUSE 30000

/* Milliseconds of a sample, in 1/65536, and the most samples that are counted. */
#define ECG_BEAT_MS_PER_SAMPLE 262144u
#define ECG_BEAT_MOST_COUNTED 16383u

/* Units of the margin for one of a logit, in 1/65536. */
#define ECG_BEAT_MARGIN_FACTOR 65536u

/* The score from which on a beat is shown to the network; what is said of the others; and
   flags with which none passes. */
#define ECG_BEAT_GATE_LIMIT 100
#define ECG_BEAT_GATE_LABEL 0u
#define ECG_BEAT_GATE_MARGIN 1000u
#define ECG_BEAT_GATE_STOPS 251u

/* Intervals in ms: the longest that counts, and one where nothing is known. */
#define ECG_BEAT_LONGEST_MS 3000u
#define ECG_BEAT_UNKNOWN_MS 1000u

/* What 1 is, of a ratio, a correlation or a sign; and the largest ratio that counts. */
#define ECG_BEAT_RATIO_ONE 1024
#define ECG_BEAT_RATIO_MAX 3072

/* The largest feature, as the network takes it. */
#define ECG_BEAT_FEATURE_MAX 255

/* The place of a feature that the network doesn't take. */
#define ECG_BEAT_NOT_TAKEN 255u

/* An interval is long if it is more than LONG_OF / LONG_OVER of the running median. */
#define ECG_BEAT_LONG_OF 7u
#define ECG_BEAT_LONG_OVER 4u

/* By which share of itself a running quantile moves at least and at most, in 1/65536. */
#define ECG_BEAT_LEAST_SHARE 262
#define ECG_BEAT_MOST_SHARE 16384

/* How far a running quantile goes up and down, and how far up the median of these. */
#define ECG_BEAT_UP_AND_DOWN 512
#define ECG_BEAT_MEDIAN_UP 256

/* How many intervals running means look back; how far each quantile goes up of that; how
   many differences between intervals running means look back. */
#define ECG_BEAT_MEANS { 4, 8, 16, 32, 64, 256 }
#define ECG_BEAT_QUANTILES { 256, 384, 461 }
#define ECG_BEAT_JUMPS { 32, 256 }

/* The place of the mean of 32 intervals among what is typical, and of the median. */
#define ECG_BEAT_MEAN_OF_32 3
#define ECG_BEAT_MEDIAN 6

/* The irregularity where nothing is known yet, and the largest logarithm that counts. */
#define ECG_BEAT_TYPICAL_JUMP 31
#define ECG_BEAT_LOG_MAX 4432

/* Where P and T segments begin, in samples of a window, with the R peak at 0. */
#define ECG_BEAT_P_FIRST -30
#define ECG_BEAT_T_FIRST 12

/* What a count is in a QRS complex. */
#define ECG_BEAT_COUNT_ONE 64

/* The typical QRS complex: beats until it is known; how much higher another one is. */
#define ECG_BEAT_QRS_TO_START 9u
#define ECG_BEAT_FAR_HIGHER 8u

/* Its largest step, in 1/1024 of its height, and the places by which a step is shifted. */
#define ECG_BEAT_QRS_STEP 154u
#define ECG_BEAT_QRS_GAIN_BITS 4

/* Typical segments: further fraction bits, what 1 is, and the largest value. */
#define ECG_BEAT_TYPICAL_BITS 2
#define ECG_BEAT_TYPICAL_ONE 4
#define ECG_BEAT_TYPICAL_MAX 32767

/* Their largest step, and beats until they are known. */
#define ECG_BEAT_WAVE_STEP 2456
#define ECG_BEAT_WAVES_TO_START 16u

/* Segments: the largest value, the largest feature, and what is too small to be a wave. */
#define ECG_BEAT_SEGMENT_MAX 8192
#define ECG_BEAT_WAVE_MAX 6144
#define ECG_BEAT_SMALLEST 33u

/* Logarithms of the height of the typical QRS complex, and of the least size that counts. */
#define ECG_BEAT_LOG_OF_HEIGHT 15360
#define ECG_BEAT_LOG_SIZE_MIN -11819

/* A usual beat: its least correlation, and the most its interval is off the median. */
#define ECG_BEAT_LEAST_CORRELATION 870
#define ECG_BEAT_MOST_IRREGULAR 222

/* What a certainty of 1 is; octaves of a margin, in 1/2^20. */
#define ECG_BEAT_CERTAIN 1024u
#define ECG_BEAT_OCTAVES 5909u

/* Words of fibrillation: ms in a minute over what a symbol counts; the fewest that decide. */
#define ECG_BEAT_SYMBOL_MS 12000u
#define ECG_BEAT_FEWEST_WORDS 79u

/* Intervals that fibrillation is told from, in ms. */
#define ECG_BEAT_SHORTEST_AF_MS 200u
#define ECG_BEAT_LONGEST_AF_MS 3000u

/* Shares of the highest score above which it begins, and goes on, and what 1 is. */
#define ECG_BEAT_AF_BEGINS 15u
#define ECG_BEAT_AF_ENDS 8u
#define ECG_BEAT_AF_ONE 20u

/* Its shortest length, and the longest without an interval, in samples; the most beats. */
#define ECG_BEAT_SHORTEST_AF 7500u
#define ECG_BEAT_SILENT_AF 15000u
#define ECG_BEAT_MOST_LEFT_OUT 255u

/* Detections that are no beats: how many are noise, in how many samples, how dense. */
#define ECG_BEAT_LEAST_NOISE 2u
#define ECG_BEAT_SHORTEST_NOISE 250u
#define ECG_BEAT_SLOWEST_NOISE 125u

/* Samples above which an interval is a pause; the shortest length of a rate. */
#define ECG_BEAT_PAUSE_OVER 500u
#define ECG_BEAT_SHORTEST_RATE 7500u

/* Samples of the intervals of a rate: more are slow, less are fast. */
#define ECG_BEAT_LONG_SPAN 2400u
#define ECG_BEAT_SHORT_SPAN 1200u

/* A table of names: its form, how inputs are ordered in it, and its bytes. */
#define ECG_BEAT_NAMES_VERSION 1u
#define ECG_BEAT_NAMES_LAYOUT 0u
#define ECG_BEAT_NAMES_BYTES 22u

/* What beats are to runs, two bits of each; the kind of a stretch that is no episode. */
#define ECG_BEAT_ECTOPIC 64600u
#define ECG_BEAT_NO_KIND 0u

/* Beats of a couplet and of the shortest run, two bits of each; the fewest cycles; the most
   others in one. */
#define ECG_BEAT_COUPLET_BEATS 5u
#define ECG_BEAT_RUN_BEATS 21u
#define ECG_BEAT_CYCLES 3u
#define ECG_BEAT_MOST_OTHERS 3u

/* Where features stand among all that there are. */
#define ECG_BEAT_FEATURE_RR_PREV 0u
#define ECG_BEAT_FEATURE_RR_NEXT 1u
#define ECG_BEAT_FEATURE_RR_LOCAL 2u
#define ECG_BEAT_FEATURE_RR_PREV_RATIO 3u
#define ECG_BEAT_FEATURE_RR_NEXT_RATIO 4u
#define ECG_BEAT_FEATURE_PREV_OVER 5u
#define ECG_BEAT_FEATURE_NEXT_OVER 15u
#define ECG_BEAT_FEATURE_IRREGULARITY 25u
#define ECG_BEAT_FEATURE_QRS_CORRELATION 27u
#define ECG_BEAT_FEATURE_QRS_SHIFT 28u
#define ECG_BEAT_FEATURE_QRS_HEIGHT_RELATIVE 29u
#define ECG_BEAT_FEATURE_QRS_WIDTH 30u
#define ECG_BEAT_FEATURE_QRS_WIDTH_RELATIVE 31u
#define ECG_BEAT_FEATURE_QRS_HALF_WIDTH 32u
#define ECG_BEAT_FEATURE_QRS_HALF_WIDTH_DIFFERENCE 33u
#define ECG_BEAT_FEATURE_QRS_AREA_RELATIVE 34u
#define ECG_BEAT_FEATURE_QRS_SLOPE_RELATIVE 35u
#define ECG_BEAT_FEATURE_QRS_SIGN 36u
#define ECG_BEAT_FEATURE_QRS_DIFFERENCE 37u
#define ECG_BEAT_FEATURE_P 38u
#define ECG_BEAT_FEATURE_T 46u
#define ECG_BEAT_FEATURE_BEFORE 54u

#endif
