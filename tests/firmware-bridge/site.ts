/** A small site over real sockets: servers with the simulator's register faces before plain devices, and a bridge. */
import { type Bridge, createBridge } from "../../firmware-bridge/bridge.ts";
import type { BridgeSettings, StageSettings } from "../../firmware-bridge/settings.ts";
import { type ModbusServer, startModbusServer } from "../../sim/peers/modbus-server.ts";
import { createMeterFace, createPvFace, createTransferDeviceFace } from "../../sim/peers/register-faces-site.ts";
import { createStageFace, type StageFace } from "../../sim/peers/register-faces-stage.ts";
import { type Commands, createCommands } from "../../src/core/commands.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { FakeMeter, FakePanel, FakePv, FakeStage, FakeTransferDevice } from "./fake-plant.ts";

export const clock = (): number => performance.now();

export interface TestSite {
  readonly stages: FakeStage[];
  readonly faces: StageFace[];
  readonly meter: FakeMeter;
  readonly transferDevice: FakeTransferDevice;
  readonly panel: FakePanel;
  readonly pv: FakePv;
  readonly stageServers: ModbusServer[];
  readonly siteServer: ModbusServer;
  readonly meterFace: RegisterFace;
  /** Of the transfer device and the panel, which share a unit. */
  readonly transferFace: RegisterFace;
  readonly bridge: Bridge;
  readonly snapshot: Snapshot;
  readonly commands: Commands;
  /** One cycle: read, an empty step, write. */
  cycle(earned?: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface TestSiteOptions {
  readonly stages?: number;
  readonly stageModel?: boolean;
  readonly meterModel?: number;
  readonly importPositive?: boolean;
  readonly settings?: (index: number, sitePort: number) => Partial<StageSettings>;
  readonly deadlineMs?: number;
  readonly tokenMaxMs?: number;
  /** What the stages show as the time of their own watchdog, s. */
  readonly watchdogS?: number;
}

export async function startSite(options: TestSiteOptions = {}): Promise<TestSite> {
  const count = options.stages ?? 1;
  const importPositive = options.importPositive ?? true;
  const deadlineMs = options.deadlineMs ?? 150;
  const stages = Array.from({ length: count }, (_, i) => new FakeStage(60_000, `S-${i + 1}`));
  const faces = stages.map((stage) =>
    createStageFace(stage, {
      clock,
      stageModel: options.stageModel ?? true,
      tokenMaxMs: options.tokenMaxMs ?? 300,
      watchdogS: options.watchdogS ?? 5,
    }),
  );
  const stageServers: ModbusServer[] = [];
  for (const face of faces) stageServers.push(await startModbusServer({ units: new Map([[1, face.face]]) }));
  const meter = new FakeMeter();
  const transferDevice = new FakeTransferDevice();
  const panel = new FakePanel([15_000, 40_000, 30_000]);
  const pv = new FakePv();
  // Three units behind one port, as behind a gateway.
  const meterFace = createMeterFace(meter, { model: options.meterModel ?? 213, importPositive });
  const transferFace = createTransferDeviceFace(transferDevice, { clock }, panel).face;
  const siteServer = await startModbusServer({
    units: new Map([
      [1, meterFace],
      [2, transferFace],
      [3, createPvFace(pv)],
    ]),
  });
  const siteLink = { kind: "tcp", host: "127.0.0.1", port: siteServer.port } as const;
  const settings: BridgeSettings = {
    nominalVoltageV: 480,
    phases: "three",
    stages: stageServers.map((server, i) => ({
      name: `Bay ${i + 1}`,
      link: { kind: "tcp", host: "127.0.0.1", port: server.port },
      unit: 1,
      reversionS: 5,
      ratedChargeW: 60_000,
      ratedDischargeW: 60_000,
      ...options.settings?.(i, siteServer.port),
    })),
    meter: { name: "PCC meter", link: siteLink, unit: 1, importPositive },
    transferDevice: { name: "K1", link: siteLink, unit: 2 },
    loadPanel: { name: "Panel", link: siteLink, unit: 2 },
    pv: [{ name: "PV", link: siteLink, unit: 3 }],
  };
  const bridge = createBridge(settings);
  const snapshot = createSnapshot(count, panel.tierCount);
  const commands = createCommands(count, panel.tierCount);
  for (const stage of commands.stages) stage.leaseUntilMs = Number.POSITIVE_INFINITY;
  return {
    stages,
    faces,
    meter,
    transferDevice,
    panel,
    pv,
    stageServers,
    siteServer,
    meterFace,
    transferFace,
    bridge,
    snapshot,
    commands,
    cycle: async (earned = true) => {
      await bridge.readAll(snapshot, clock() + deadlineMs);
      const nowMs = clock();
      await bridge.writeAll(commands, nowMs, nowMs + deadlineMs, earned);
    },
    close: async () => {
      bridge.shut();
      for (const server of [...stageServers, siteServer]) await server.close();
    },
  };
}
