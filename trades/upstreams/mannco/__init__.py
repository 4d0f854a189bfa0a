"""Mannco.store: what its rows mean to us."""
