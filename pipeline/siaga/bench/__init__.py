"""The event-level score: the whole edge over clips whose ground truth says what should be reported."""
