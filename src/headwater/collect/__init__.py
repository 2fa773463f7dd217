"""What arrives: Segment's calls, checked, completed and turned into arrivals."""
