/**
 * A utility's IEEE 2030.5 server and `islet run`, over mutual TLS: what is read is the power of the plant, what the server is told
 * is what came in at it. One site, one server; each step waits until it holds.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limit, type ServedControl, startUtilityServer, type UtilityServer } from "../lib/utility-server.ts";
import { certificate, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { excess, exportedW } from "./site/judge.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const ca = certificate({ name: "Utility CA", authority: true });
const utility = certificate({ name: "utility", by: ca });
const islet = certificate({ name: "islet", by: ca });
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }) as string;
/** The server's clock is wrong by this much: its controls go by it. */
const aheadS = 5_000;
const buildingW = 3_000;
const permitW = 20_000;
const failSafeW = 15_000;
const nearW = 300;
const patienceMs = 90_000;

let server: UtilityServer;
let product: Product;
let made = 0;
let token = "";
async function ask(path: string, body: unknown): Promise<Record<string, unknown>> {
  const url = /Dashboard: (http:\S+)/.exec(product.said(/Dashboard: http/)?.text ?? "")?.[1] ?? "";
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${url}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}
/** A control that runs from now on. */
function add(program: number, base: string, given: Partial<ServedControl> = {}): ServedControl {
  made++;
  const control = {
    mrid: `C0FFEE${String(made).padStart(26, "0")}`,
    created: server.nowS(),
    start: server.nowS(),
    duration: 600,
    base,
    ...given,
  };
  server.programs[program]!.controls.push(control);
  return control;
}
const chargersW = (): number => product.plant.stages.reduce((sum, { powerW }) => sum + powerW, 0);
/** The chargers' own sum: a limit there holds without the meter, whatever the machine is busy with. */
const charges = (wantedW: number): Promise<void> =>
  soon(product, `chargers at ${wantedW} W`, () => Math.abs(chargersW() - wantedW) < nearW, patienceMs);
const limits = (importLimitW: number, exportLimitW: number): Promise<void> =>
  soon(
    product,
    `limits ${importLimitW} and ${exportLimitW} W`,
    async () => {
      const state = await product.state();
      return state.importLimitW === importLimitW && state.exportLimitW === exportLimitW;
    },
    patienceMs,
  );
/** Each answer once, in this order, and taken: requests come one after another, so that another one has followed. */
async function told(control: ServedControl, statuses: number[]): Promise<void> {
  const isTold = () => server.answersTo(control.mrid).length >= statuses.length && server.asked.at(-1)?.path !== "/rsp";
  await soon(product, `${statuses} of ${control.mrid}`, isTold, patienceMs);
  expect(server.answersTo(control.mrid)).toEqual(statuses);
}

