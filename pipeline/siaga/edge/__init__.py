"""Where the parts meet: the loop, the processes, and who watches whom."""
