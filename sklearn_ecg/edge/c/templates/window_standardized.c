/* The root of a number, rounded down. */
static uint32_t square_root(uint32_t number)
{
    uint32_t root = 0;
    for (uint32_t bit = 0x8000u; bit > 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= number) {
            root |= bit;
        }
    }
    return root;
}

/*
 * The factor that turns N_SAMPLES times a sample's distance from the mean into steps of
 * the network, as a fraction of 2^@WINDOW_SHIFT@; 0 for a flat window, one that deviates by less than
 * half a count. spread is N_SAMPLES^2 times the variance.
 */
static uint32_t window_factor(uint64_t spread)
{
    int32_t places = @WINDOW_PLACES@;
    if (4 * spread < (uint64_t)N_SAMPLES * N_SAMPLES) {
        return 0;
    }
    while (spread > UINT32_MAX) {
        spread >>= 2;
        --places;
    }
    while (spread < (1u << 30)) {
        spread <<= 2;
        ++places;
    }
    const uint32_t inverse = @WINDOW_NUMERATOR@u / square_root((uint32_t)spread);
    return places < 0 ? inverse >> -places : inverse << places;
}

/* Gives a window mean 0 and standard deviation 1, in steps of the network. */
static void scale_window(const int16_t *window, cell *row)
{
    int32_t total = 0;
    uint64_t squares = 0;
    for (uint32_t i = 0; i < N_SAMPLES; ++i) {
        total += window[i];
        squares += (uint32_t)(window[i] * window[i]);
    }
    const uint32_t factor =
        window_factor(N_SAMPLES * squares - (uint64_t)((int64_t)total * total));
    for (uint32_t i = 0; i < N_SAMPLES; ++i) {
        row[i] = stored_sample(N_SAMPLES * window[i] - total, factor);
    }
}
