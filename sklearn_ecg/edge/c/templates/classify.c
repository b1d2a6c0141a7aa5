int @name@_classify(const int16_t *window, @RR_PARAMETER@uint8_t *scratch,
    int32_t *logits)
{
    cell *const even = @EVEN@;
    cell *const odd = even + @EVEN_CELLS@;
    cell *row = fill(even, @INPUT_HALO@, @SAMPLE_OFFSET@);
    for (uint32_t channel = 0; channel < @NAME@_N_CHANNELS; ++channel) {
        scale_window(window + channel * N_SAMPLES, row);
        row = fill(row + N_SAMPLES, @INPUT_PADDING@, @SAMPLE_OFFSET@);
    }
@STEPS@
}
