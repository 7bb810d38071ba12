"""The names of the permissions that this domain asks for."""

#: See the rules of the street and its compounds, their sources and history, and what decisions were made under.
READ = "core.rule.read"
#: Choose a value for the street or a compound in place of a wider one, and take it back.
OVERRIDE = "core.rule.override"
