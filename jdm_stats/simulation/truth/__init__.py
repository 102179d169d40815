"""What is true in a world: risks under strategies, their contrast, each child's hazard."""
