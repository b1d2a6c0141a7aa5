/*
 * Which parts the C of one model is made of. These stand for a model that lets all other
 * files compile by themselves. Those of a model that is exported are decided then, and
 * neither they nor what they leave out is written.
 */
#ifndef ECG_BEAT_SWITCHES_H
#define ECG_BEAT_SWITCHES_H

/*
 * A signal comes in, not windows. Then: it is of two leads; beats are found in it, or the
 * host tells where they are; episodes of the rhythm are told; a beat waits for the next
 * one; intervals are features; some features compare a beat with its patient's; there are
 * logarithms; some features look at the signal; a gate tells by the features which beats
 * the network need not look at; a table of names may come.
 */
#ifndef ECG_BEAT_STREAM
#define ECG_BEAT_STREAM 0
#endif
#ifndef ECG_BEAT_DETECTOR
#define ECG_BEAT_DETECTOR 1
#endif
#ifndef ECG_BEAT_TWO_LEADS
#define ECG_BEAT_TWO_LEADS 0
#endif
#ifndef ECG_BEAT_EPISODES
#define ECG_BEAT_EPISODES 1
#endif
#define ECG_BEAT_WAITS 1
#define ECG_BEAT_INTERVALS 1
#define ECG_BEAT_RELATIVE 1
#define ECG_BEAT_LOGARITHMS 1
#define ECG_BEAT_MORPHOLOGY 1
#define ECG_BEAT_GATE 1
#ifndef ECG_BEAT_NAMES
#define ECG_BEAT_NAMES 0
#endif

/* Activations have 16 bits, not 8. */
#define ECG_BEAT_INT16 0

/* Two of 8 bits share a word; there are strips of 16 outputs, and of 8. */
#ifndef ECG_BEAT_LANES
#define ECG_BEAT_LANES 0
#endif
#define ECG_BEAT_STRIPS 1
#define ECG_BEAT_TAILS 1

/*
 * Rows that are normalized already come in, not raw samples; their samples are in steps of
 * the network, not in counts.
 */
#define ECG_BEAT_ROWS 0
#define ECG_BEAT_IN_STEPS 0

/* Windows of counts get mean 0 and standard deviation 1, or stay as they are. */
#define ECG_BEAT_STANDARDIZED 1
#define ECG_BEAT_PLAIN 0

/* RR intervals come in; the one to the next beat does; ratios are made of them. */
#define ECG_BEAT_RR 1
#define ECG_BEAT_RR_NEXT 1
#define ECG_BEAT_RATIOS 1

/* Something enters the network beside the window. */
#define ECG_BEAT_RHYTHM 1

/*
 * Weights are stored as pairs, or are decoded: of some convolutions. They are decoded: of
 * some dense layers, of any layer.
 */
#define ECG_BEAT_PAIRED_CONVOLUTIONS 0
#define ECG_BEAT_DECODED_CONVOLUTIONS 1
#define ECG_BEAT_DECODED_DENSE 1
#define ECG_BEAT_DECODED 1

/* How they are stored. */
#define ECG_BEAT_NIBBLES 1
#define ECG_BEAT_BITMAP 1
#define ECG_BEAT_ALL_WEIGHTS 1

#endif
