"""Doors: whatever a registry exports, read as text without guessing."""
