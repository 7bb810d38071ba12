"""Pure values and functions. Nothing here imports the rest of linli or touches a database, a clock or a network."""
