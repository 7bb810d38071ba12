"""Where waste is brought: stations with their containers and hours."""
