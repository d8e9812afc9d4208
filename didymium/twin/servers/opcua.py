"""A site's line PLCs behind one OPC UA server with two doors: a secured one and an anonymous one for tests.

The secured door wants Basic256Sha256 Sign & Encrypt and a user name with password; the test door, one port above,
takes anonymous sessions without security. Both show the same address space. One process stands for all line PLCs: a
client opens one session per PLC.
"""

from __future__ import annotations

import hmac
import logging
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.crypto import security_policies
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.binary_server_asyncio import BinaryServer
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.user_managers import UserManager

from didymium.model.plant import Complex, Site
from didymium.twin.servers.certificate import certificate_files
from didymium.twin.servers.moment import Moment
from didymium.twin.servers.opcua_subscription import PlantSubscriptions
from didymium.twin.servers.opcua_variables import NAMESPACE_URI, PlantVariables

log = logging.getLogger(__name__)

APPLICATION_URI: Final = "urn:didymium:twin"
OPCUA_PORT: Final = 4840


class PlantUsers(UserManager):
    """One user. Nameless sessions reach this only through the test door."""

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> Any:
        if username is None:
            return User(role=UserRole.User)
        known = hmac.compare_digest(username.encode(), self._name.encode())
        right = hmac.compare_digest(_text(password).encode(), self._password.encode())
        return User(role=UserRole.User, name=username) if known and right else None


class PlantSession(InternalSession):
    """A client's session, which remembers the door that it came through."""

    _door_port = 0

    async def create_session(self, params: Any, sockname: tuple[str, int] | None = None) -> Any:
        self._door_port = sockname[1] if sockname else 0
        return await super().create_session(params, sockname)

    def activate_session(self, params: Any, peer_certificate: bytes | None) -> Any:
        if self._door_port != self.iserver.test_port:
            # A channel without security is open for discovery on every door, but not for a session.
            if peer_certificate is None:
                raise ServiceError(ua.StatusCodes.BadSecurityModeRejected)
            if not isinstance(params.UserIdentityToken, ua.UserNameIdentityToken):
                raise ServiceError(ua.StatusCodes.BadIdentityTokenRejected)
        return super().activate_session(params, peer_certificate)


class PlantServer(InternalServer):
    """asyncua's inner server with our subscriptions; each door offers its own endpoint only."""

    def __init__(self, variables: PlantVariables, users: PlantUsers, test_port: int) -> None:
        super().__init__(user_manager=users)
        self.subscription_service = PlantSubscriptions(variables, self.aspace, iserver=self)
        self.isession.subscription_service = self.subscription_service
        self.test_port = test_port

    def create_session(self, name: str, user: Any = None, external: bool = False) -> InternalSession:
        role = user or User(role=UserRole.Anonymous)
        return PlantSession(self, self.aspace, self.subscription_service, name, user=role, external=external)

    async def get_endpoints(self, params: Any = None, sockname: tuple[str, int] | None = None) -> list[Any]:
        offered = await super().get_endpoints(params, sockname)
        if sockname is None:
            return offered
        open_door = sockname[1] == self.test_port
        return [e for e in offered if (e.SecurityMode == ua.MessageSecurityMode.None_) == open_door]


class OpcUaServer:
    """The server of one site. ``start``, then ``take`` each second; ``stop`` closes all sessions."""

    def __init__(self, plant: Complex, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        options = site.connection.options
        address = urlsplit(site.connection.endpoint)
        self._address = address.hostname or "127.0.0.1", address.port or OPCUA_PORT
        self._variables = PlantVariables(plant, site)
        users = PlantUsers(str(options.get("user", "")), str(options.get("password", "")))
        self._inner = PlantServer(self._variables, users, self._address[1] + 1)
        self._server = Server(iserver=self._inner)
        self._test_door: BinaryServer | None = None

    async def start(self) -> None:
        """Make the certificate if there is none, build the address space, open both doors."""
        server = self._server
        await server.init()
        server.set_endpoint(self._site.connection.endpoint)
        server.set_server_name(f"Didymium twin {self._site.id}")
        server.product_uri = APPLICATION_URI
        await server.set_application_uri(APPLICATION_URI)
        files = certificate_files(self._folder, APPLICATION_URI)
        await server.load_certificate(files.certificate)
        await server.load_private_key(files.key)
        server.set_identity_tokens([ua.UserNameIdentityToken])
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        await server.register_namespace(NAMESPACE_URI)
        await self._variables.build(server.nodes.objects, self._inner.aspace)
        await server.start()
        await self._open_test_door()

    async def _open_test_door(self) -> None:
        host, port = self._address[0], self._inner.test_port
        endpoint = ua.EndpointDescription(
            EndpointUrl=f"opc.tcp://{host}:{port}",
            Server=self._inner.endpoints[0].Server,
            ServerCertificate=self._inner.endpoints[0].ServerCertificate,
            SecurityMode=ua.MessageSecurityMode.None_,
            SecurityPolicyUri=security_policies.SecurityPolicyNone.URI,
            UserIdentityTokens=[ua.UserTokenPolicy(PolicyId="anonymous", TokenType=ua.UserTokenType.Anonymous)],
            TransportProfileUri=self._inner.endpoints[0].TransportProfileUri,
        )
        self._inner.add_endpoint(endpoint)
        self._inner.supported_tokens = (ua.UserNameIdentityToken, ua.AnonymousIdentityToken)
        door = BinaryServer(self._inner, host, port, self._server.limits)
        policy = security_policies.SecurityPolicyFactory(
            security_policies.SecurityPolicyNone,
            ua.MessageSecurityMode.None_,
            permission_ruleset=SimpleRoleRuleset(),
        )
        door.set_policies([policy])
        await door.start()
        self._test_door = door

    def take(self, moment: Moment) -> None:
        """Show the second to readers and queue its changes for subscribers."""
        before = self._variables.take(moment)
        self._inner.subscription_service.take(moment, before or moment)

    async def cut(self) -> None:
        """Close both doors on whoever is inside; sessions with subscriptions wait for their clients (Part 4, §6.7)."""
        for door in self._doors():
            await door.stop()

    async def mend(self) -> None:
        for door in self._doors():
            await door.start()

    def _doors(self) -> list[BinaryServer]:
        return [door for door in (self._server.bserver, self._test_door) if door is not None]

    async def stop(self) -> None:
        if self._test_door is not None:
            await self._test_door.stop()
        await self._server.stop()


def _text(password: str | bytes | None) -> str:
    return password.decode() if isinstance(password, bytes) else password or ""
