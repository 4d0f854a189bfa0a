"""Steam: trade offers and public inventories."""
