/** A modem's daemon on a local socket: what it says counts while it lives, and nothing counts otherwise. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createModem, type Modem, type ModemNews } from "../../src/app/vehicle-sessions/modem.ts";

let folder: string;
let path: string;
let daemon: Server;
let peers: Socket[];
let heard: string;
let modem: Modem;
let news: ModemNews[];
let nowMs: number;

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 2_000 && !holds(); i++) {
    modem.tick(nowMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(holds()).toBe(true);
};
const listen = (): Promise<void> =>
  new Promise((resolve) => {
    daemon = createServer((socket) => {
      peers.push(socket);
      socket.on("data", (bytes) => {
        heard += bytes;
      });
      socket.on("error", () => undefined);
    }).listen(path, resolve);
  });
const says = (line: unknown): void =>
  void peers.at(-1)!.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
const state = (is: string, more: object = {}) => ({ type: "state", state: is, ...more });
async function greeted(): Promise<void> {
  await until(() => peers.length > 0);
  says({ type: "hello", version: 1, modem: "fake" });
  await until(() => modem.goneWhy === "");
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "islet-modem-"));
  path = join(folder, "slac.sock");
  peers = [];
  heard = "";
  news = [];
  nowMs = 0;
  await listen();
  modem = createModem({ path, now: () => nowMs, onNews: (one) => news.push(one) });
});
afterEach(async () => {
  modem.close();
  for (const peer of peers) peer.destroy();
  await new Promise((resolve) => daemon.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

it("matched, lost with its reason, matched again; the pilot is told once for each change", async () => {
  expect(modem.goneWhy).toBe("the modem's daemon has not been reached yet");
  await greeted();
  expect(modem.unmatchedWhy).toBe("the modem has not matched with a vehicle");
  for (let i = 0; i < 3; i++) modem.tell("B", false);
  modem.tell("B", true);
  await until(() => heard.split("\n").length === 3);
  expect(heard).toBe('{"type":"pilot","state":"B","paused":false}\n{"type":"pilot","state":"B","paused":true}\n');
  says(state("matching"));
  says(state("matched", { vehicleMac: "00:01:87:0a:0b:0c" }));
  await until(() => modem.unmatchedWhy === "");
  says(state("lost", { reason: "no answer to the link status" }));
  await until(() => modem.unmatchedWhy !== "");
  says(state("matched"));
  await until(() => modem.unmatchedWhy === "");
  expect(news).toEqual([
    { news: "matched", why: "00:01:87:0a:0b:0c" },
    { news: "lost", why: "the modem has lost the vehicle: no answer to the link status" },
    { news: "matched", why: "" },
  ]);
});

it("not matched, with a reason, is told once however often it is said", async () => {
  await greeted();
  for (let i = 0; i < 5; i++) says(state("failed", { reason: "attenuation of 48 dB" }));
  says(state("matching"));
  await until(() => news.length > 0 && modem.unmatchedWhy === "the modem has not matched with a vehicle");
  expect(news).toEqual([{ news: "failed", why: "the modem has not matched with a vehicle: attenuation of 48 dB" }]);
});

it.each([
  ["it closes", () => peers.at(-1)!.destroy(), /has closed the connection/],
  ["it falls silent", () => void (nowMs += 5_001), /has been silent for 5 s/],
  ["a line without an end", () => says("x".repeat(5_000)), /a line of more than 4096 characters/],
  ["lines that are no message", () => says("{\n".repeat(20)), /11 lines that are no message/],
  ["another version", () => says({ type: "hello", version: 2 }), /speaks version 2 of the protocol, and 1 is expected/],
])("%s → gone, no match is left, and it is tried again", async (_, does, why) => {
  await greeted();
  says(state("matched"));
  await until(() => modem.unmatchedWhy === "");
  does();
  await until(() => why.test(modem.goneWhy));
  expect(modem.unmatchedWhy).not.toBe("");
  expect(news.at(-1)).toMatchObject({ news: "gone", why: expect.stringContaining(path) });
  const before = peers.length;
  nowMs += 1_000;
  await until(() => peers.length === before + 1);
  says({ type: "hello", version: 1 });
  await until(() => modem.goneWhy === "");
  expect(news.filter((one) => one.news === "back")).toHaveLength(1);
});

it("a match that is told before the hello does not count", async () => {
  await until(() => peers.length > 0);
  says(state("matched"));
  await until(() => /has not said hello first/.test(modem.goneWhy));
});
