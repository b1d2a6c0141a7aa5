int @name@_classify(const int16_t *window, @RR_PARAMETER@uint8_t *scratch,
    int32_t *logits)
{
    uint8_t *const even = scratch;
    uint8_t *const odd = scratch + @EVEN_BYTES@;
    uint8_t *row = fill(even, @INPUT_HALO@, 128);
    for (uint32_t channel = 0; channel < @NAME@_N_CHANNELS; ++channel) {
        scale_window(window + channel * N_SAMPLES, row);
        row = fill(row + N_SAMPLES, @INPUT_PADDING@, 128);
    }
@STEPS@
}
