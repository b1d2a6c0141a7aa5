/*
 * Writes a value n times; returns the end of what was written. Volatile, because
 * compilers would call memset for these few bytes.
 */
static uint8_t *fill(uint8_t *out, uint32_t n, uint8_t value)
{
    uint8_t *const end = out + n;
    while (out != end) {
        *(volatile uint8_t *)out = value;
        ++out;
    }
    return end;
}
