"""Pages on which all owners' contributions come together: numbers, search, disclosures, checks of health.

One contribution that breaks costs its own place on the page and nothing else.
"""
