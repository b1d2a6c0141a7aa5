/* Samples are stored with @SAMPLE_OFFSET@ added. */
static cell stored_sample(int32_t deviation, uint32_t factor)
{
    int32_t value = (int32_t)(((int64_t)deviation * factor + ((int64_t)1 << @WINDOW_HALF_SHIFT@)) >> @WINDOW_SHIFT@);
    value = value > @SAMPLE_MAX@ ? @SAMPLE_MAX@ : value;
    return (cell)((value < -@SAMPLE_MAX@ ? -@SAMPLE_MAX@ : value) + @SAMPLE_OFFSET@);
}
