"""Who instructs people in each compound, and what was done to make sorting known."""
