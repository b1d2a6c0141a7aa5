/* 0 means that an interval isn't known. */
static uint32_t known_interval(uint32_t milliseconds, uint32_t otherwise)
{
    if (milliseconds == 0) {
        return otherwise;
    }
    return milliseconds > 3000 ? 3000 : milliseconds;
}
