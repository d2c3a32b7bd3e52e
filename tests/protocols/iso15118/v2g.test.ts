import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { v2gCommand } from "../../../src/cli/v2g.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-v2g-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What the command prints, and its exit code. */
async function v2g(...args: readonly string[]): Promise<{ text: string; exitCode: unknown }> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const program = new Command("islet").exitOverride().configureOutput({ writeErr: () => undefined });
  v2gCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["v2g", ...args], { from: "user" });
  return { text, exitCode: process.exitCode };
}

const setup = "80980011d00000";
const frame = `01fe800100000007${setup}`;

describe("islet v2g", () => {
  test("shows a pasted message, however it is spaced", async () => {
    const expected =
      "── iso2 (7 bytes)\nV2G_Message\n  Header\n    SessionID  (empty)\n  Body\n    SessionSetupReq\n      EVCCID  (empty)\n";
    for (const args of [[setup], ["80 98 00 11 d0 00 00"], ["80:98:00:11", "d0:00:00"], ["0x80980011D00000"]]) {
      expect(await v2g(...args), args.join(" ")).toEqual({ text: expected, exitCode: undefined });
    }
  });

  test.each([
    ["a file of digits", () => file("digits.txt", `${frame.slice(0, 9)}\n${frame.slice(9)}\n`)],
    ["a file of bytes", () => file("bytes.bin", Buffer.from(frame, "hex"))],
    [
      "a capture with the frame in a packet",
      () => file("capture.pcap", Buffer.from(`d4c3b2a1020004000000${frame}ff`, "hex")),
    ],
  ])("reads %s", async (_, path) => {
    const { text } = await v2g(path());
    expect(text).toMatch(/^── iso2: handshake, DIN SPEC 70121 or ISO 15118-2 \(at byte \d+, 7 bytes\)\nV2G_Message\n/);
  });

  test("prints JSON and XML", async () => {
    const { text: json } = await v2g(frame + frame, "--json");
    const lines = json
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      {
        offset: 8,
        bytes: 7,
        payloadType: 0x8001,
        schemaSet: "iso2",
        message: { V2G_Message: { Header: { SessionID: "" } } },
      },
      { offset: 23 },
    ]);
    const { text: xml } = await v2g(setup, "--xml");
    expect(xml).toMatch(/^<v2gci_d:V2G_Message xmlns:v2gci_d="urn:iso:15118:2:2013:MsgDef"/);
  });

  test("points at the wrong byte and exits with 1", async () => {
    const { text, exitCode } = await v2g("80980011d0ff00");
    expect(exitCode).toBe(1);
    expect(text).toContain("length: length 63, at most 6 in V2G_Message/Body/SessionSetupReq/EVCCID at bit 38");
    expect(text).toContain("0000  80 98 00 11 d0 ff 00\n                  ^^ byte 4, bit 6 of 11010000");
  });

  test("keeps to the set that it is told", async () => {
    expect((await v2g(setup, "--set", "din")).text).toMatch(/^── din /);
    await expect(v2g(setup, "--set", "iso3")).rejects.toThrow(/It is one of sap, din/);
  });

  test("shows frames that hold no EXI as they are", async () => {
    expect((await v2g("01fe9000000000021000")).text).toBe("── discovery request (at byte 8, 2 bytes)\n1000\n");
  });

  test("says what it cannot take", async () => {
    await expect(v2g("no-such-file.pcap")).rejects.toThrow(/neither a file nor hexadecimal digits/);
  });
});
