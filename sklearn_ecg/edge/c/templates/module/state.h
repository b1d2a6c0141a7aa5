#ifndef ECG_BEAT_STATE_H
#define ECG_BEAT_STATE_H

/* Sizes of what the stream remembers. */
#define ECG_BEAT_RING 512
#if ECG_BEAT_DETECTOR
#define ECG_BEAT_BOX 3
#define ECG_BEAT_HIGH_PASS 15
#define ECG_BEAT_SLOPE 2
#define ECG_BEAT_ENERGY 10
#define ECG_BEAT_APART 25
#define ECG_BEAT_MEMORY 8
#define ECG_BEAT_MOST_PENDING 8
#endif
#define ECG_BEAT_BLOCK 8
#if ECG_BEAT_INTERVALS
#define ECG_BEAT_N_LOCAL 10u
#endif
#if ECG_BEAT_RELATIVE
#define ECG_BEAT_N_MEANS 6
#define ECG_BEAT_N_QUANTILES 3
#define ECG_BEAT_N_JUMPS 2
#endif
#define ECG_BEAT_N_INPUT_FEATURES 2
#define ECG_BEAT_SPAN 133
#define ECG_BEAT_WINDOW_BYTES 20
#if ECG_BEAT_MORPHOLOGY
#define ECG_BEAT_EXTENT 18
#define ECG_BEAT_P_SAMPLES 21
#define ECG_BEAT_T_SAMPLES 38
#define ECG_BEAT_LONGEST_SEGMENT 38
#define ECG_BEAT_SHIFT_REACH 6
#define ECG_BEAT_BEATS_BEFORE 3
#endif

#if ECG_BEAT_EPISODES
#define ECG_BEAT_N_SYMBOLS 129
#define ECG_BEAT_MOST_WAITING 81
#define ECG_BEAT_N_RECENT 9
#endif

#if ECG_BEAT_TWO_LEADS
#define ECG_BEAT_MOST_BEATS 16
enum { ECG_BEAT_N_LEADS = 2 };
#else
enum { ECG_BEAT_N_LEADS = 1 };
#endif
enum { ECG_BEAT_BLOCKS = ECG_BEAT_RING / ECG_BEAT_BLOCK, ECG_BEAT_PEAKS = 16 };
#if ECG_BEAT_DETECTOR
enum { ECG_BEAT_GROUP = 8, ECG_BEAT_GROUPS = (ECG_BEAT_APART + 7) / 8 };
#endif
#if ECG_BEAT_RELATIVE
enum { ECG_BEAT_N_TYPICAL = ECG_BEAT_N_MEANS + ECG_BEAT_N_QUANTILES + 1 };
#endif
#if ECG_BEAT_MORPHOLOGY
enum {
    ECG_BEAT_COMPLEX = 2 * ECG_BEAT_EXTENT + 1,
    ECG_BEAT_CORE = ECG_BEAT_COMPLEX - 2 * ECG_BEAT_SHIFT_REACH
};

/* What is told of a beat with the beats after it. */
enum ecg_beat_now {
    ECG_BEAT_NOW_RR_OVER_MEDIAN,
    ECG_BEAT_NOW_RR_OVER_BEFORE,
    ECG_BEAT_NOW_QRS_CORRELATION,
    ECG_BEAT_NOW_QRS_WIDTH,
    ECG_BEAT_NOW_P_CORRELATION,
    ECG_BEAT_NOW_P_DIFFERENCE,
    ECG_BEAT_NOW_QRS_HEIGHT,
    ECG_BEAT_N_NOW
};
#endif

#if ECG_BEAT_DETECTOR
/* A peak of the energy: when, in working samples, and levels, in 1/256. */
typedef struct {
    int32_t time;
    int16_t height, slope, broad, smooth;
} ecg_beat_peak;

#if ECG_BEAT_TWO_LEADS
/* The same as push leaves it, and as poll does, which looks at it at once. */
typedef struct {
    int32_t time;
    union {
        struct {
            int32_t energy, slope;
        } pushed;
        struct {
            int16_t height, slope, broad, smooth;
        } seen;
    } of;
} ecg_beat_queued;
#else
/* The same as push leaves it. */
typedef struct {
    int32_t time, energy, slope;
} ecg_beat_queued;
#endif

/* The filters that every working sample goes through. */
typedef struct {
    int32_t second[ECG_BEAT_BOX], high_pass[ECG_BEAT_HIGH_PASS], slope[ECG_BEAT_SLOPE];
    int32_t energy[ECG_BEAT_ENERGY], last[ECG_BEAT_APART], group_highest[ECG_BEAT_GROUPS];
    int32_t first_sum, second_sum, high_pass_sum, energy_sum;
    int32_t highest, peak_energy, peak_slope;
    uint8_t high_pass_place, energy_place, last_place, peak_age;
} ecg_beat_filters;

