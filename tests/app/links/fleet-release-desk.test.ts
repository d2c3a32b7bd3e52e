/** What a site does with its fleet's documents of a release, without a fleet, a bundle or a restart. */
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { openReleaseDesk, type ReleasePort } from "../../../src/app/links/fleet/release-desk.ts";
import { isletVersion } from "../../../src/app/version.ts";
import { type Release, releaseSigner } from "../../../src/protocols/fleet/releases.ts";
import { dispatcherKey } from "../../../src/protocols/fleet/signed.ts";

const nowMs = 1_800_000_000_000;
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const pem = { type: "pkcs8", format: "pem" } as const;
const sign = releaseSigner(privateKey.export(pem).toString());
const key = dispatcherKey(publicKey.export({ type: "spki", format: "pem" }).toString());

/** A site that runs a version of a release already, or not, with what was asked of its own update. */
function site({ isAllowed, installed = "" }: { readonly isAllowed: boolean; readonly installed?: string }) {
  const build = { islet: installed || "9.9.9", from: "http://127.0.0.1:1/bundle", sha256: "a".repeat(64) };
  const of = { version: 1, id: "release-1", build, by: "Fleet desk", sentence: "", former: "0.0.1-abc" };
  let kept: string | null = installed === "" ? null : JSON.stringify({ ...of, action: "install", state: "stays" });
  const asked: string[] = [];
  const told: string[] = [];
  const refused: string[] = [];
  const updates = {
    view: () => ({ phase: "none", sentence: "", current: "0.0.1-abc", onTrial: false }),
    order: () => asked.push("install") && "",
    goBack: () => asked.push("return") && "",
    cancel: () => undefined,
  } as unknown as ReleasePort;
  const desk = openReleaseDesk({
    ...{ site: "site-1", keys: [key], isAllowed, updates, nowMs: () => nowMs, waitsFor: () => "" },
    documents: {
      get: () => kept ?? undefined,
      put: (_group: string, _name: string, text: string) => {
        kept = text;
      },
    } as never,
    onNews: ({ state, sentence }) => void told.push(`${state} ${sentence}`.trim()),
    onRefusal: (reason) => void refused.push(reason),
  });
  const take = (more: Partial<Release>): void => {
    const release = {
      site: "site-1",
      version: 2,
      issuedAtMs: nowMs,
      id: "release-1",
      action: "install",
      build,
    } as const;
    desk.take(Buffer.from(JSON.stringify(sign({ ...release, cause: "test", issuedBy: "Fleet desk", ...more }))));
  };
  return { take, asked, told, refused };
}

test("with the right → it is installed by the site's own way", () => {
  const { take, asked, told } = site({ isAllowed: true });
  take({});
  expect([asked, told]).toEqual([["install"], ["waiting"]]);
});

test("without the right → refused, with the setting that gives it", () => {
  const { take, asked, told } = site({ isAllowed: false });
  take({});
  expect(asked).toEqual([]);
  expect(told).toEqual([expect.stringMatching(/^refused .*links\.fleet\.rights: updates/)]);
});

test.each([
  { isAllowed: true, asked: ["return"], told: /^returning/ },
  { isAllowed: false, asked: [], told: /^refused .*links\.fleet\.rights: updates/ },
])("told to go back, right $isAllowed → asked of the update: $asked", ({ isAllowed, asked, told }) => {
  const one = site({ isAllowed, installed: isletVersion() });
  one.take({ action: "return" });
  expect(one.asked).toEqual(asked);
  expect(one.told).toEqual([expect.stringMatching(told)]);
});

test.each([
  ["from the future", { issuedAtMs: nowMs + 60_000 }, ["clock"]],
  ["for another site", { site: "site-2" }, ["other-site"]],
  ["older than what is kept", { version: 1, action: "return" }, []],
] as const)("a document %s → nothing is done", (_, more, reasons) => {
  const { take, asked, refused } = site({ isAllowed: true, installed: isletVersion() });
  take(more);
  expect([asked, refused]).toEqual([[], [...reasons]]);
});
