"""Configuration, model, checkpoints, encoding: all that touches transformers' internals."""
