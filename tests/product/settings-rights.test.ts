/** Settings about who may let power flow, each judged by registers, power and answers. */
import { generateKeyPairSync } from "node:crypto";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep } from "./site/judge.ts";
import { meterDefaults } from "./site/plant.ts";
import { runIslet } from "./site/process.ts";
import type { Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

const stage = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const strangers = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();

const sites = {
  /** Needs a card; its backend may not steer. */
  card: {
    plant: { stages: [stage] },
    backend: true,
    config: {
      authorization: "required",
      backend: { variables: { "SmartChargingCtrlr.Enabled": "false" } },
      dashboard: { hostNames: ["depot.example"], language: "de" },
    },
  },
  /** Trusts another utility than the one that signed. */
  stranger: {
    plant: { stages: [stage] },
    backend: true,
    files: { "stranger.pem": strangers },
    waits: true,
    config: ({ folder }) => ({
      site: { serviceMode: "parallel-export" },
      permit: { anchors: [join(folder, "stranger.pem")], file: join(folder, "granted.json") },
    }),
  },
  /** Has its permit from the file that is named, and starts with a meter that nobody has proven. */
  named: {
    plant: { stages: [stage], buildingW: 20_000 },
    backend: true,
    waits: true,
    config: ({ folder }) => ({
      site: { serviceMode: "parallel-export" },
      permit: { file: join(folder, "granted.json") },
      pcc: { meter: { proven: false } },
    }),
  },
} as const satisfies Record<string, ProductOptions>;

describe("settings about rights", () => {
  let up: Record<keyof typeof sites, Product>;
  beforeAll(async () => {
    up = await startSites(sites as Record<keyof typeof sites, ProductOptions>);
    for (const name of ["stranger", "named"] as const) {
      const { folder, configFile } = up[name];
      const draft = join(folder, "granted.draft.json");
      await runIslet([
        "permit",
        "create",
        "--mode",
        "parallel-export",
        "--export-limit-w",
        "50000",
        "--config",
        configFile,
        "--stage",
        "ST-1=7.1",
        "--out",
        draft,
      ]);
      await runIslet([
        "permit",
        "sign",
        draft,
        "--key",
        join(folder, "utility.key.pem"),
        "--out",
        join(folder, "granted.json"),
      ]);
      up[name].start();
    }
    for (const { backend } of Object.values(up)) await backend.whenConnected();
  });
  afterAll(() => stopSites(up));

  it("authorization: without a card nothing flows, with one it does", async () => {
    const { plant, backend } = up.card;
    await soon(up.card, "the grid is there", () => up.card.mode() === "loadOnly");
    await sleep(6_000);
    expect(plant.stages[0]!.importWh).toBeLessThan(0.1);
    const answer = await backend.call("RequestStartTransaction", {
      evseId: 1,
      remoteStartId: 1,
      idToken: { idToken: "CARD-1", type: "ISO14443" },
    });
    expect(answer["status"]).toBe("Accepted");
    await soon(up.card, "charges", () => plant.stages[0]!.powerW > 2_000);
  });

  it("backend.variables: what the installer has switched off stays off", async () => {
    const { status, why } = await up.card.backend.setProfile(1, 5_000);
    expect([status, why.split(" ")[0]]).toEqual(["Rejected", "NotEnabled"]);
  });

  it("dashboard.hostNames[]: the page answers under these names and no other", async () => {
    await up.card.page();
    const url = up.card.log.find(({ text }) => text.startsWith("Dashboard: "))!.text.slice("Dashboard: ".length);
    expect(await statusFor(url, "depot.example")).toBe(200);
    expect(await statusFor(url, "evil.example")).toBe(421);
  });

  it("dashboard.language: whoever asks for a language that is not spoken reads this one, others theirs", async () => {
    await up.card.page();
    const url = up.card.log.find(({ text }) => text.startsWith("Dashboard: "))!.text.slice("Dashboard: ".length);
    const languageFor = async (asked: string): Promise<string | undefined> => {
      const answer = await fetch(`${url}/login`, { headers: { "accept-language": asked } });
      return /<html lang="(\w+)">/.exec(await answer.text())?.[1];
    };
    expect(await languageFor("fr-FR,fr;q=0.9")).toBe("de");
    expect(await languageFor("fr-FR,es;q=0.5")).toBe("es");
  });

  it("permit.file: the permit there is in force", async () => {
    await soon(up.named, "in parallel", () => up.named.mode() === "parallel", 90_000);
    await up.named.backend.ask(1, -15_000);
    await soon(up.named, "gives something", () => up.named.plant.stages[0]!.powerW < -500);
  });

  it("permit.anchors[]: a permit that nobody trusted has signed grants nothing", async () => {
    await up.stranger.backend.setPower(1, -15_000);
    await sleep(3_000);
    await soon(up.stranger, "as a load", () => up.stranger.mode() === "loadOnly");
    expect(up.stranger.log.map(({ fields }) => fields["mode"])).not.toContain("parallel");
    expect(Math.min(0, ...up.stranger.setpointsW(0).map(({ value }) => value))).toBe(0);
  });
});

describe("a meter that nobody has proven", () => {
  let up: Record<"unproven", Product>;
  beforeAll(async () => {
    // Limits that nothing else would hold: what is withheld is withheld for the meter.
    const unproven: ProductOptions = {
      plant: { stages: [stage], buildingW: 20_000, meter: { ...meterDefaults, reversed: true } },
      backend: true,
      config: { pcc: { importLimitW: 60_000, meter: { proven: false } } },
    };
    up = await startSites({ unproven });
    for (const { backend } of Object.values(up)) await backend.whenConnected();
  });
  afterAll(() => stopSites(up));

  it("pcc.meter.proven: one that is the wrong way round is found out by small moves, not by an overload", async () => {
    const { plant } = up.unproven;
    await soon(up.unproven, "the grid is there", () => up.unproven.mode() === "loadOnly");
    await stays(
      up.unproven,
      "no more than a small share of its rating",
      () => plant.stages[0]!.powerW < 0.1 * 600_000,
      12_000,
    );
  });
});

function statusFor(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}/healthz`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on("error", reject);
  });
}
