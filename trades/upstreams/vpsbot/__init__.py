"""VPSBot Market: the Trades API and the Sell API."""
