"""Recovery study: what the engine finds again of a world whose truth is known."""
