"""Questions about populations: typed, compiled to SQL, answered as tables."""
