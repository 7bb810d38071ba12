"""Who takes the waste away, what was taken when, and the ledger 台账 that the law asks for."""
