"""Recorded events on their way out: an outbox that survives anything, an uploader, MQTT notifications."""
