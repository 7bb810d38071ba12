"""Who answers for sorting in a compound, and since when."""
