/*
 * SPDX-FileCopyrightText: the sklearn_ecg developers
 * SPDX-License-Identifier: BSD-3-Clause
 *
#if ECG_BEAT_STREAM
#if ECG_BEAT_TWO_LEADS
 * Prints what ecg_beat says of two leads: the first two of the io-channels of zephyr,user,
 * both of one converter, in the order of their numbers.
#else
 * Prints what ecg_beat says of the first of the io-channels of zephyr,user.
#endif
 */
#include <zephyr/drivers/adc.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/atomic.h>

#include <ecg_beat.h>

#include "../../printing.h"

#if ECG_BEAT_TWO_LEADS
static const struct adc_dt_spec converter =
    ADC_DT_SPEC_GET_BY_IDX(DT_PATH(zephyr_user), 0);
static const struct adc_dt_spec of_second =
    ADC_DT_SPEC_GET_BY_IDX(DT_PATH(zephyr_user), 1);
static int16_t samples[2];
#else
static const struct adc_dt_spec converter = ADC_DT_SPEC_GET(DT_PATH(zephyr_user));
static int16_t samples[1];
#endif
static ecg_beat_stream stream;
static atomic_t n_lost;

/* In the interrupt of the converter: takes a sample, and asks for the next one. */
static enum adc_action take_sample(const struct device *device,
                                   const struct adc_sequence *sequence,
                                   uint16_t index)
{
    ARG_UNUSED(device);
    ARG_UNUSED(sequence);
    ARG_UNUSED(index);
#if ECG_BEAT_TWO_LEADS
    if (!ecg_beat_stream_push(&stream, samples[0], samples[1], 0)) {
#else
    if (!ecg_beat_stream_push(&stream, samples[0], 0)) {
#endif
        atomic_inc(&n_lost);
    }
#if !ECG_BEAT_DETECTOR
    /* Where something has found an R peak: ecg_beat_stream_beat(&stream, its_sample); */
#endif
    return ADC_ACTION_REPEAT;
}

/* Goes on until the converter fails. */
static void convert(void *first, void *second, void *third)
{
    const struct adc_sequence_options options = {
        .interval_us = 1000000u / ECG_BEAT_DEVICE_RATE,
        .callback = take_sample,
    };
    struct adc_sequence sequence = {
        .options = &options,
        .buffer = samples,
        .buffer_size = sizeof(samples),
    };
    ARG_UNUSED(first);
    ARG_UNUSED(second);
    ARG_UNUSED(third);
    (void)adc_sequence_init_dt(&converter, &sequence);
#if ECG_BEAT_TWO_LEADS
    sequence.channels |= BIT(of_second.channel_id);
#endif
    printf("the converter ended: %d\n", adc_read(converter.dev, &sequence));
}

K_THREAD_DEFINE(converting, 1024, convert, NULL, NULL, NULL, -1, 0, SYS_FOREVER_MS);

int main(void)
{
    printf("self-test: failures %d\n", ecg_beat_selftest());
    if (!adc_is_ready_dt(&converter) || adc_channel_setup_dt(&converter) != 0) {
        printf("the converter is not ready\n");
        return 0;
    }
#if ECG_BEAT_TWO_LEADS
    if (adc_channel_setup_dt(&of_second) != 0) {
        printf("the second channel is not ready\n");
        return 0;
    }
#endif
    ecg_beat_stream_init(&stream);
    k_thread_start(converting);
    for (;;) {
        print_all(&stream);
        k_msleep(100);
    }
}
#else
 * Runs the self-test of ecg_beat.
 */
#include <stdio.h>

#include <ecg_beat.h>

int main(void)
{
    printf("self-test: failures %d\n", ecg_beat_selftest());
    return 0;
}
#endif
