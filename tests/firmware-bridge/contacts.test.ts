/**
 * The position of K1 as the process image gets it, asserted in the image and not in the plant: both auxiliary contacts, in
 * transit, the synchronism check, the relays. From our own model, and from single bits of a map file, active high and low.
 */
import { describe, expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import { parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import { createTransferDeviceFace } from "../../sim/peers/register-faces-site.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";
import { FakeTransferDevice } from "./fake-plant.ts";
import { MemoryLink } from "./memory-link.ts";
import { registerBank } from "./register-bank.ts";

const clock = (): number => performance.now();
const base = { nominalVoltageV: 480, phases: "three", stages: [] } as const;
const link = { kind: "tcp", host: "127.0.0.1", port: 502 } as const;

describe("K1 with our own model", () => {
  const device = new FakeTransferDevice();
  const { face } = createTransferDeviceFace(device, { clock });
  const bridge = createBridge(
    { ...base, transferDevice: { name: "K1", link, unit: 1 } },
    () => new MemoryLink(new Map([[1, face]]), clock),
  );
  const snapshot = createSnapshot(0, 0);
  const seen = async (): Promise<Snapshot["transferDevice"]> => {
    await bridge.discover({ verify: false });
    await bridge.readAll(snapshot, clock() + 100);
    return snapshot.transferDevice;
  };

  const positions = [
    ["open", "open"],
    ["closed", "closed"],
    ["open", "closed"],
    ["closed", "open"],
  ] as const;
  for (const [no, nc] of positions) {
    test(`NO ${no}, NC ${nc} → the image says so`, async () => {
      Object.assign(device, { contactNo: no, contactNc: nc });
      expect(await seen()).toMatchObject({ contactNo: no, contactNc: nc });
    });
  }

  for (const code of [2, 3, 0xffff]) {
    test(`a contact that reads ${code} (in transit, not implemented) → unknown, not open`, async () => {
      Object.assign(device, { contactNo: "open", contactNc: "open" });
      face.live(64_902, "ContNo", () => (code === 0xffff ? Number.NaN : code));
      face.live(64_902, "ContNc", () => (code === 0xffff ? Number.NaN : code));
      expect(await seen()).toMatchObject({ contactNo: "unknown", contactNc: "unknown" });
    });
  }

  test("the synchronism check's word → as it stands", async () => {
    for (const syncRelay of [true, false, true]) {
      device.syncRelay = syncRelay;
      expect((await seen()).syncRelay).toBe(syncRelay);
    }
  });
});

/** Register 0: bits 1 and 2 the contacts, 3 the synchronism check, 4 a tripped relay, 5 the upstream breaker. */
const mapOf = (no: string, nc: string): string => `
device: transfer-device
facts:
  contactNo: { address: 0, type: bitfield16, bit: 1, codes: ${no} }
  contactNc: { address: 0, type: bitfield16, bit: 2, codes: ${nc} }
  syncRelay: { address: 0, type: bitfield16, bit: 3 }
  relayTripped: { address: 0, type: bitfield16, bit: 4 }
  upstreamClosed: { address: 0, type: bitfield16, bit: 5 }
  gridVoltagePu: { address: 1, type: uint16, scale: 0.01 }
  busVoltagePu: { address: 2, type: uint16, scale: 0.01 }
  gridFrequencyHz: { address: 3, type: uint16 }
  closeSequence: { address: 4, type: uint16 }
commands:
  command: { address: 16, type: uint16, request: a, codes: { none: 0, open: 1, close: 2 }, onSilence: stays }
  closeSequence: { address: 17, type: uint16, request: a, onSilence: stays }
`;
const high = "{ open: 0, closed: 1 }";
const low = "{ open: 1, closed: 0 }";

describe("K1 by single bits of a map file", () => {
  const seen = async (no: string, nc: string, word: number): Promise<Snapshot["transferDevice"]> => {
    const parsed = parseMapFile(mapOf(no, nc), "k1.yaml");
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const bank = registerBank();
    bank.holding.set([word, 100, 0, 60, 7], 0);
    const bridge = createBridge(
      { ...base, transferDevice: { name: "K1", link, unit: 1, map: parsed.value } },
      () => new MemoryLink(new Map([[1, bank]]), clock),
    );
    const snapshot = createSnapshot(0, 0);
    await bridge.discover({ verify: false });
    await bridge.readAll(snapshot, clock() + 100);
    return snapshot.transferDevice;
  };
  const word = (no: number, nc: number, more = 0): number => (no << 1) | (nc << 2) | more;

  for (const [noLow, ncLow] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) {
    for (const [noBit, ncBit] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const position = (isLow: boolean | undefined, bit: number): string => ((bit === 1) !== isLow ? "closed" : "open");
      const wanted = { contactNo: position(noLow, noBit), contactNc: position(ncLow, ncBit) };
      const names = `NO active ${noLow ? "low" : "high"} ${noBit}, NC active ${ncLow ? "low" : "high"} ${ncBit}`;
      test(`${names} → ${wanted.contactNo}, ${wanted.contactNc}`, async () => {
        const found = await seen(noLow ? low : high, ncLow ? low : high, word(noBit, ncBit));
        expect(found).toMatchObject(wanted);
      });
    }
  }

  test("a tripped relay and an open upstream breaker → seen, and gone when they are", async () => {
    expect(await seen(high, high, word(1, 1, 0b01_1000))).toMatchObject({
      relayTripped: true,
      upstreamClosed: false,
      syncRelay: true,
    });
    expect(await seen(high, high, word(1, 1, 0b10_0000))).toMatchObject({
      relayTripped: false,
      upstreamClosed: true,
      syncRelay: false,
    });
  });
});
