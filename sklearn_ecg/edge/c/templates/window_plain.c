/* Turns counts into steps of the network. */
static void scale_window(const int16_t *window, cell *row)
{
    for (uint32_t i = 0; i < N_SAMPLES; ++i) {
        row[i] = stored_sample(window[i], @WINDOW_FACTOR@u);
    }
}
