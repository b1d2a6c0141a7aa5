/* A ratio of two intervals, where 1024 means 1. */
static uint32_t ratio(uint32_t interval, uint32_t local)
{
    const uint32_t rounded = (interval * 1024 + local / 2) / local;
    return rounded > 3072 ? 3072 : rounded;
}
