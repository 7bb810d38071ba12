"""The record of acts on pages: what was done, and the proof that nothing was done to the record."""

from linli.audit.portal import proof, records

console = [*records.pages, *proof.pages]
admin = records.pages
