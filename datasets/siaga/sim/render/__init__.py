"""From a scenario to pictures with masks: a plate once, then what moves; resumable, by many processes."""
