/** Discovery on a link: the addresses that it tells, and what it needs. Over UDP it is tried by hand, in a network namespace. */
import { describe, expect, it } from "vitest";
import {
  answerDiscovery,
  askDiscovery,
  readDiscovery,
} from "../../../../src/protocols/iso15118/transport/discovery.ts";
import {
  bytesOfAddress,
  isFromLink,
  startDiscovery,
} from "../../../../src/protocols/iso15118/transport/discovery-server.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("an address in words as its sixteen bytes", () => {
  it.each([
    ["fe80::1", "fe800000000000000000000000000001"],
    ["fe80::8084:dbff:fe8b:3b51%eth1", "fe800000000000008084dbfffe8b3b51"],
    ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006"],
    ["::1", "00000000000000000000000000000001"],
    ["fe80::", "fe800000000000000000000000000000"],
  ])("%s", (address, bytes) => expect(hex(bytesOfAddress(address))).toBe(bytes));
});

it("an interface without a link-local address is refused by name", async () => {
  const ports = { tlsPort: undefined, tcpPort: 50_000 };
  const options = { interfaceName: "no-such-link", ports, onError: () => undefined };
  await expect(startDiscovery(options)).rejects.toThrow(/no-such-link has no IPv6 link-local address/);
});

it.each([
  ["fe80::1%eth1", "eth1", true],
  ["fe80::1%eth11", "eth1", false],
  ["fe80::1%eth2", "eth1", false],
  ["fe80::1", "eth1", false],
])("a question from %s is %s's: %s", (from, name, own) => {
  expect(isFromLink(from, name)).toBe(own);
});

it("a vehicle's question and the charger's answer fit", () => {
  const listening = { address: bytesOfAddress("fe80::1"), tlsPort: undefined, tcpPort: 50_123 };
  expect(readDiscovery(answerDiscovery(askDiscovery(true), listening)!)).toEqual({ port: 50_123, secure: false });
});