/* The last values, and the one in their middle. */
typedef struct {
    int16_t values[ECG_BEAT_MEMORY], median;
    uint8_t n;
} ecg_beat_median;

/* What decides which peaks are beats. */
typedef struct {
    ecg_beat_median height, slope, noise, intervals, broad, smooth;
    ecg_beat_peak pending[ECG_BEAT_MOST_PENDING], found;
    int32_t last_time, last_slope, since, next_tick, first_fall, clock;
    uint8_t n_pending, n_ticks, n_falls;
    uint8_t is_learning, has_last;
    int16_t found_over_noise;
} ecg_beat_decision;

#else
/* A beat that the host has told: its R peak, and when, in working samples. */
typedef struct {
    int32_t r_peak, told;
} ecg_beat_queued;
#endif

/* A mean or a quantile, in 1/65536, and of how many values. */
typedef struct {
    int32_t value;
    uint16_t n;
} ecg_beat_running;

#if ECG_BEAT_MORPHOLOGY
/* What is typical of the beats of a patient in a lead, and of the last ones. */
typedef struct {
    int32_t qrs[ECG_BEAT_COMPLEX];
    int16_t p_wave[ECG_BEAT_P_SAMPLES], t_wave[ECG_BEAT_T_SAMPLES];
    int16_t now[ECG_BEAT_N_NOW], memory[ECG_BEAT_BEATS_BEFORE][ECG_BEAT_N_NOW];
    uint8_t n_qrs, n_far_higher, n_p, n_t, has_memory;
} ecg_beat_shapes;
#endif

/* What is known of the patient, and of the beat that is looked at. */
typedef struct {
#if ECG_BEAT_RELATIVE
    ecg_beat_running typical[ECG_BEAT_N_TYPICAL - 1], jumps[ECG_BEAT_N_JUMPS];
#else
    ecg_beat_running median;
#endif
#if ECG_BEAT_MORPHOLOGY
    ecg_beat_shapes shapes[ECG_BEAT_N_LEADS];
#endif
#if ECG_BEAT_INTERVALS
    uint16_t local[ECG_BEAT_N_LOCAL], rr_local;
    uint8_t n_local, local_place;
#endif
    uint16_t rr_prev;
#if ECG_BEAT_RELATIVE
    uint16_t before;
#endif
#if ECG_BEAT_TWO_LEADS
    uint8_t lead; /* whose features are stored; of both, ECG_BEAT_N_LEADS */
#endif
    uint8_t features[ECG_BEAT_N_LEADS][ECG_BEAT_N_INPUT_FEATURES];
} ecg_beat_patient;

#if ECG_BEAT_MORPHOLOGY
/* Sums of the values of a part of a complex, and of their squares. */
typedef struct {
    int32_t values, squares;
} ecg_beat_sums;
#endif

/* What is needed only while a beat is looked at: the signal around it, and more. */
typedef struct {
    int16_t span[ECG_BEAT_SPAN];
#if ECG_BEAT_MORPHOLOGY
    union {
        struct {
            int32_t complex[ECG_BEAT_COMPLEX], typical[ECG_BEAT_CORE];
            int16_t row[ECG_BEAT_COMPLEX], typical_row[ECG_BEAT_CORE];
            ecg_beat_sums sums[2 * ECG_BEAT_SHIFT_REACH + 1];
        } qrs;
        struct {
            int32_t centered[ECG_BEAT_LONGEST_SEGMENT];
            int16_t segment[ECG_BEAT_LONGEST_SEGMENT], typical[ECG_BEAT_LONGEST_SEGMENT];
            int16_t row[ECG_BEAT_LONGEST_SEGMENT], typical_row[ECG_BEAT_LONGEST_SEGMENT];
        } wave;
    } of;
#endif
} ecg_beat_work;

#if ECG_BEAT_EPISODES
/* A beat and its number. */
typedef struct {
    uint32_t sample, number;
} ecg_beat_place;

/* A beat, and the certainties of all labels before it, added up. */
typedef struct {
    uint32_t sample, before;
} ecg_beat_past;

enum { ECG_BEAT_N_STRETCHES = 3 };

/* What is looked for at each beat, the last one first; stretches of beats that are alike
   have the lowest numbers, in the order in which they are seen. */
enum {
    ECG_BEAT_RATE,
    ECG_BEAT_CYCLE,
    ECG_BEAT_RUN,
    ECG_BEAT_AF,
    ECG_BEAT_PAUSE,
    ECG_BEAT_GAP,
    ECG_BEAT_N_LOOKS
};

