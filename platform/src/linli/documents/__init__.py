"""Documents to print: templates of the core and the plugins, drawn as PDF without browser, network or system fonts.

Data goes in as JSON and pictures as bytes, never as mark-up: what people typed can draw nothing but letters.
"""

from linli.documents.codes import code_picture
from linli.documents.pictures import fit_picture
from linli.documents.render import render_pdf
from linli.documents.tree import body_tree

__all__ = ["body_tree", "code_picture", "fit_picture", "render_pdf"]
