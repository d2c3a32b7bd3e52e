/**
 * The operations of the control API: path, what the body may hold, what it does. Bodies are strict and bounded: an unknown or
 * impossible setting is refused with its name before anything moves.
 */
import { z } from "zod";
import { homeTruck, schoolBus } from "../world-config.ts";
import { sessionSchema } from "./session-schema.ts";
import type { Simulation } from "./simulation.ts";

/** What only whoever runs the controller and the backend can do; `islet demo` and test suites give these. */
export interface ControllerHooks {
  power?(request: PowerRequest): Promise<void> | void;
  kill?(): Promise<void> | void;
  network?(up: boolean): Promise<void> | void;
  swipe?(request: SwipeRequest): Promise<void> | void;
  clock?(offsetS: number): Promise<void> | void;
  firmware?(result: string): Promise<void> | void;
}

/** Refused: 400 with a sentence. Not available here: 501. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

const text = (max: number) => z.string().max(max);
const evse = z.int().min(1).max(100);

const powerSchema = z.strictObject({
  on: z.boolean(),
  fresh: z.boolean().default(false),
  ocppVersion: text(20).optional(),
  identity: text(48).optional(),
  networkProfiles: z.array(z.record(text(60), z.unknown())).max(8).optional(),
  config: z.array(z.record(text(60), z.unknown())).max(1_000).optional(),
  /** null is as good as leaving it out: outside suites send it so. */
  certsDir: text(500).nullish(),
});
export type PowerRequest = z.infer<typeof powerSchema>;

const swipeSchema = z.strictObject({
  idToken: text(255),
  type: text(40).default("ISO14443"),
  evses: z.array(evse).max(100).default([]),
});
export type SwipeRequest = z.infer<typeof swipeSchema>;

const vehicleSchema = z.strictObject({
  kind: z.enum(["bus", "truck"]).default("bus"),
  capacityWh: z.number().min(1_000).max(2_000_000).optional(),
  socPct: z.number().min(0).max(100).optional(),
  bidirectional: z.boolean().optional(),
  maxChargeW: z.number().min(0).max(5_000_000).optional(),
  maxDischargeW: z.number().min(0).max(5_000_000).optional(),
  departure: text(40).optional(),
});

const plugSchema = z.strictObject({
  evse,
  connector: z.int().min(1).max(10).optional(),
  mode: z.enum(["iec", "iso-ac", "iso-dc"]).default("iso-dc"),
  current: z.number().min(0).max(1_000).default(32),
  phases: z.int().min(1).max(3).default(3),
  payment: text(40).default(""),
  ev: vehicleSchema.optional(),
  session: sessionSchema.optional(),
});

const faultSchema = z.strictObject({
  /** Without one: the power stage of the EVSE. */
  target: text(40).default("stage"),
  error: text(60),
  evse: evse.default(1),
  active: z.boolean().default(true),
});

const gridSchema = z.strictObject({
  voltagePu: z.number().min(0).max(1.5).optional(),
  frequencyHz: z.number().min(40).max(70).optional(),
  rocofHzPerS: z.number().min(-50).max(50).optional(),
  phaseJumpDeg: z.number().min(-180).max(180).optional(),
  present: z.boolean().optional(),
});

const loadSchema = z.strictObject({
  /** A tier's name or number (from 1), or "building". */
  tier: z.union([text(60), z.int().min(1).max(8)]),
  /** null gives the building back to its data. */
  powerW: z.number().min(0).max(100_000_000).nullable(),
  powerFactor: z.number().min(0.1).max(1).optional(),
});

const meterSchema = z.strictObject({
  /** 0 is the meter at the PCC. */
  evse: z.int().min(0).max(100),
  measurand: z.enum(["SoC", "Power.Active.Import", "Energy.Active.Import.Register", "Energy.Active.Export.Register"]),
  value: z.number().min(-1e9).max(1e12),
});

interface Operation<S extends z.ZodType> {
  readonly path: string;
  readonly sentence: string;
  readonly schema: S;
  act(body: z.infer<S>, simulation: Simulation, hooks: ControllerHooks): Promise<void> | void;
}

const operation = <S extends z.ZodType>(
  path: string,
  sentence: string,
  schema: S,
  act: Operation<S>["act"],
): Operation<z.ZodType> => ({ path, sentence, schema, act: (body, simulation, hooks) => act(body as z.infer<S>, simulation, hooks) });

/** Index from 0 of an EVSE that this site has. */
function place(simulation: Simulation, number: number): number {
  const count = simulation.world.stages.length;
  if (number > count) throw new Refusal(400, `evse is ${number}: must be from 1 to ${count}`);
  return number - 1;
}

function hooked<T>(hook: T | undefined, what: string): T {
  if (hook === undefined) throw new Refusal(501, `${what} needs whoever runs the controller: start the site with islet sim --controller, or islet demo`);
  return hook;
}

function plug(body: z.infer<typeof plugSchema>, simulation: Simulation): void {
  const index = place(simulation, body.evse);
  const { kind, departure, ...given } = body.ev ?? { kind: "bus" as const, departure: undefined };
  const base = kind === "truck" ? homeTruck : schoolBus;
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const use = { mode: body.mode, currentA: body.current, phases: body.phases, payment: body.payment, departure: departure ?? "", session: body.session ?? null };
  simulation.plug(index, { ...base, ...known }, use);
}