/* What may be an episode: its first beat and the number of that; how its beats are alike;
   the kind if it is one. */
typedef struct {
    ecg_beat_past first;
    uint32_t number;
    uint8_t alike, kind;
} ecg_beat_stretch;

/* Fibrillation: the window of symbols, the beats that wait to be decided, the episode. */
typedef struct {
    uint8_t n_symbols, n_different, n_waiting, waiting, decision, is_told;
    uint32_t sum, last_symbols, n_positive;
    ecg_beat_place decided, newest, first, last;
    uint16_t samples[ECG_BEAT_MOST_WAITING];
    uint8_t numbers[ECG_BEAT_MOST_WAITING], symbols[ECG_BEAT_N_SYMBOLS + 1];
} ecg_beat_fibrillation;

/* What is known of the rhythm. */
typedef struct {
    uint8_t n_looks, heard, last_heard, n_noise, n_recent, has_gap;
    uint8_t is_unknown, is_lost, is_cut, n_others;
    uint32_t number, total, gap, rate_ended;
    uint32_t ectopic; /* of the last beats, in two bits: 0 another one, 1 V, 2 S, 3 unknown */
    ecg_beat_stretch stretches[ECG_BEAT_N_STRETCHES];
    ecg_beat_past recent[ECG_BEAT_N_RECENT];
    ecg_beat_fibrillation fibrillation;
} ecg_beat_rhythm;

#endif
/* What the beat that is looked at waits for. */
enum ecg_beat_stage { ECG_BEAT_NO_STAGE, ECG_BEAT_NEEDS_WINDOW, ECG_BEAT_NEEDS_NEXT };

/* What is remembered of a lead. push writes all but the decision, which is poll's. */
typedef struct {
    int16_t ring[ECG_BEAT_RING];
    uint8_t quality[ECG_BEAT_BLOCKS];
#if ECG_BEAT_DETECTOR
    ecg_beat_filters filters;
#endif
    ecg_beat_queued peaks[ECG_BEAT_PEAKS];
    int32_t sum;
#if ECG_BEAT_DETECTOR
    ecg_beat_decision decision;
#else
    ecg_beat_queued told;
#endif
    int16_t last;
    volatile uint8_t n_peaks, first_peak;
    uint8_t sum_flags, is_ended;
#if ECG_BEAT_TWO_LEADS
    uint8_t n_seen; /* peaks that were looked at */
#endif
} ecg_beat_lead;

#if ECG_BEAT_TWO_LEADS
/* A beat that was found in a lead: its R peak, in samples, and levels, in 1/256. */
typedef struct {
    int32_t r_peak;
    int16_t height, over_noise;
} ecg_beat_found;

/* What the judge knows of a lead: its last beats, and of those that were judged. */
typedef struct {
    ecg_beat_found beats[ECG_BEAT_MOST_BEATS];
    int32_t last, interval, jumps, fault, height;
    uint8_t n_beats, n_waiting, n_silent, n_followed;
} ecg_beat_judged;

/* What decides which of two leads is believed; all times are in samples. */
typedef struct {
    ecg_beat_judged leads[ECG_BEAT_N_LEADS];
    ecg_beat_found taken, said;
    int32_t now, interval, behind;
    uint8_t stage, taken_in, said_in, sound, believed, n_as_good, is_behind, place;
} ecg_beat_opinion;
#endif

/* All that a stream remembers. push writes what comes before the patient; poll the rest. */
typedef struct {
#if ECG_BEAT_TWO_LEADS
    ecg_beat_lead leads[ECG_BEAT_N_LEADS];
#else
    ecg_beat_lead lead;
#endif
    volatile uint32_t n_working, n_samples, back_since;
    uint32_t n_before, n_off;
    uint16_t n_tail;
    uint8_t n_summed, has_begun;

    ecg_beat_patient patient;
#if ECG_BEAT_TWO_LEADS
    ecg_beat_opinion judge;
    uint8_t second_window[ECG_BEAT_WINDOW_BYTES]; /* that of the second lead */
    uint8_t sound, looked; /* leads worth a look, and those that the label is of */
#endif
    int32_t r_peak;
    uint8_t stage, flags, has_beat, is_new;
#if ECG_BEAT_NAMES
    const uint8_t *names;
#endif
#if ECG_BEAT_EPISODES
    ecg_beat_rhythm rhythm;
#endif
    union {
        uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];
#if ECG_BEAT_LANES
        uint32_t alignment;
#endif
        struct {
            uint8_t window[ECG_BEAT_WINDOW_BYTES]; /* where the first layer reads it */
            ecg_beat_work work;
        } look;
    } buffer;
} ecg_beat_stream;

#endif
