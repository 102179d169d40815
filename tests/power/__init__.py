"""Study size: by hand, against R and drawn registries, and what must always hold."""
