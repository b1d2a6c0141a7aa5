/* A convolution, ReLU, and max-pooling by two, in strips of @STRIP@ outputs. */
static void convolve_@KIND@(const layer *l, const cell *in, cell *out)
{
@BUFFER@    const int8_t *code = l->code;
    out = fill(out, l->halo, 0);
    for (uint32_t i = 0; i < l->n_outputs; ++i) {
        const int32_t bias = l->bias[i] * l->bias_unit;
        const @START_TYPE@ start = @START@;
        const int32_t multiplier = l->multiplier[i] * l->multiplier_unit;
        const int8_t *pairs = code;
@DECODE@        const cell *x = in;
        cell *row = out;
        for (uint32_t strip = l->n_strips; strip > 0; --strip) {
            const int8_t *const end = strip_@KIND@(x, pairs, start, multiplier, row);
            x += @STRIP@;
            row += @POOLED@;
            if (@STORED_AS_PAIRS@) {
                code = end;
            }
        }
        out = fill(out + l->length, l->padding, 0);
    }
}
