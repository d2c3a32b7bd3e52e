/**
 * Guided commissioning on the page of `islet run`: one step after the other, a person at the site who does what is asked (here
 * the emulated devices), nobody else's requests meanwhile, and a restart in between.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "./site/page.ts";
import { eastronMap, inputs, type K1Parts, outputs, startK1Parts } from "./site/parts.ts";
import { type JsonObject, type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon, stagesUsed } from "./site/sites.ts";

const device = "Cabinet I/O";
const patient = (devices: readonly JsonObject[]): JsonObject[] =>
  devices.map((one) => ({ ...one, freshMs: patientFreshMs }));

describe("guided commissioning on the page", () => {
  let product: Product;
  let parts: K1Parts;
  let page: Page;
  beforeAll(async () => {
    parts = await startK1Parts("coil");
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 10_000, watchdogS: 2 }], k1TravelMs: 100, buildingW: 2_000 },
      files: { "eastron.yaml": eastronMap() },
      waits: true,
      config: {
        site: { serviceMode: "non-parallel-backup" },
        devices: patient(parts.devices),
        transferDevice: {
          host: null,
          port: null,
          freshMs: null,
          contacts: { device, normallyOpenInput: inputs.no, normallyClosedInput: inputs.nc, mirror: true },
          command: { device, drive: "coil", closeOutput: outputs.close },
          gridVoltage: { device: "Grid meter" },
          busVoltage: { device: "Bus meter" },
        },
        dashboard: { port: 0, onSiteAddresses: ["127.0.0.1"] },
      },
    });
    parts.attach(product.plant);
    product.start();
    expect(await product.reached("loadOnly")).toBe(true);
    await stagesUsed(product);
    page = await product.page();
  });
  afterAll(() => product.stop());

  const words = async (step = ""): Promise<string> =>
    (await page.words(`/installation${step === "" ? "" : `?step=${step}`}`)).replaceAll("&#39;", "'");
  const begin = async (step: string): Promise<void> => {
    expect(await page.submit("/installation/begin", { step })).toBe(303);
    expect(await words()).not.toContain("Refused");
  };
  const ended = (step: string, withinMs?: number): Promise<void> =>
    soon(product, `the step ${step} has ended`, async () => (await words(step)).includes("What was found"), withinMs);

  /** What a person at the site does when the page asks for it; the answer. */
  function hands(question: string): "yes" | "no" {
    const links = {
      "PCC meter": product.meter.server,
      "Bay 1": product.stages[0]!.server,
      [device]: parts.servers.module,
      "Grid meter": parts.servers.grid,
      "Bus meter": parts.servers.bus,
    } as const;
    for (const [name, { habits }] of Object.entries(links)) {
      if (question.startsWith(`Unplug the network or the serial line of ${name} `)) habits.silent = true;
      if (question.startsWith(`Plug ${name} in again`)) habits.silent = false;
    }
    if (question.startsWith("Pull the wire of K1's normally-open contact")) parts.cut.add(inputs.no);
    if (question.startsWith("Put that wire back")) parts.cut.delete(inputs.no);
    if (question.startsWith("Only Bay 1 charges now")) return product.plant.stages[0]!.powerW > 500 ? "yes" : "no";
    if (question.startsWith("Look at the wiring of Bay 1")) return product.plant.options.interlock ? "yes" : "no";
    return "yes";
  }

  it("each step says what it will do to the site, and begins only when it is asked for", async () => {
    const text = await words();
    expect(text).toContain("0 of 6 steps are done.");
    expect(text).toContain("What it will do to the site It reads every device");
    expect(await page.submit("/installation/begin", { step: "nothing of the kind" })).toBe(303);
    expect(await words()).toContain("Refused: there is no such step at this site.");
    await begin("devices");
    await ended("devices");
    expect(await words("devices")).toMatch(/Bay 1 as it should be .*serial number ST-1/);
    expect(await words()).toContain("1 of 6 steps are done. Nothing is to mend so far.");
  });

  it("hands: who is who, each link and each contact, tried by whoever is at the site", async () => {
    await begin("hands");
    await page.submit("/installation/begin", { step: "watchdogs" });
    expect(await words()).toContain("Refused: “Links and inputs, with somebody at the site” is under way");
    await soon(product, "everybody is told", async () =>
      (await product.state()).events.some(({ key, active }) => key === "commissioning" && active),
    );
    const asked: string[] = [];
    const question = async (): Promise<string> =>
      (/class="asked">.*?<p class="lead-s">(.*?)<\/p>/.exec(await page.html("/installation"))?.[1] ?? "").replaceAll(
        "&#39;",
        "'",
      );
    await soon(
      product,
      "every question is answered",
      async () => {
        const text = await question();
        if (text !== "" && text !== asked.at(-1)) {
          asked.push(text);
          await page.submit("/installation/answer", { answer: hands(text) });
        }
        return (await words("hands")).includes("What was found");
      },
      200_000,
    );
    const found = await words("hands");
    for (const name of ["PCC meter", "Bay 1", device, "Grid meter", "Bus meter"])
      expect(found, asked.join("\n")).toMatch(new RegExp(`${name} as it should be Loss of its link is told`));
    expect(found).toContain("Bay 1 as it should be Is the one that a person saw charge");
    expect(found).toContain("Wire of K1's normally-open contact: seen");
    expect(found).toContain("Interlock with K1: wired, as a person saw");
    expect(found).toContain("Nothing is to mend so far.");
    expect(await product.reached("loadOnly")).toBe(true);
  });

  it("watchdogs: the controller writes nothing until each stage is at zero, and then controls the site again", async () => {
    const writes = (): number => product.stages[0]!.server.writes.length;
    await begin("watchdogs");
    await soon(product, "silent", async () => (await words()).includes("The controller is silent from here on."));
    await ended("watchdogs");
    expect(await words("watchdogs")).toMatch(
      /Bay 1 as it should be At zero [1-3]\.\d s after the last word, configured 2 s/,
    );
    const before = writes();
    await soon(product, "written to again", () => writes() > before);
    await soon(product, "charges again", () => product.plant.stages[0]!.powerW > 1_000);
  });

  it("a restart keeps what is done, and the signed report says it", async () => {
    await product.kill();
    product.start();
    page = await product.page();
    await soon(product, "the page is there", async () => (await words()).includes("Steps 3 of 6"));
    const report = await page.words("/installation/report");
    expect(report).toContain("Commissioning of Emulated site");
    expect(readFileSync(join(product.folder, "state/commissioning.html"), "utf8")).toContain('id="signature"');
  });
});
