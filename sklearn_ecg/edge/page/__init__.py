"""A chain in a browser: its C as WebAssembly, in one page that sends nothing."""
