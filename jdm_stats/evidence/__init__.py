"""What is published: each figure with its source, its grade and how much was read."""
