/*
 * The network of an export in plain float loops, as a first version of it would look: the
 * yardstick of benchmarks/edge.py. The sizes and weights come from the generated
 * network.h.
 */
#include "ecg_beat.h"

#include <math.h>

#include "network.h"

static float maps[2][MOST_VALUES];

static void convolve(const convolution *c, const float *in, float *out)
{
    for (int o = 0; o < c->n_out; ++o) {
        for (int t = 0; t + 1 < c->length; t += 2) {
            float largest = 0.0f;
            for (int s = t; s < t + 2; ++s) {
                float sum = c->bias[o];
                const int before = s - c->kernel / 2;
                const int after = before + c->kernel - c->length;
                const int first = before < 0 ? -before : 0;
                const int end = after > 0 ? c->kernel - after : c->kernel;
                for (int i = 0; i < c->n_in; ++i) {
                    const float *weight = c->weight + (o * c->n_in + i) * c->kernel;
                    const float *x = in + i * c->length + before;
                    for (int k = first; k < end; ++k) {
                        sum += weight[k] * x[k];
                    }
                }
                largest = sum > largest ? sum : largest;
            }
            out[o * (c->length / 2) + t / 2] = largest;
        }
    }
}

static void dense(const float *weight, const float *bias, int n_in, int n_out,
                  const float *in, float *out)
{
    for (int o = 0; o < n_out; ++o) {
        float sum = bias[o];
        for (int i = 0; i < n_in; ++i) {
            sum += weight[o * n_in + i] * in[i];
        }
        out[o] = sum;
    }
}

int ecg_beat_classify(const int16_t *window, const ecg_beat_rr *rr, uint8_t *scratch,
                      int32_t *logits)
{
    float mean = 0.0f, spread = 0.0f;
    (void)scratch;
    for (int i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        mean += (float)window[i] / ECG_BEAT_N_SAMPLES;
    }
    for (int i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        const float d = (float)window[i] - mean;
        spread += d * d / ECG_BEAT_N_SAMPLES;
    }
    for (int i = 0; i < ECG_BEAT_N_SAMPLES; ++i) {
        maps[0][i] = ((float)window[i] - mean) / sqrtf(spread + 1e-9f);
    }
    for (int n = 0; n < N_CONVOLUTIONS; ++n) {
        convolve(&convolutions[n], maps[n % 2], maps[1 - n % 2]);
    }
    float *const pooled = maps[N_CONVOLUTIONS % 2], *const units = maps[1 - N_CONVOLUTIONS % 2];
    const float local = (float)rr->rr_local / 1000.0f + 1e-3f;
    pooled[N_POOLED] = (float)rr->rr_prev / 1000.0f;
    pooled[N_POOLED + 1] = (float)rr->rr_next / 1000.0f;
    pooled[N_POOLED + 2] = local;
    pooled[N_POOLED + 3] = pooled[N_POOLED] / local;
    pooled[N_POOLED + 4] = pooled[N_POOLED + 1] / local;
    dense(hidden_weight, hidden_bias, N_POOLED + 5, N_HIDDEN, pooled, units);
    for (int i = 0; i < N_HIDDEN; ++i) {
        units[i] = units[i] > 0.0f ? units[i] : 0.0f;
    }
    float scores[ECG_BEAT_N_CLASSES];
    dense(output_weight, output_bias, N_HIDDEN, ECG_BEAT_N_CLASSES, units, scores);
    int best = 0;
    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) {
        logits[i] = (int32_t)(scores[i] * 1000.0f);
        best = scores[i] > scores[best] ? i : best;
    }
    return best;
}
