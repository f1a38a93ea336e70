"""What an exported model file is worth on labelled pictures, and the thresholds it should run at."""
