"""The first pages of the portals, what each can be narrowed to, and the resident portal as an app."""

from linli.portals.portal import home, installing, narrowing, quick, sharing, today

admin = [*today.pages, *narrowing.admin_pages, *quick.pages]
resident = [*home.pages, *narrowing.resident_pages, *installing.resident_pages, *sharing.pages]
public = [*installing.public_pages]
