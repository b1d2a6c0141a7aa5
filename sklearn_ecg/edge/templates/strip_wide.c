static uint8_t pooled(int32_t a, int32_t b, int32_t multiplier)
{
    return activation(a > b ? a : b, multiplier);
}

/* Eight outputs, pooled to four. Returns the end of the pairs. */
static const int8_t *strip_wide(const uint8_t *x, const int8_t *pairs, int32_t start,
                                int32_t multiplier, uint8_t *out)
{
    int32_t s0 = start, s1 = start, s2 = start, s3 = start;
    int32_t s4 = start, s5 = start, s6 = start, s7 = start;
    for (; pairs[1] != 0; pairs += 2) {
        const int32_t weight = pairs[1];
        x += (uint8_t)pairs[0];
        s0 += x[0] * weight;
        s1 += x[1] * weight;
        s2 += x[2] * weight;
        s3 += x[3] * weight;
        s4 += x[4] * weight;
        s5 += x[5] * weight;
        s6 += x[6] * weight;
        s7 += x[7] * weight;
    }
    out[0] = pooled(s0, s1, multiplier);
    out[1] = pooled(s2, s3, multiplier);
    out[2] = pooled(s4, s5, multiplier);
    out[3] = pooled(s6, s7, multiplier);
    return pairs + 2;
}
