"""From labelled pictures of several sources to one training set."""
