/* All weights, a byte each. */
static const int8_t *decode_dense(const layer *l, const int8_t *code, int8_t *pairs)
{
    uint32_t in_row = 0, gap = 0;
    for (uint32_t i = 0; i < l->n_weights; ++i) {
        if (code[i] != 0) {
            pairs = put_pair(pairs, gap, code[i]);
            gap = 0;
        }
        ++gap;
        if (++in_row == l->kernel_size) {
            in_row = 0;
            gap += l->row_step;
        }
    }
    (void)put_pair(pairs, 0, 0);
    return code + l->n_weights;
}
