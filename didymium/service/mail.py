"""Sends by mail (RFC 5321, RFC 5322)."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from didymium.service.message import Message, Unsent
from didymium.service.targets import SmtpTarget


class Mailbox:
    """One mail server and the people that it brings mail to."""

    takes_files = True

    def __init__(self, target: SmtpTarget, password: str) -> None:
        self._target, self._password = target, password
        self._tls = ssl.create_default_context()

    async def send(self, message: Message, now_us: int) -> None:
        """Hand it to the server, which has it for every recipient then. Raises ``Unsent``."""
        target = self._target
        try:
            refused, _ = await aiosmtplib.send(
                mail_of(message, target, now_us),
                hostname=target.host,
                port=target.port,
                username=target.user or None,
                password=self._password or None,
                use_tls=target.tls == "tls",
                start_tls=target.tls == "starttls",
                tls_context=None if target.tls == "none" else self._tls,
                timeout=None,  # the limit of the whole is the sender's
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            words = "; ".join(f"{each.recipient}: {each.code} {each.message}" for each in error.recipients)
            raise Unsent(f"{target.host}: {words}", lasting=min(codes) >= 500) from error
        except aiosmtplib.SMTPResponseException as error:
            # A login that fails is mended at the server or in our environment, and the mail still wanted then.
            lasting = error.code >= 500 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
            raise Unsent(f"{target.host}: {error.code} {error.message}", lasting=lasting) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unsent(f"{target.host}:{target.port}: {error}") from error
        if refused:
            words = "; ".join(f"{address}: {answer.code} {answer.message}" for address, answer in refused.items())
            raise Unsent(f"{target.host} took it, but not for {words}", lasting=True)


def mail_of(message: Message, target: SmtpTarget, now_us: int) -> EmailMessage:
    """The mail; its Message-ID follows from the key, so that a server or reader can see that it came twice."""
    mail = EmailMessage()
    domain = target.sender.rpartition("@")[2]
    mail["From"], mail["To"] = target.sender, ", ".join(target.to)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us))
    mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["X-Didymium-Key"] = message.key
    mail.set_content(message.text)
    for each in message.attachments:
        main, _, sub = each.media_type.partition("/")
        mail.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return mail
