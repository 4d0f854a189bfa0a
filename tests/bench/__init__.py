"""What ``make bench`` runs: medians of turns in one process, and ratios that travel."""
