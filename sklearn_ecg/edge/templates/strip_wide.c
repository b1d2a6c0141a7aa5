static inline cell pooled(int32_t a, int32_t b, int32_t multiplier)
{
    return activation(a > b ? a : b, multiplier);
}

/* Eight outputs, pooled to four. Returns the end of the pairs. */
static const int8_t *strip_wide(const cell *x, const int8_t *pairs, int32_t start,
                                int32_t multiplier, cell *out)
{
    int32_t s0 = start, s1 = start, s2 = start, s3 = start;
    int32_t s4 = start, s5 = start, s6 = start, s7 = start;
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_UNALIGNED) && \
    defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN)
    int32_t weight, word;
/* Compilers load each input by itself. */
#define TWO_OUTPUTS(offset, first, second)                \
    "ldr    %[word], [%[x], #" offset "]\n\t"             \
    "smlabb " first ", %[word], %[w], " first "\n\t"      \
    "smlatb " second ", %[word], %[w], " second "\n\t"
    __asm__ volatile(
        ".syntax unified\n\t"
        "b     2f\n"
        "1:\n\t"
        TWO_OUTPUTS("0", "%[s0]", "%[s1]")
        TWO_OUTPUTS("4", "%[s2]", "%[s3]")
        TWO_OUTPUTS("8", "%[s4]", "%[s5]")
        TWO_OUTPUTS("12", "%[s6]", "%[s7]")
        "2:\n\t"
        "ldrsh %[w], [%[t]], #2\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
        "uxtab %[x], %[x], %[w]\n\t"
        "asrs  %[w], %[w], #8\n\t"
        "bne   1b\n\t"
        : [x] "+r"(x), [t] "+r"(pairs), [w] "=&r"(weight), [word] "=&r"(word),
          [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3), [s4] "+r"(s4),
          [s5] "+r"(s5), [s6] "+r"(s6), [s7] "+r"(s7)
        :
        : "cc", "memory");
#else
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
    pairs += 2;
#endif
    out[0] = pooled(s0, s1, multiplier);
    out[1] = pooled(s2, s3, multiplier);
    out[2] = pooled(s4, s5, multiplier);
    out[3] = pooled(s6, s7, multiplier);
    return pairs;
}
