"""The guard over Steam's offers: which of them take items that no market trade explains."""
