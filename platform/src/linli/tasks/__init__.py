"""Background work: rows in the database are the truth, whatever rings the bell."""
