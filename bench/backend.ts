/**
 * `npm run -s bench -- backend`: from a backend's SetChargingProfile to the write into the stage's register, everything over
 * real sockets: WebSocket, OCPP station with validation and journal, control thread, Modbus. `--times N` sets how often. With
 * `--ocpp 2.1` it is a setpoint, by UpdateDynamicSchedule.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Csms, startCsms } from "../sim/peers/csms.ts";
import { startSimulator } from "../sim/run/process.ts";
import { parseSimOptions } from "../sim/run/sim-options.ts";
import { requestRealTime, simulatorPriority } from "../src/app/control/real-time.ts";
import { plainSite } from "../src/app/site/composition.ts";
import { startStation } from "../src/app/station.ts";
import { invariant } from "../src/domain/result.ts";
import { versions } from "../src/protocols/ocpp/transport/versions.ts";
import { depot, quickProfile, sleep, until } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

const identity = "BENCH-1";
const powersW = [10_000, 11_000] as const;
/** Setpoints within this of the limit are the limit, W. */
const nearW = 30;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { times: { type: "string" }, ocpp: { type: "string" } },
    strict: false,
  });
  const times = Number(values["times"] ?? 100);
  const version = versions.find((one) => one === values["ocpp"]) ?? "2.0.1";
  const what = version === "2.1" ? "UpdateDynamicSchedule" : "SetChargingProfile";
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const config = { ...depot(4, 20, 16_200, 50), stateDir: folder };
  const parsed = parseSimOptions({ ...config.sim, building: { data: "none" } });
  invariant(parsed.ok, "the simulator's options are right");
  requestRealTime(simulatorPriority, "The simulator");
  const simulator = await startSimulator({ site: config, sim: parsed.value });
  const csms = await startCsms({ strict: false, versions: [version] });
  const station = await startStation({
    site: plainSite(
      { ...config, backend: { url: csms.url, identity, securityProfile: 1, connectorType: "cCCS1" } },
      quickProfile(),
    ),
    log: () => undefined,
    onReset: say,
    onEnd: say,
  });
  try {
    const stage = simulator.simulation.world.stages[0]!;
    let onCommand: (powerW: number) => void = () => undefined;
    const command = stage.command.bind(stage);
    stage.command = (received) => {
      onCommand(received.powerW);
      command(received);
    };
    await until("the station", () => csms.connected().includes(identity), 30_000);
    await until("charging", () => stage.truePowerW > 30_000, 120_000);
    if (version === "2.1") await csms.call(identity, "SetChargingProfile", setpointProfile);
    const tookMs: number[] = [];
    for (let n = 0; n < times; n++) {
      const powerW = powersW[n % 2]!;
      const startedMs = performance.now();
      const written = new Promise<number>((resolve) => {
        onCommand = (commandedW) => {
          if (Math.abs(commandedW - powerW) <= nearW) resolve(performance.now() - startedMs);
        };
      });
      await (version === "2.1" ? update(csms, powerW) : ask(csms, powerW));
      tookMs.push(await Promise.race([written, sleep(5_000).then(() => Number.NaN)]));
      await sleep(100 + 40 * Math.random());
    }
    const sorted = tookMs.filter(Number.isFinite).sort((a, b) => a - b);
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!;
    return {
      name: "backend",
      figures: [
        { name: `${what} sent → stage's register written: p50`, value: at(0.5), unit: "ms" },
        { name: `${what} sent → stage's register written: p99`, value: at(0.99), unit: "ms" },
        { name: "profiles that never arrived", value: tookMs.length - sorted.length, unit: "times" },
      ],
    };
  } finally {
    await station.stop();
    await csms.close();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const setpointProfile = {
  evseId: 1,
  chargingProfile: {
    id: 2,
    stackLevel: 9,
    chargingProfilePurpose: "TxDefaultProfile" as const,
    chargingProfileKind: "Dynamic" as const,
    chargingSchedule: [
      {
        id: 2,
        chargingRateUnit: "W" as const,
        chargingSchedulePeriod: [{ startPeriod: 0, operationMode: "CentralSetpoint" as const, setpoint: powersW[0] }],
      },
    ],
  },
};

const update = (csms: Csms, setpoint: number) =>
  csms.call(identity, "UpdateDynamicSchedule", { chargingProfileId: 2, scheduleUpdate: { setpoint } });

const ask = (csms: Csms, powerW: number) =>
  csms.call(identity, "SetChargingProfile", {
    evseId: 1,
    chargingProfile: {
      id: 1,
      stackLevel: 0,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Absolute",
      chargingSchedule: [
        {
          id: 1,
          startSchedule: new Date(Date.now() - 60_000).toISOString(),
          chargingRateUnit: "W",
          chargingSchedulePeriod: [{ startPeriod: 0, limit: powerW }],
        },
      ],
    },
  });
