"""Requests that this house sends to addresses that others chose: only outside, only so long, only so much."""

from linli.outward.addresses import Address, Outward, Refused, read_address
from linli.outward.requests import Answer, Unanswered, post

__all__ = ["Address", "Answer", "Outward", "Refused", "Unanswered", "post", "read_address"]
