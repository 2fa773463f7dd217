"""Files of events, read row by row and sent once each: `headwater import`."""
