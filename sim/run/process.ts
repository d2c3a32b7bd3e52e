/**
 * `islet sim`: the simulated hardware in real time, on real sockets. One world moves with the clock in steps of a few
 * milliseconds; each configured device is a Modbus TCP server at its configured address; the control API is beside them.
 */
import { loadPanelModel, transferDeviceModel } from "../../firmware-bridge/maps/vendor-models.table.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { RealClock } from "../clock.ts";
import type { Link } from "../link.ts";
import { type ModbusServer, startModbusServer } from "../peers/modbus-server.ts";
import { createMeterFace, createPvFace, createTransferDeviceFace } from "../peers/register-faces-site.ts";
import { stageBreach } from "../peers/stage-breaches.table.ts";
import { createBreachingFace } from "../peers/stage-breaches.ts";
import { World } from "../world.ts";
import { type ControlApi, startControlApi } from "./control-api.ts";
import type { ControllerHooks } from "./control-operations.table.ts";
import { startSessionVehicles } from "./session-vehicles.ts";
import { type SimOptions, worldForSite } from "./sim-options.ts";
import { Simulation } from "./simulation.ts";

export interface SimulatorOptions {
  readonly site: SiteConfig;
  readonly sim: SimOptions;
  /** Port of the control API; 0 takes any free one, undefined leaves the API out. */
  readonly controlPort?: number | undefined;
  readonly hooks?: ControllerHooks;
}

export interface Simulator {
  readonly simulation: Simulation;
  /** One server per host and port of the configuration. */
  readonly servers: readonly ModbusServer[];
  /** Address of the control API; undefined without one. */
  readonly controlUrl: string | undefined;
  /** Real time that the world did not take part in, because the process was held up, ms. */
  lostMs(): number;
  close(): Promise<void>;
}

/** How often the world moves, ms. */
const paceMs = 2;
/** After a longer pause than this the world goes on from where it stood instead of racing after the clock, ms. */
const pauseMax = 500;
const lateReplyMs = 500;

interface Place {
  readonly host?: string | undefined;
  readonly port: number;
  readonly unitId: number;
}

/** One device behind a server. */
interface WiredFace {
  readonly place: Place;
  readonly face: RegisterFace;
  /** What answers in the face's place. */
  readonly registers?: Registers;
  readonly link: Link;
  /** The device's own models, where another device shares its registers. */
  readonly models?: readonly number[];
  /** The device itself is without supply. */
  readonly dark?: () => boolean;
  /** Timers that live in its registers. */
  readonly runTimers?: () => void;
}

interface WiredServer {
  readonly server: ModbusServer;
  readonly faces: readonly WiredFace[];
  readonly frozen: Set<WiredFace>;
  hung: boolean;
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  refuseMaps(options.site);
  const world = new World(worldForSite(options.site, options.sim));
  // The site runs as it is set up to run: what it gives back then is no wrong of its own judgement.
  world.truth.mayDischarge = options.sim.mayDischarge ?? options.site.site.serviceMode.startsWith("parallel");
  const simulation = new Simulation(world);
  const clock = new RealClock(world.nowMs);
  const wiring = await wireDevices(options, simulation, clock);
  for (const { evse, session } of options.sim.vehicles)
    if (session !== undefined && evse <= simulation.uses.length) simulation.uses[evse - 1]!.session = session;
  const vehicles = startSessionVehicles(options.site, simulation);
  let lostMs = 0;
  const move = (): void => {
    const nowMs = clock.nowMs() - lostMs;
    const behindMs = nowMs - world.nowMs;
    if (behindMs > pauseMax) lostMs += behindMs - paceMs;
    simulation.advanceTo(world.nowMs + Math.min(behindMs, behindMs > pauseMax ? paceMs : behindMs));
    for (let i = 0; i < wiring.wired.length; i++) applyLinks(wiring.wired[i]!);
    timer = setTimeout(move, paceMs);
  };
  let timer = setTimeout(move, paceMs);
  let api: ControlApi | undefined;
  try {
    if (options.controlPort !== undefined) {
      api = await startControlApi(simulation, {
        port: options.controlPort,
        ...(options.hooks && { hooks: options.hooks }),
      });
    }
  } catch (error) {
    clearTimeout(timer);
    await Promise.all(wiring.servers.map((server) => server.close()));
    throw error;
  }
  return {
    simulation,
    servers: wiring.servers,
    controlUrl: api?.url,
    lostMs: () => lostMs,
    close: async () => {
      clearTimeout(timer);
      vehicles.stop();
      await api?.close();
      await Promise.all(wiring.servers.map((server) => server.close()));
    },
  };
}

/** A device that is slow: whatever this process serves waits as well. */
const holdUp = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** SunSpec's float meters by the kind of service. */
const meterModels = { single: 211, split: 212, three: 213 } as const;

