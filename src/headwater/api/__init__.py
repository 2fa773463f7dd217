"""The HTTP face: Segment's wire format, the admin API, Segment's Profile API."""
