"""A synthetic registry drawn from one written hazard, so that its truth is known."""
