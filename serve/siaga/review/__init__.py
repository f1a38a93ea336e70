"""What people make of events: verdicts, comments, corrected boxes, corrective actions, reports by hand."""
