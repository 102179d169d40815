"""A synthetic cohort written as a hospital exports it, with the mapping that leads back."""
