"""Reports: notebooks run unattended and handed over as one self-contained page."""
