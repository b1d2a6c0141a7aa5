/* Samples are stored with 128 added, so that all activations are unsigned. */
static uint8_t stored_sample(int32_t deviation, uint32_t factor)
{
    int32_t value = (int32_t)(((int64_t)deviation * factor + ((int64_t)1 << @WINDOW_HALF_SHIFT@)) >> @WINDOW_SHIFT@);
    value = value > 127 ? 127 : value;
    return (uint8_t)((value < -127 ? -127 : value) + 128);
}
