/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
 * ecg_beat: finds and classifies heartbeats in a signal, with integers only.
#else
 * ecg_beat: classifies heartbeats with integers only.
#endif
 *
 * Made by sklearn_ecg @VERSION@; don't edit, export again.
 *
@PROVENANCE@
 */
#ifndef ECG_BEAT_H
#define ECG_BEAT_H

#include "switches.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of sklearn_ecg that made it, and the first digits of the hash above. */
#define ECG_BEAT_VERSION "0.1.0"
#define ECG_BEAT_MODEL 0x1b3eb892u

#if ECG_BEAT_STREAM

/* Samples per second of the converter. */
#define ECG_BEAT_DEVICE_RATE 250

#endif
/* The window: samples of one channel, channels, and what both make. */
#define ECG_BEAT_N_SAMPLES 16
#define ECG_BEAT_N_CHANNELS 1
#if ECG_BEAT_ROWS

/* Values of a row: the samples of all channels, then the features. */
#define ECG_BEAT_N_INPUTS 16
#define ECG_BEAT_N_FEATURES 2

/*
 * What a row of X becomes, in double precision: a sample x
 * floor(x * ECG_BEAT_SAMPLE_SCALE + 0.5), limited to -ECG_BEAT_SAMPLE_LIMIT and
 * ECG_BEAT_SAMPLE_LIMIT.
#if !ECG_BEAT_IN_STEPS
 *
 * A host that has integers hands them over as they are: a count of a sample is worth
 * @INPUT_SCALE@ in the unit of X.
#endif
 */
#define ECG_BEAT_SAMPLE_SCALE 25.0
#define ECG_BEAT_SAMPLE_LIMIT 127
#if ECG_BEAT_RHYTHM

/*
 * And a feature x floor((x - low) / step + 0.5), limited to 0 and 255. Names, lows and
 * steps of the features, in their order:
 */
#define ECG_BEAT_FEATURE_NAMES { "rr_prev", "rr_next" }
#define ECG_BEAT_FEATURE_LOWS { 0.3, 0.3 }
#define ECG_BEAT_FEATURE_STEPS { 0.01, 0.01 }
#endif
#else
#define ECG_BEAT_N_INPUTS 16

/* Number of the sample at which the R peak is. */
#define ECG_BEAT_R_PEAK 0

/* Samples per second at which the window has to be. */
#define ECG_BEAT_SAMPLING_RATE 180
#endif

#if !ECG_BEAT_STREAM
/* RR intervals that come with a window. */
#define ECG_BEAT_N_INTERVALS 3
#endif

/* Classes, in the order of the logits. */
#define ECG_BEAT_N_CLASSES 2
#define ECG_BEAT_CLASS_NAMES { "N", "V" }

#if ECG_BEAT_STREAM
/* The label of an event. */
#else
/* What ecg_beat_classify returns. */
#endif
enum ecg_beat_label {
    /* generated: labels */
    ECG_BEAT_LABEL_N = 0,
    ECG_BEAT_LABEL_V = 1
    /* end */
};

/* Bytes of an activation: 1 or 2. */
#define ECG_BEAT_ACTIVATION_BYTES 1

/* Bytes of the scratch buffer. */
#define ECG_BEAT_SCRATCH_BYTES 36
#if ECG_BEAT_STREAM

/* The label of a beat that was found so late that its samples were forgotten. */
enum { ECG_BEAT_UNCLASSIFIED = 255 };

/* What may be wrong with an event. */
enum ecg_beat_flag {
    ECG_BEAT_FLAG_LEAD_OFF = 1,       /* the lead was off in its window */
    ECG_BEAT_FLAG_SATURATED = 2,      /* the converter was at a limit in its window */
#if ECG_BEAT_DETECTOR
    ECG_BEAT_FLAG_NOISY = 4,          /* peaks that were no beats are nearly as high */
#endif
    ECG_BEAT_FLAG_AFTER_GAP = 8,      /* the interval before it isn't known */
    ECG_BEAT_FLAG_LONG_INTERVAL = 16, /* it is 7/4 of the usual: is a beat missing? */
    ECG_BEAT_FLAG_PROVISIONAL = 32,   /* labelled before the next beat was found */
#if ECG_BEAT_TWO_LEADS
    ECG_BEAT_FLAG_SECOND_LEAD = 128,  /* found in the second lead */
#endif
    ECG_BEAT_FLAG_LATE = 64           /* found so late that it could not be looked at */
};

/* A beat. */
typedef struct {
    uint32_t r_sample; /* of the R peak, since the start, lost ones counted */
    uint16_t rr_prev;  /* from the beat before to this one, in ms; 0 if not known */
    uint16_t margin;   /* how much more probable the label is than the second: the natural
                          logarithm of the ratio, in 1/256 */
    uint8_t label;     /* see enum ecg_beat_label, or ECG_BEAT_UNCLASSIFIED */
    uint8_t flags;     /* see enum ecg_beat_flag */
} ecg_beat_event;
#if ECG_BEAT_EPISODES