function setLoad(body: z.infer<typeof loadSchema>, { world }: Simulation): void {
  if (body.tier === "building") {
    world.building.hold(body.powerW ?? Number.NaN);
    return;
  }
  const named = typeof body.tier === "number" ? world.tiers[body.tier - 1] : world.tiers.find(({ name }) => name === body.tier);
  if (named === undefined) {
    const names = world.tiers.map(({ name }) => name).join(", ");
    throw new Refusal(400, `tier is ${body.tier}: must be building, or one of ${names || "no tiers"} by name or number`);
  }
  if (body.powerW === null) throw new Refusal(400, "powerW is null: only the building follows data");
  named.loadW = body.powerW;
  if (body.powerFactor !== undefined) named.setPowerFactor(body.powerFactor);
  world.stir();
}

function setMeter({ evse: number, measurand, value }: z.infer<typeof meterSchema>, simulation: Simulation): void {
  const { world } = simulation;
  if (number === 0) {
    if (measurand !== "Power.Active.Import") throw new Refusal(400, `measurand ${measurand} cannot be set at the PCC meter`);
    world.meter.faults.biasW = value - world.network.pccW;
    return;
  }
  const index = place(simulation, number);
  if (measurand === "Power.Active.Import") {
    throw new Refusal(400, `measurand ${measurand} of an EVSE follows from its power stage; set the vehicle or the load instead`);
  }
  if (value < 0) throw new Refusal(400, `value is ${value}: ${measurand} cannot be negative`);
  if (measurand === "SoC") {
    if (value > 100) throw new Refusal(400, `value is ${value}: SoC must be from 0 to 100`);
    world.vehicles[index]!.setSoc(value);
  } else world.stages[index]!.conversion.setRegister(measurand === "Energy.Active.Import.Register" ? "import" : "export", value);
}

export const operations: readonly Operation<z.ZodType>[] = [
  operation("/power", "Starts, restarts or cuts the controller's supply.", powerSchema, (body, _, hooks) => hooked(hooks.power, "power")(body)),
  operation("/kill", "Ends the controller without warning.", z.strictObject({}), (_body, _, hooks) => hooked(hooks.kill, "kill")()),
  operation("/network", "Cuts or restores the backend link.", z.strictObject({ up: z.boolean() }), ({ up }, _, hooks) => hooked(hooks.network, "network")(up)),
  operation("/swipe", "A card is presented.", swipeSchema, (body, _, hooks) => hooked(hooks.swipe, "swipe")(body)),
  operation("/firmware", "How the next firmware update ends.", z.strictObject({ result: text(60) }), ({ result }, _, hooks) => hooked(hooks.firmware, "firmware")(result)),
  operation("/clock", "Moves the wall clock by seconds.", z.strictObject({ offset: z.number().min(-1e9).max(1e9) }), ({ offset }, { world }, hooks) => {
    world.calendarShiftMs += 1000 * offset;
    return hooks.clock?.(offset);
  }),
  operation("/plug", "Cable in; the vehicle asks for energy about a second later.", plugSchema, plug),
  operation("/unplug", "Cable out.", z.strictObject({ evse, iso: z.boolean().default(false) }), (body, simulation) => {
    const index = place(simulation, body.evse);
    if (!body.iso) return simulation.unplug(index);
    // A session is ended first, as a driver does it: the vehicle stops, then the cable comes out.
    simulation.setPaused(index, true);
    simulation.after(1_000, `EVSE ${body.evse} is unplugged`, () => simulation.unplug(index));
  }),
  operation("/ev", "The vehicle pauses or resumes.", z.strictObject({ evse, state: z.enum(["pause", "charge"]), current: z.number().min(0).max(1_000).optional(), phases: z.int().min(1).max(3).optional(), iso: z.union([z.boolean(), text(20)]).nullish() }), (body, simulation) => {
    const index = place(simulation, body.evse);
    if (body.current !== undefined) simulation.uses[index]!.currentA = body.current;
    if (body.phases !== undefined) simulation.uses[index]!.phases = body.phases;
    simulation.setPaused(index, body.state === "pause");
  }),
  operation("/fault", "Raises or clears a fault.", faultSchema, (body, simulation) => {
    const done = simulation.faults.set(body.target, body.error, body.evse - 1, body.active);
    if (!done.ok) throw new Refusal(400, done.error);
  }),
  operation("/grid", "What the utility does.", gridSchema, (body, { world }) => world.setGrid(body)),
  operation("/load", "Building and critical loads.", loadSchema, setLoad),
  operation("/emergency-stop", "An emergency stop is pressed or released.", z.strictObject({ evse: evse.optional(), active: z.boolean().default(true) }), (body, simulation) => {
    if (body.evse !== undefined) return simulation.setEmergencyStop(place(simulation, body.evse), body.active);
    for (let i = 0; i < simulation.uses.length; i++) simulation.setEmergencyStop(i, body.active);
  }),
  operation("/lock-fail", "The connector lock of an EVSE fails or works again.", z.strictObject({ evse, active: z.boolean().default(true) }), (body, simulation) => {
    simulation.uses[place(simulation, body.evse)]!.lockFailed = body.active;
  }),
  operation("/meter", "Sets what a meter shows.", meterSchema, setMeter),
];
