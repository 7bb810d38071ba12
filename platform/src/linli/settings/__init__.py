"""Layered, typed settings: default < platform < street < community < compound; what the street locks wins."""