/* What the rhythm may be called; names for people, in this order. */
enum ecg_beat_kind {
    /* generated: kinds */
    ECG_BEAT_KIND_AF = 0,
    ECG_BEAT_KIND_V_COUPLET = 1,
    ECG_BEAT_KIND_V_RUN = 2,
    ECG_BEAT_KIND_V_BIGEMINY = 3,
    ECG_BEAT_KIND_V_TRIGEMINY = 4,
    ECG_BEAT_KIND_V_QUADRIGEMINY = 5,
    ECG_BEAT_KIND_S_COUPLET = 6,
    ECG_BEAT_KIND_S_RUN = 7,
    ECG_BEAT_KIND_S_BIGEMINY = 8,
    ECG_BEAT_KIND_S_TRIGEMINY = 9,
    ECG_BEAT_KIND_S_QUADRIGEMINY = 10,
    ECG_BEAT_KIND_PAUSE = 11,
    ECG_BEAT_KIND_BRADYCARDIA = 12,
    ECG_BEAT_KIND_TACHYCARDIA = 13,
    ECG_BEAT_KIND_NOT_ANALYSABLE = 14
    /* end */
};
#define ECG_BEAT_KIND_NAMES { "AF" }

/* An episode of the rhythm that has begun, or one that is over. */
typedef struct {
    uint32_t first, last; /* its first R peak, and its last one so far, as r_sample is */
    uint32_t n_beats;     /* both included; 0 if not analysable */
    uint16_t certainty;   /* mean of its labels, in 1/1024; of AF, the share of beats that
                             are irregular; right for up to 2^22 beats */
    uint8_t kind;         /* see enum ecg_beat_kind */
    uint8_t is_over;      /* 0 if it has begun; pauses, couplets and what is not analysable
                             are told of when they are over only */
} ecg_beat_episode;

/* What ecg_beat_stream_next found. */
enum ecg_beat_next {
    ECG_BEAT_NEXT_NOTHING = 0,
    ECG_BEAT_NEXT_BEAT = 1,
    ECG_BEAT_NEXT_EPISODE = 2
};
#endif

#include "state.h"

/*
 * Starts a recording of a patient. s is the caller's, of any content; no other function
 * may be called before. It takes sizeof(ecg_beat_stream) bytes; there are no others. A
 * signal without gaps may have 2^31 samples: 24 days at 1000 a second.
 */
void ecg_beat_stream_init(ecg_beat_stream *s);

#if ECG_BEAT_TWO_LEADS
/*
 * Takes the next sample of each lead, at ECG_BEAT_DEVICE_RATE samples per second. Bit 0 of
 * leads_off is set where the electrode of the first lead has no contact, bit 1 is for the
 * second; the sample doesn't matter then. Of two leads one is believed, and beats are
 * labelled in those that are worth a look. Takes bounded time and doesn't classify: call it
 * from an interrupt. Returns 1; or 0 if nobody polls, and what may be a beat is lost.
 *
@INPUT_NOTE@
 */
int ecg_beat_stream_push(ecg_beat_stream *s, int16_t first, int16_t second, int leads_off);
#else
/*
 * Takes the next sample of the converter, at ECG_BEAT_DEVICE_RATE samples per second.
 * lead_off is not 0 where the electrode has no contact; the sample doesn't matter then.
 * Takes bounded time and doesn't classify: call it from an interrupt.
#if ECG_BEAT_DETECTOR
 * Returns 1; or 0 if nobody polls, and what may be a beat is lost.
#else
 * Returns 1.
#endif
 *
@INPUT_NOTE@
 */
int ecg_beat_stream_push(ecg_beat_stream *s, int16_t sample, int lead_off);
#endif

#if !ECG_BEAT_DETECTOR
/*
 * Tells that there is an R peak at a sample, counted from the start, lost ones included:
 * in the order of time, and not later than 3 s after it. From the context of push. Returns
 * 0 if nobody polls, and the beat is lost.
 */
int ecg_beat_stream_beat(ecg_beat_stream *s, uint32_t r_sample);

#endif
#if ECG_BEAT_EPISODES
/*
 * Gives what there is to tell, one thing after the other: returns ECG_BEAT_NEXT_BEAT and
 * fills event; or ECG_BEAT_NEXT_EPISODE and fills episode, which the last beat has begun or
 * ended; or 0 if there is nothing now. The other one stays as it is. Call it until it
 * returns 0, at least twice a second: from the main loop, not while another call of it
 * runs. push may interrupt it.
 */
int ecg_beat_stream_next(ecg_beat_stream *s, ecg_beat_event *event, ecg_beat_episode *episode);

/* The same in a firmware that asks for beats alone: 1 and a beat, or 0. */
#else
/*
 * Returns 1 and one beat, in the order of time; or 0 if there is none now. Call it until it
 * returns 0, at least twice a second: from the main loop, not while another call of it
 * runs. push may interrupt it.
 */