/** Simulated hardware speaks SunSpec and our own models; it can't pretend to be another maker's. */
function refuseMaps({ pcc, devices: named, transferDevice, loadPanel, pv, evses }: SiteConfig): void {
  if (named.length > 0)
    throw new Error(
      `the simulator has no ${named.map(({ name }) => name).join(", ")}: leave devices and the parts of transferDevice out to simulate the site.`,
    );
  const devices = [
    ["pcc.meter", pcc.meter],
    ["transferDevice", transferDevice],
    ["loadPanel", loadPanel],
    ...pv.map((one, i) => [`pv[${i}]`, one] as const),
    ...evses.map(({ stage }, i) => [`evses[${i}].stage`, stage] as const),
  ] as const;
  const mapped = devices.filter(([, device]) => device !== undefined && device.map !== "sunspec");
  if (mapped.length === 0) return;
  const settings = mapped.map(([name, device]) => `${name}.map is ${device!.map}`).join(", ");
  throw new Error(`the simulator speaks SunSpec only: ${settings}. Leave the map out to simulate the site.`);
}

/** Puts a register face on every configured device and starts the servers; those that started are closed when one cannot. */
async function wireDevices(options: SimulatorOptions, simulation: Simulation, clock: RealClock) {
  const { site, sim } = options;
  const { world } = simulation;
  const now = (): number => clock.nowMs();
  const faces: WiredFace[] = [];
  faces.push({
    place: site.pcc.meter,
    face: createMeterFace(world.meter, {
      model: meterModels[site.site.phases],
      importPositive: site.pcc.meter.importPositive,
      phases: site.site.phases,
      ...(sim.meter.wiring && { wiring: sim.meter.wiring }),
    }),
    link: simulation.meterLink,
    dark: () => world.meter.dark,
  });
  const panel = world.tiers.length > 0 ? world.loadPanel : undefined;
  const device = createTransferDeviceFace(world.transferDevice, { clock: now }, panel);
  const link = simulation.transferDeviceLink;
  if (site.transferDevice !== undefined && site.transferDevice.kind !== "none") {
    faces.push({ place: site.transferDevice, face: device.face, link, models: [transferDeviceModel.id] });
  }
  if (site.loadPanel !== undefined) {
    const models = [loadPanelModel.id];
    faces.push({ place: site.loadPanel, face: device.face, link: simulation.loadPanelLink, models });
  }
  if (site.loadPanel === undefined)
    simulation.faults.hasNoWire(simulation.loadPanelLink, "the site has no load panel that answers by itself");
  for (const [i, evse] of site.evses.entries()) {
    const faceOptions = {
      clock: now,
      nominalFrequencyHz: Number(site.site.nominalFrequencyHz),
      canForm: evse.gridForming,
      phases: site.site.phases,
      watchdogS: site.loop.watchdogS,
    };
    const breach = sim.breaches.find((one) => one.evse === i + 1);
    const { face, registers } = createBreachingFace(
      world.stages[i]!,
      faceOptions,
      stageBreach(breach?.breach ?? "")?.make ?? {},
      holdUp,
    );
    const link = simulation.stageLinks[i]!;
    faces.push({ place: evse.stage, face: face.face, registers, link, runTimers: face.runTimers });
  }
  const onBus = world.pvs.filter(({ config }) => config.side === "bus");
  for (const [i, place] of site.pv.entries())
    if (onBus[i] !== undefined) faces.push({ place, face: createPvFace(onBus[i]), link });

  const byAddress = new Map<string, WiredFace[]>();
  for (const entry of faces) {
    const address = `${entry.place.host}:${entry.place.port}`;
    byAddress.set(address, [...(byAddress.get(address) ?? []), entry]);
  }
  const servers: ModbusServer[] = [];
  const wired: WiredServer[] = [];
  try {
    for (const [address, entries] of byAddress) {
      const { host, port } = entries[0]!.place;
      if (host === undefined) throw new Error("the simulator serves devices over TCP only: give each of them a host");
      const units = new Map(entries.map(({ place, face, registers }) => [place.unitId, registers ?? face]));
      const server = await startModbusServer({ units, host, port, seed: sim.seed }).catch((error: Error) => {
        throw new Error(`cannot listen on ${address}: ${error.message}. Is another simulator running?`);
      });
      servers.push(server);
      wired.push({ server, faces: entries, frozen: new Set(), hung: false });
      for (const { link } of entries.slice(1)) {
        if (link === entries[0]!.link) continue;
        const sentence = `it is behind ${address} with another device, whose link it shares: raise it there`;
        simulation.faults.hasNoWire(link, sentence);
      }
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return { servers, wired };
}

/**
 * Makes a server and the devices behind it behave as their links have been spoiled. The wire is that of the first device; each
 * freezes by itself; one that hangs holds up the whole server, and thaws with everything that piled up.
 */
function applyLinks(wired: WiredServer): void {
  const { server, faces, frozen } = wired;
  const { link, dark } = faces[0]!;
  const { faults } = server;
  faults.delayMs = link.delayMs;
  faults.loss = link.down || dark?.() === true ? 1 : link.lossShare;
  faults.garbage = link.garbage ? 1 : 0;
  faults.late = link.late ? 1 : 0;
  faults.lateMs = lateReplyMs;
  let hung = false;
  for (let i = 0; i < faces.length; i++) {
    const face = faces[i]!;
    hung ||= face.link.hung;
    face.runTimers?.();
    if (face.link.frozen && !frozen.has(face)) {
      frozen.add(face);
      face.face.freeze(face.models);
    } else if (!face.link.frozen && frozen.delete(face)) face.face.thaw(face.models);
  }
  if (hung === wired.hung) return;
  wired.hung = hung;
  if (hung) server.freeze();
  else server.thaw();
}
