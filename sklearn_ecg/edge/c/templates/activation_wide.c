/* From a sum to an activation: scaled, rounded half up, from 0 to 2047. */
static inline cell activation(int32_t sum, int32_t multiplier)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t value;
    /* No compiler uses it of its own accord. */
    __asm__("smmulr %0, %1, %2" : "=r"(value) : "r"(sum), "r"(multiplier));
    return (cell)__usat(value, 11);
#else
    const int32_t value = (int32_t)(((int64_t)sum * multiplier + 0x80000000LL) >> 32);
    return (cell)(value < 0 ? 0 : value > 2047 ? 2047 : value);
#endif
}
