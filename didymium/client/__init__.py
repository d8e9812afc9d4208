"""A program's way to the centre: history, the present and live changes, with Python's own library and pyarrow alone.

>>> from didymium.client import connect
>>> complex = connect("http://127.0.0.1:8600")
>>> complex.raw("S03.PL5.CELL041.VOLT_PV", "-1h").to_pandas()
"""

from didymium.client.complex import Complex
from didymium.client.errors import BadMoment, CentreNotReached, ClientError, RefusedByCentre
from didymium.client.following import Following, Missed, Told

__all__ = [
    "BadMoment",
    "CentreNotReached",
    "ClientError",
    "Complex",
    "Following",
    "Missed",
    "RefusedByCentre",
    "Told",
    "connect",
]


def connect(address: str = "http://127.0.0.1:8600") -> Complex:
    """The complex whose centre answers at the address; nothing is asked before the first question."""
    return Complex(address)
