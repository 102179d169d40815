"""The truth of the synthetic world comes back out of a Cox fit that holds all of it."""