describe("a utility's server", () => {
  beforeAll(async () => {
    server = await startUtilityServer({ cert: utility.pem, key: keyOf(utility), ca: ca.pem });
    server.aheadS = aheadS;
    server.pin = "111115";
    await server.shut();
    // Power rises in a minute to the rating: a great one is soon above the limits of these tests.
    const stage = { maxChargeW: 16_000, maxDischargeW: 16_000 };
    product = await startProduct({
      plant: { stages: [stage, stage], buildingW },
      permit: { mode: "parallel-export", exportLimitW: permitW },
      files: { "ca.pem": ca.pem, "islet.pem": islet.pem, "islet.key": keyOf(islet) },
      config: {
        // The control of the meter begins at the configured limit and comes down slowly: it is below what holds later.
        pcc: { importLimitW: 25_000 },
        links: {
          csip: {
            url: server.url,
            caFile: "ca.pem",
            certificateFile: "islet.pem",
            keyFile: "islet.key",
            pin: "111115",
            connectionPointId: "4102123456",
            failSafe: { afterS: 60, importLimitW: failSafeW, exportLimitW: 2_500 },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await product?.stop();
    await server?.shut();
  });

  it("links.csip.failSafe.importLimitW: holds while the server was never heard", async () => {
    await limits(failSafeW, 2_500);
    expect(buildingW + chargersW()).toBeLessThan(failSafeW + nearW);
  });

  it("links.csip.failSafe.exportLimitW: holds as well", () => limits(failSafeW, 2_500));

  it("registers by its certificate, tells connection point and device, and heeds the default control", async () => {
    const fallback = [limit("opModLoadLimW", 3_000), limit("opModGenLimW", 1_500), limit("opModImpLimW", 30_000)];
    server.programs = [
      { primacy: 5, fallback: fallback.join(""), beside: "<setGradW>0</setGradW>", controls: [] },
      { primacy: 1, fallback: null, controls: [] },
      { primacy: 9, fallback: limit("opModExpLimW", 1_400) + limit("opModImpLimW", 100), controls: [] },
    ];
    await server.open();
    await charges(3_000);
    await limits(25_000, 1_400);
    expect(server.clients.size).toBe(1);
    const toldAll = () => ["/mup/0", "/mup/1"].every((path) => server.last(path).includes("<value>"));
    await soon(product, "readings", toldAll, patienceMs);
    expect(server.last("/edev/1/cp")).toContain("4102123456");
    expect(server.last("/d/cap")).toContain("<rtgMaxChargeRateW><multiplier>0</multiplier><value>32000</value>");
    expect(server.last("/d/set")).toContain("<csipaus:vppModesEnabled>01<");
    expect(server.last("/d/status")).toMatch(/<operationalModeStatus><dateTime>\d+<\/dateTime><value>2</);
    const { asks } = (await product.state()) as unknown as { readonly asks: readonly { readonly link: string }[] };
    expect(asks.map(({ link }) => link)).toEqual(["csip", "csip", "csip", "csip"]);
    expect(await product.explain()).toContain("CSIP, default control of /derp/0");
  });

  it("check-config says who the site is to the server, and what holds without it", async () => {
    const { code, out } = await runIslet(["check-config", product.configFile]);
    expect(code).toBe(0);
    expect(out).toMatch(/LFDI [0-9A-F]{40}, SFDI \d+\. Lost for 60 s .*: export 2\.5 kW, import 15\.0 kW/);
  });

  it("a control limits, is answered, and ends; a program with lower primacy stands above it", async () => {
    const low = add(0, limit("opModLoadLimW", 2_400, 2));
    await charges(2_400);
    await told(low, [1, 2]);
    const high = add(1, limit("opModLoadLimW", 1_700), { duration: 10 });
    await charges(1_700);
    await told(high, [1, 2, 3]);
    await charges(2_400);
    low.status = 2;
    await charges(3_000);
    // It had been told that it was replaced: the end of that is no news.
    expect(server.answersTo(low.mrid)).toEqual([1, 2, 7]);
  });

  it("a setpoint gives power back, within the same server's limit, else as far as the permit goes; a program's request waits behind it", async () => {
    const made = await runIslet(["token", "make", "home", "--config", product.configFile, "--rights", "power,limits"]);
    token = made.out.split("\n")[0] ?? "";
    const target = add(1, limit("opModStorageTargetW", 12_000));
    await charges(-1_500);
    const { receipt } = await ask("asks", { what: "powerW", evse: 0, value: 4_000, validS: 600 });
    expect(receipt).toMatchObject({ accepted: true, state: "waiting", reason: "outranked" });
    await told(target, [1, 2]);
    await charges(-1_500);
    await ask("asks/release", { what: "powerW", evse: 0 });
    // Without the server's own limits the permit is what is left.
    const far = ["opModGenLimW", "opModExpLimW"].map((mode) => limit(mode, 32_000)).join("");
    const beyond = add(1, `${far}${limit("opModStorageTargetW", 32_000)}`);
    const fromMs = performance.now();
    target.status = 2;
    await soon(product, "near the permit", () => chargersW() < -permitW - buildingW + 1_500, patienceMs);
    expect(excess(product.plant, exportedW, permitW, nearW, fromMs).longestMs).toBeLessThan(2_000);
    expect(await product.explain()).toMatch(/binds .*export limit/i);
    await told(beyond, [1, 2]);
    beyond.status = 2;
    await charges(3_000);
    await told(target, [1, 2, 6]);
  });

  it("of its limit and a program's the tighter one holds", async () => {
    const { receipt } = await ask("asks", { what: "chargeLimitW", evse: 0, value: 1_500 });
    expect(receipt).toMatchObject({ accepted: true });
    await charges(1_500);
    await ask("asks/release", { what: "chargeLimitW", evse: 0 });
    await charges(3_000);
  });

  it("de-energized: no power at all, and the server sees it; back when it ends", async () => {
    const off = add(1, "<opModEnergize>false</opModEnergize>");
    await charges(0);
    const mode = () => /<operationalModeStatus>.*?<value>(\d)</.exec(server.last("/d/status"))?.[1];
    await soon(product, "status off", () => mode() === "1", patienceMs);
    off.status = 2;
    await charges(3_000);
    await soon(product, "status operational", () => mode() === "2", patienceMs);
  });

  it("a server that answers nonsense changes nothing; what makes no sense is answered so", async () => {
    server.failsWith = 500;
    const fromMs = performance.now();
    await soon(product, "it is said", () => product.said(/Utility's server .*: 500/, fromMs) !== undefined, patienceMs);
    server.failsWith = 0;
    const wrong = add(1, limit("opModLoadLimW", -5));
    const unknown = add(1, "<opModVoltVar href='/curve'/>");
    await told(wrong, [1, 253]);
    await told(unknown, [1, 252]);
    await charges(3_000);
  });

  it("killed in the middle of a control while the server is away: the limit holds, nothing is told twice", async () => {
    const running = add(1, limit("opModLoadLimW", 2_000), { randomizeStart: -30 });
    const later = add(0, limit("opModLoadLimW", 2_700), { start: server.nowS() + 1_800 });
    await charges(2_000);
    await told(running, [1, 2]);
    await told(later, [1]);
    await server.shut();
    await product.kill();
    product.start();
    expect(await product.reached("parallel")).toBe(true);
    await charges(2_000);
    await server.open();
    running.status = 2;
    await told(running, [1, 2, 6]);
    await charges(3_000);
    later.status = 2;
    await told(later, [1, 6]);
  });

  it("links.csip.pin: a server with another number is not spoken to any more, and the limit holds", async () => {
    server.pin = "123455";
    await soon(
      product,
      "it is said",
      () => product.said(/registration number is not the one/) !== undefined,
      patienceMs,
    );
    const count = server.asked.length;
    server.programs = [];
    await soon(product, "seconds later", () => performance.now() - server.asked.at(-1)!.atMs > 3_000);
    expect(server.asked.length).toBe(count);
    await charges(3_000);
  });
});
