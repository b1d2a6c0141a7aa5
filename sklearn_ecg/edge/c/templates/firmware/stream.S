    .section .rodata.stream, "a"
    .balign 4
    .global stream_samples, stream_events, stream_episodes, stream_told
stream_events:
    .incbin "events.bin"
stream_episodes:
    .incbin "episodes.bin"
stream_told:
    .incbin "told.bin"
    .balign 4
stream_samples:
    .incbin "samples.bin"
