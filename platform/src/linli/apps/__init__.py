"""Programs of outside parties: what a street lets them do, what they are told, and what they may show."""
