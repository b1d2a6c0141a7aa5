static uint8_t stored_feature(uint32_t value, int32_t low, uint32_t multiplier)
{
    const int32_t above = (int32_t)value - low;
    const uint32_t scaled = above < 0 ? 0 : ((uint32_t)above * multiplier + 0x8000u) >> 16;
    return (uint8_t)(scaled > 255 ? 255 : scaled);
}

/* Rhythm features, from 0 to 255. */
static void rhythm_features(const @name@_rr *rr, uint8_t *out)
{
    const uint32_t local =
        known_interval(rr->rr_local, known_interval(rr->rr_prev, 1000));
@RHYTHM_FEATURES@
}
