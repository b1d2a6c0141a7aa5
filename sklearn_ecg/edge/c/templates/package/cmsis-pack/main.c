/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
 * Labels what a converter reads. Write what is declared extern here for your board.
 */
#include <stdint.h>

#include <RTE_Components.h>
#include CMSIS_device_header

#include <ecg_beat.h>

#if ECG_BEAT_TWO_LEADS
extern int16_t read_converter(int lead);
#else
extern int16_t read_converter(void);
#endif
extern void tell(const ecg_beat_event *event);
#if ECG_BEAT_EPISODES
extern void tell_rhythm(const ecg_beat_episode *episode);
#endif

void SysTick_Handler(void);

static ecg_beat_stream stream;
static volatile uint32_t n_lost;

/* Or in the interrupt of the converter, if it has one. */
void SysTick_Handler(void)
{
#if ECG_BEAT_TWO_LEADS
    const int16_t first = read_converter(0);
    if (!ecg_beat_stream_push(&stream, first, read_converter(1), 0)) {
#else
    if (!ecg_beat_stream_push(&stream, read_converter(), 0)) {
#endif
        n_lost = n_lost + 1u;
    }
#if !ECG_BEAT_DETECTOR
    /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
}

int main(void)
{
    ecg_beat_event event;
#if ECG_BEAT_EPISODES
    ecg_beat_episode episode;
    int next;
#endif
    ecg_beat_stream_init(&stream);
    SystemCoreClockUpdate();
    if (SysTick_Config(SystemCoreClock / ECG_BEAT_DEVICE_RATE) != 0u) {
        return 1; /* SysTick counts 24 bits: too few for a clock this fast. */
    }
    for (;;) {
#if ECG_BEAT_EPISODES
        while ((next = ecg_beat_stream_next(&stream, &event, &episode)) != 0) {
            if (next == ECG_BEAT_NEXT_BEAT) {
                tell(&event);
            } else {
                tell_rhythm(&episode);
            }
        }
#else
        while (ecg_beat_stream_poll(&stream, &event)) {
            tell(&event);
        }
#endif
        __WFI();
    }
}
#else
 * Labels beats. Write find_beat() and tell() for your board.
 */
#include <RTE_Components.h>
#include CMSIS_device_header

#include <ecg_beat.h>

/* Returns 1 and a beat as ecg_beat.h asks for it, or 0 if there is none yet. */
#if ECG_BEAT_ROWS
extern int find_beat(int16_t *row);
#else
#if ECG_BEAT_RR
extern int find_beat(int16_t *window, ecg_beat_rr *rr);
#else
extern int find_beat(int16_t *window);
#endif
#endif
extern void tell(int label);

static int16_t window[ECG_BEAT_N_INPUTS];
static uint8_t scratch[ECG_BEAT_SCRATCH_BYTES];

int main(void)
{
    int32_t logits[ECG_BEAT_N_CLASSES];
#if ECG_BEAT_RR
    ecg_beat_rr rr;
#endif
    for (;;) {
#if ECG_BEAT_RR
        while (find_beat(window, &rr)) {
            tell(ecg_beat_classify(window, &rr, scratch, logits));
        }
#else
        while (find_beat(window)) {
            tell(ecg_beat_classify(window, scratch, logits));
        }
#endif
        __WFI();
    }
}
#endif
