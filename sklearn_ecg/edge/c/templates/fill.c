/*
 * Writes a value n times; returns the end of what was written. Volatile, because
 * compilers would call memset for these few cells.
 */
static cell *fill(cell *out, uint32_t n, cell value)
{
    cell *const end = out + n;
    while (out != end) {
        *(volatile cell *)out = value;
        ++out;
    }
    return end;
}
