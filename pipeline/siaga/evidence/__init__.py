"""Pictures that prove an event: blurred before the first byte is written, stored by their sha256."""
