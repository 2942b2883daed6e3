"""Helpers that have nothing to do with tensors."""
