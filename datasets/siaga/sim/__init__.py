"""The simulated site: pictures of a building site of our own, with the truth attached."""
