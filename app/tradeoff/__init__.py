"""The Trade-off page: a whole data set, speed-up against accuracy."""
