#if @NAME@_MODEL != @MODEL@ || @NAME@_SCRATCH_BYTES != @SCRATCH_BYTES@
#error "@name@.h is of another export than this file"
#endif
