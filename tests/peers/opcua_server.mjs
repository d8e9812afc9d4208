// A node-opcua server: one variable of every scalar type, and commands that misbehave as PLCs do.
//
//   node opcua_server.mjs --port 4840 --folder /tmp/x [--user u --password p]
//
// Nodes are ns=1;s=PL1.TEST.<name>: BOOLEAN, SBYTE, … DATETIME, BAD (always bad) and COUNT, below folder PL1, object TEST.
// Commands: {"do":"set","name":"DOUBLE","value":1.5,"type"?:"String","status"?:"BadSensorFailure","time_ms"?:...}
//           {"do":"tick","period_ms":100,"ahead_ms"?:86400000}  counts 1, 2, 3 … on COUNT, source time shifted; 0 stops
//           {"do":"remove","name":"DOUBLE"}  {"do":"sessions"}  {"do":"drop"}  {"do":"die"}
// A value "NaN", "Infinity" or "-Infinity" stands for the number, JSON has none. A type other than the node's own
// changes the node's data type too, as when a PLC program was loaded anew.

import { createRequire } from "node:module";
import { obey, options, say } from "./commands.mjs";

const require = createRequire(import.meta.url);
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = require("node-opcua-secure-channel");
const { OPCUAServer } = require("node-opcua-server");
const { StatusCodes } = require("node-opcua-status-code");
const { DataType, Variant, VariantArrayType } = require("node-opcua-variant");

const { port, folder, user, password } = options({ port: "0", folder: ".", user: "", password: "" });

const FIRST = {
  Boolean: true,
  SByte: -8,
  Byte: 8,
  Int16: -16,
  UInt16: 16,
  Int32: -32,
  UInt32: 32,
  Int64: [0, 64],
  UInt64: [0, 64],
  Float: 1.5,
  Double: 2.5,
  String: "text",
  DateTime: new Date(0),
};

const server = new OPCUAServer({
  port: Number(port),
  hostname: "127.0.0.1",
  host: "127.0.0.1",
  serverInfo: { applicationUri: "urn:didymium:peer", productUri: "peer" },
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
  allowAnonymous: user === "",
  userManager: { isValidUser: (name, word) => name === user && word === password },
  serverCertificateManager: new OPCUACertificateManager({
    rootFolder: `${folder}/pki`,
    automaticallyAcceptUnknownCertificate: true,
  }),
});
await server.initialize();

const namespace = server.engine.addressSpace.getOwnNamespace();
const line = namespace.addFolder(server.engine.addressSpace.rootFolder.objects, { browseName: "PL1", nodeId: "s=PL1" });
const unit = namespace.addObject({ componentOf: line, browseName: "TEST", nodeId: "s=PL1.TEST" });

const variant = (type, value) => {
  const numbers = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY };
  const meant = type !== "String" && value in numbers ? numbers[value] : value;
  return new Variant({ dataType: DataType[type], arrayType: VariantArrayType.Scalar, value: type === "DateTime" ? new Date(meant) : meant });
};

const held = new Map();
function add(name, type, value, status = "Good") {
  const node = namespace.addVariable({
    componentOf: unit,
    nodeId: `s=PL1.TEST.${name}`,
    browseName: name,
    dataType: type,
    minimumSamplingInterval: 50,
  });
  // node-opcua keeps a variable to its data type; a PLC whose program was changed does not.
  node.verifyVariantCompatibility = () => {};
  node.setValueFromSource(variant(type, value), StatusCodes[status]);
  held.set(name, { node, type });
}
for (const [type, value] of Object.entries(FIRST)) add(type.toUpperCase(), type, value);
add("BAD", "Double", 0, "BadSensorFailure");
add("COUNT", "Double", 0);

let ticking;
await server.start();
say({ ready: true, port: server.endpoints[0].port, endpoint: `opc.tcp://127.0.0.1:${server.endpoints[0].port}` });

await obey({
  set({ name, value, type, status = "Good", time_ms }) {
    const target = held.get(name);
    if (type !== undefined && type !== target.type) {
      target.type = type;
      target.node.dataType = server.engine.addressSpace.resolveNodeId(`i=${DataType[type]}`);
    }
    const source = time_ms === undefined ? new Date() : new Date(time_ms);
    target.node.setValueFromSource(variant(target.type, value), StatusCodes[status], source);
  },
  tick({ period_ms, ahead_ms = 0 }) {
    clearInterval(ticking);
    if (period_ms === 0) return;
    const { node } = held.get("COUNT");
    let count = node.readValue().value.value;
    ticking = setInterval(() => {
      count += 1;
      node.setValueFromSource(variant("Double", count), StatusCodes.Good, new Date(Date.now() + ahead_ms));
    }, period_ms);
  },
  remove({ name }) {
    server.engine.addressSpace.deleteNode(held.get(name).node);
    held.delete(name);
  },
  sessions: () => ({ count: server.engine.currentSessionCount }),
  drop() {
    for (const endpoint of server.endpoints) endpoint.abruptlyInterruptChannels();
  },
  die: () => process.kill(process.pid, "SIGKILL"),
});
