"""Formula and intervals in, frozen fit out; knows nothing of how exposure was made."""
