"""The synthetic world against what is published, preset by preset."""
