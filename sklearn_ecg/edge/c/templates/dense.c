/* A sum of a dense layer; moves on to the weights of the next one. */
static int32_t dense_sum(const layer *l, uint32_t i, const int8_t **code, const cell *x)
{
@BUFFER@    const int8_t *pairs = *code;
    int32_t sum = l->bias[i] * l->bias_unit;
@DECODE@    for (; pairs[1] != 0; pairs += 2) {
        x += (uint8_t)pairs[0];
        sum += *x * pairs[1];
    }
    if (@STORED_AS_PAIRS@) {
        *code = pairs + 2;
    }
    return sum;
}

/* A dense layer and ReLU. */
static void dense_activations(const layer *l, const cell *in, cell *out)
{
    const int8_t *code = l->code;
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        out[i] = activation(dense_sum(l, i, &code, in), l->multiplier[i] * l->multiplier_unit);
    }
}

/* The last layer. Returns the output with the largest logit, the first of equals. */
static int dense_logits(const layer *l, const cell *in, int32_t *logits)
{
    const int8_t *code = l->code;
    int best = 0;
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        logits[i] = dense_sum(l, i, &code, in);
        if (logits[i] > logits[best]) {
            best = (int)i;
        }
    }
    return best;
}
