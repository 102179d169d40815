"""``python -m jdm_stats`` is the command ``jdm-stats``."""

from jdm_stats.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
