"""Which weights go: pure functions on tensors."""
