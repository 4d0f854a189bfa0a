"""Where the mirror and the market differ: counts say where to look, only ids say what is wrong."""
