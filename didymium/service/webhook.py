"""Sends to a web address, signed as the Standard Webhooks specification 1.0 says.

Its receivers verify with the libraries of that specification, or by hand: HMAC-SHA256 of ``id.timestamp.body``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from typing import Final

import httpx
import msgspec

from didymium import __version__
from didymium.service.message import Message, Unsent
from didymium.service.targets import WebhookTarget, signing_key

MAY_PASS: Final = (408, 425, 429)
"""Statuses of the 400s that say "not now"."""
SAID: Final = 200
"""Letters of an answer that are kept as the cause."""


class Webhook:
    """One address."""

    takes_files = False

    def __init__(self, target: WebhookTarget, secret: str) -> None:
        self._target, self._key = target, signing_key(secret)
        self._tls = ssl.create_default_context()

    async def send(self, message: Message, now_us: int) -> None:
        """Post it and hear that it was taken. Raises ``Unsent``."""
        facts = {"key": message.key, "subject": message.subject, "text": message.text, **message.facts}
        body = msgspec.json.encode(facts)
        headers = {"Content-Type": "application/json", "User-Agent": f"didymium/{__version__}"}
        headers |= signature(self._key, message.key, now_us // 1_000_000, body)
        try:
            # The limit of the whole is the sender's; redirects are not followed, they would lead the secret astray.
            async with httpx.AsyncClient(verify=self._tls, timeout=None, trust_env=False) as client:
                answer = await client.post(self._target.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unsent(f"{self._target.url}: {str(error) or type(error).__name__}") from error
        if not answer.is_success:
            lasting = 400 <= answer.status_code < 500 and answer.status_code not in MAY_PASS
            said = " ".join(answer.text[:SAID].split())
            raise Unsent(f"{self._target.url} answered {answer.status_code} {said}".strip(), lasting=lasting)


def signature(key: bytes, id_: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers that name, date and sign a body; without a key it is not signed."""
    headers = {"webhook-id": id_, "webhook-timestamp": str(at_s)}
    if key:
        mac = hmac.new(key, f"{id_}.{at_s}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(mac).decode()
    return headers
