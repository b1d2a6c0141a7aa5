"""From a network and windows to trained weights: epochs, then the stages."""
