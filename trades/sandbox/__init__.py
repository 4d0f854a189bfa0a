"""Pretend upstreams over one seeded world: the demo, the test bed and the bench.

Standard library alone, and nothing of ours is imported here, so that the sandbox cannot share a
mistake with the clients that are tested against it.
"""
