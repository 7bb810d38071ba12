"""The read door: hot reads and a few hot commands, one round trip each, under the session's scope rules."""

from linli.db.read_door.door import Answer, Asker, DoorBusy, ReadDoor, Who
from linli.db.read_door.query import BoundQuery, ReadQuery

__all__ = ["Answer", "Asker", "BoundQuery", "DoorBusy", "ReadDoor", "ReadQuery", "Who"]
