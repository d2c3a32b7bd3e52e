/**
 * A station in a process of its own, to be killed: `node kill-child.ts STORE START_MS`. It loads, says "ready", and starts to
 * live when the backend's URL comes on its standard input. The plant is the wall clock: a vehicle comes and goes every
 * 400 ms and energy always flows at a constant power, so that every register value can be recomputed from its timestamp.
 */
import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import { openStore } from "../../../src/app/store/store.ts";
import { createSystemClock } from "../../../src/protocols/ocpp/clock.ts";
import { ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import { createOcppStation } from "../../../src/protocols/ocpp/station.ts";
import { createFakeSite, token } from "./harness.ts";

/** Power of the plant, W. */
const plantW = 60_000;
export const plantWh = (atMs: number, startMs: number): number => ((atMs - startMs) * plantW) / 3_600_000;
const cycleMs = 400;

function live(url: string, path: string, startMs: number): void {
  const site = createFakeSite(2);
  const clock = createSystemClock();
  const store = openStore({ path });
  for (const [index, view] of site.evses.entries())
    Object.defineProperties(view, {
      importWh: { get: () => plantWh(clock.wallMs(), startMs) },
      powerW: { get: () => (site.allowed[index] ? plantW : 0) },
      setpointW: { get: () => (site.allowed[index] ? plantW : 0) },
      connected: { get: () => Math.floor((clock.wallMs() + index * 170) / cycleMs) % 2 === 0 },
    });
  const station = createOcppStation(
    {
      ...ocppDefaults,
      identity: "killed",
      pollMs: 5,
      evses: [1, 2].map(() => ({
        connectorType: "cCCS2",
        supplyPhases: 3 as const,
        nominalVoltageV: 230,
        maxChargeW: plantW,
        maxDischargeW: 0,
      })),
      network: [{ slot: 1, url, securityProfile: 1 }],
      variables: {
        "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1",
        "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
        "AuthCtrlr.Enabled": "false",
        "SampledDataCtrlr.TxUpdatedInterval": "1",
      },
    },
    site,
    store,
    clock,
  );
  station.start();
  const present = (): void => {
    for (const id of [1, 2])
      if (site.evses[id - 1]!.connected && !site.allowed[id - 1])
        station.presentToken(token(), id).catch(() => undefined);
  };
  setInterval(present, 50);
}

if (process.argv[1]?.endsWith("kill-child.ts")) {
  const [, , path = "", start = "0"] = process.argv;
  createInterface({ input: process.stdin }).once("line", (url) => live(url, path, Number(start)));
  // Whoever is killed writes no cache at its end: the next child shall load faster.
  flushCompileCache();
  process.stdout.write("ready\n");
}
