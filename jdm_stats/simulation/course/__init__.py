"""The course of children's lives, day by day: severity, treatment, the gut, readings."""
