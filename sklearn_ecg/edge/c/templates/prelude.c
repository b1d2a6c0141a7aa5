/* What a layer hands to the next, and samples of a window. */
typedef @CELL@ cell;

typedef char int_has_32_bits[sizeof(int) == 4 ? 1 : -1];

/* Right shifts of negative numbers have to round down, as on every compiler known. */
typedef char right_shift_is_arithmetic[((-1) >> 1) == -1 ? 1 : -1];

/*
 * Weights that aren't 0 come in pairs of bytes: how many cells their input is from that of
 * the weight before, and the weight. A weight of 0 ends the pairs of an output.
 */
typedef struct layer {
    /* Makes pairs of the weights of an output; returns where those of the next are. NULL
       if they are stored as pairs. */
    const int8_t *(*decode)(const struct layer *l, const int8_t *code, int8_t *pairs);
    const int8_t *code;         /* weights, output after output */
    const int16_t *bias;        /* of each output, in units of bias_unit */
    const uint8_t *multiplier;  /* of each output, in units of multiplier_unit: see activation */
    int32_t bias_unit, multiplier_unit;
    uint16_t n_outputs;
    uint16_t n_weights;   /* of an output, zeros included */
    uint16_t kernel_size;
    uint16_t row_step;    /* cells from one input row to the next, less kernel_size */
    uint16_t n_strips;    /* strips in a row of outputs */
    uint16_t length;      /* of a row of outputs, after pooling */
    uint16_t halo;        /* zeros before the first row of outputs */
    uint16_t padding;     /* zeros after each row of outputs */
} layer;
