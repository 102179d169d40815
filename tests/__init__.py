"""Tests; each folder mirrors a room of jdm_stats."""