#endif
int ecg_beat_stream_poll(ecg_beat_stream *s, ecg_beat_event *event);

/*
 * Ends the signal: what is left in it comes out of poll, as if it stayed where it is. Not
 * while push or poll runs.
 */
void ecg_beat_stream_end(ecg_beat_stream *s);

/*
 * Goes on after samples were lost. Call end first, and poll until it returns 0. What is
 * known of the patient stays; the interval of the next beat isn't known.
 */
void ecg_beat_stream_gap(ecg_beat_stream *s, uint32_t n_lost);
#if ECG_BEAT_EPISODES

/*
 * Ends the recording: next tells of the episodes that went on. Call end first, and next
 * until it returns 0; after it, only next and init. No gap ends an episode of AF by itself.
 */
void ecg_beat_stream_close(ecg_beat_stream *s);
#endif
#else
#if ECG_BEAT_RR

/*
 * RR intervals in milliseconds, rounded, 0 where one isn't known. One above 3000 counts as
 * 3000: give 3000, so that it doesn't wrap around in its 16 bits.
 *
 * rr_prev   from the beat before to this one.
#if ECG_BEAT_RR_NEXT
 * rr_next   from this beat to the next one: each beat is classified one beat late.
#endif
 * rr_local  mean of the last ten intervals, rr_prev included, or of as many as there are;
 *           of what was measured, even where that is more than 3000.
 */
typedef struct {
    uint16_t rr_prev;
#if ECG_BEAT_RR_NEXT
    uint16_t rr_next;
#endif
    uint16_t rr_local;
} ecg_beat_rr;
#endif

/*
 * Classifies one beat.
 *
#if ECG_BEAT_ROWS
 * row      ECG_BEAT_N_INPUTS integers: the samples of a window that is normalized as those
 *          of X were, channel after channel, then the features, all as defined above.
#else
 * window   raw samples of the converter, ECG_BEAT_N_CHANNELS times
 *          ECG_BEAT_N_SAMPLES of them, channel after channel, resampled to
 *          ECG_BEAT_SAMPLING_RATE; sample ECG_BEAT_R_PEAK of each channel is the R peak.
@INPUT_NOTE@
#endif
#if ECG_BEAT_RR
 * rr       its RR intervals.
#endif
 * scratch  ECG_BEAT_SCRATCH_BYTES bytes of any content and alignment. Nothing
 *          is kept in it from one call to the next.
 * logits   receives ECG_BEAT_N_CLASSES scores, one for each class.
 *
 * Returns the index of the class with the largest score, the first one of equals.
 *
 * Reentrant. Takes no memory but the scratch buffer and the stack.
 *
#if ECG_BEAT_LANES
 * Loads and stores words at addresses that are multiples of four only.
#else
 * Loads words from addresses that aren't multiples of four, where gcc or clang compile for
 * a core with DSP instructions that allows it (Cortex-M4, M7, M33). The scratch buffer has
 * to be in ordinary memory then, and CCR.UNALIGN_TRP has to be 0, as it is after reset.
 * Otherwise compile with -mno-unaligned-access: the same logits, in @UNALIGNED_COST@ times
 * the instructions on a Cortex-M4.
#endif
 */
int ecg_beat_classify(
#if ECG_BEAT_ROWS
    const int16_t *row,
#else
    const int16_t *window,
#endif
#if ECG_BEAT_RR
    const ecg_beat_rr *rr,
#endif
    uint8_t *scratch,
    int32_t *logits);
#endif
#if ECG_BEAT_STREAM
#if ECG_BEAT_NAMES

/* What became of a table of names. */
enum ecg_beat_names {
    ECG_BEAT_NAMES_TAKEN = 0,
    ECG_BEAT_NAMES_DAMAGED = 1,   /* its checksum or its length is wrong */
    ECG_BEAT_NAMES_OF_ANOTHER = 2 /* of another model or export, or of another version */
};

/*
 * Labels from the next beat on as a reader has named beats of the patient: table is what
 * names_table of sklearn_ecg.edge makes. It is checked, and not copied: it has to stay where
 * it is, unchanged, until init or another table; NULL takes names away. A table that is
 * refused changes nothing. From the context of poll.
 */
int ecg_beat_stream_adapt(ecg_beat_stream *s, const uint8_t *table, uint32_t n_bytes);
#endif
#endif

/*
#if ECG_BEAT_STREAM
 * Of ecg_beat_selftest.c: plays a strip whose events are known. Returns how many are others
 * here, 0 if all is well. Has a stream of its own, and isn't reentrant.
#else
 * Of ecg_beat_selftest.c: classifies beats whose logits are known. Returns how many have
 * others here, 0 if all is well. Has a scratch buffer of its own, and isn't reentrant.
#endif
 */
int ecg_beat_selftest(void);

#ifdef __cplusplus
}
#endif

#endif
