"""The colours that a browser or a picture needs outside the style sheets."""

from __future__ import annotations

#: The brand's colour of each theme on light pages, as `styles/10-tokens.css` has it.
COLOURS = {"teal": "#0f766e", "blue": "#1d5fb8", "green": "#2f7332", "red": "#b3261e", "orange": "#a8490a"}
