    .section .rodata.beats, "a"
    .balign 4
    .global beat_windows, beat_logits, beat_intervals
beat_logits:
    .incbin "logits.bin"
    .balign 4
beat_windows:
    .incbin "windows.bin"
    .balign 4
beat_intervals:
    .incbin "intervals.bin"
