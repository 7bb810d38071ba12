"""The rights of the people whose data is kept: to see, copy, correct and erase it, to consent, and to have it end."""
