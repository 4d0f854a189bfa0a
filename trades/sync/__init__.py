"""The engine: records in, rows out.

Fetch, plan (pure), store, note; the network stays outside transactions.
"""
