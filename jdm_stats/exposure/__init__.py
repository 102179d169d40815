"""Who was exposed to what, and when: measures, interval tables, landmark rows."""
