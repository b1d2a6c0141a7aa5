"""The networks, in plain PyTorch, and what they cost."""
