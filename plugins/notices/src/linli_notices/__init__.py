"""公告公示: announcements and public postings."""
