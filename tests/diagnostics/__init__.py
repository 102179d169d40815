"""Second opinions on data and results, by hand and on simulated children."""
