"""Work that keeps the house sound by itself: anchoring and verifying the audit chains."""
