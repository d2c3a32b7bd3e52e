import { describe, expect, test } from "vitest";
import { alarmBit } from "../../sim/plant/stage/stage-config.ts";
import { InMemoryBridge } from "../../sim/story/in-memory-bridge.ts";
import { StationStub } from "../../sim/story/station-stub.ts";
import type { World } from "../../sim/world.ts";
import { type Commands, createCommands } from "../../src/core/commands.ts";
import { createSnapshot, never, type Snapshot } from "../../src/core/snapshot.ts";
import { smallWorld } from "./worlds.ts";

interface Bench {
  readonly world: World;
  readonly bridge: InMemoryBridge;
  readonly station: StationStub;
  readonly snapshot: Snapshot;
  readonly commands: Commands;
  /** Cycles of 20 ms: read, decide nothing, write. */
  readonly run: (ms: number) => void;
}

function bench(): Bench {
  const world = smallWorld();
  const bridge = new InMemoryBridge(world);
  const station = new StationStub(world);
  const snapshot = createSnapshot(2, 1);
  const commands = createCommands(2, 1);
  commands.commandsEnabled = true;
  commands.heartbeatAllowed = true;
  bridge.restart();
  const run = (ms: number): void => {
    for (let t = 0; t < ms; t += 20) {
      world.advance(16);
      bridge.read(snapshot, world.nowMs, world.nowMs + 3.5);
      world.advance(4);
      station.fill(snapshot, world.nowMs);
      for (const command of commands.stages) command.leaseUntilMs = world.nowMs + 200;
      bridge.write(commands, world.nowMs);
    }
  };
  return { world, bridge, station, snapshot, commands, run };
}

function charging(powerW = 30_000): Bench {
  const made = bench();
  for (const command of made.commands.stages) {
    command.role = "charge";
    command.powerW = powerW;
  }
  made.run(4_000);
  return made;
}

describe("the in-memory bridge", () => {
  test("brings every fact, a little old", () => {
    const { snapshot, world } = charging();
    const age = world.nowMs - snapshot.meter.atMs;
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(5);
    expect(snapshot.transferDevice.contactNo).toBe("closed");
    expect(snapshot.stages[0]).toMatchObject({ role: "charge", alive: true, verified: true, antiIslanding: true });
    expect(snapshot.stages[0]!.powerW).toBeCloseTo(30_000, -3);
    expect(snapshot.meter.powerW).toBeCloseTo(130_000, -4);
    expect(snapshot.evses[0]).toMatchObject({
      connected: true,
      authorized: true,
      bidirectional: true,
      capacityWh: 155_000,
    });
    expect(snapshot.site.tierLoadW[0]).toBeCloseTo(20_000, 0);
  });

  test("a stage is verified only after its start-up verification", () => {
    const { snapshot, run } = bench();
    run(1_000);
    expect(snapshot.stages[0]!.verified).toBe(false);
    run(1_000);
    expect(snapshot.stages[0]!.verified).toBe(true);
  });

  test("silence writes nothing at all, so that the watchdog ends it", () => {
    const { commands, run, world } = charging();
    commands.commandsEnabled = false;
    run(6_000);
    expect(world.stages[0]!.watchdogTripped).toBe(true);
    expect(world.stages[0]!.truePowerW).toBe(0);
  });

  test("latched by the controller's absence → reset when it is back; not with an alarm beside it", () => {
    const { commands, run, world, bridge, snapshot } = charging();
    commands.commandsEnabled = false;
    run(6_000);
    world.stages[1]!.trip(alarmBit.groundFault);
    bridge.restart();
    commands.commandsEnabled = true;
    run(2_000);
    expect(world.stages.map(({ watchdogTripped }) => watchdogTripped)).toEqual([false, true]);
    expect(snapshot.stages[1]!.verified).toBe(false);
    expect(world.stages[1]!.alarmBits & alarmBit.groundFault).not.toBe(0);
    run(2_000);
    expect(world.stages[0]!.truePowerW).toBeGreaterThan(25_000);
  });

  test("latched while the heartbeat is not earned → only when it is again", () => {
    const { commands, run, world } = charging();
    commands.heartbeatAllowed = false;
    run(20_000);
    expect(world.stages[0]!.watchdogTripped).toBe(true);
    commands.heartbeatAllowed = true;
    run(2_000);
    expect(world.stages[0]!.watchdogTripped).toBe(false);
  });

  test("a command whose lease is over is not written", () => {
    const { bridge, commands, world } = charging();
    commands.stages[0]!.powerW = 50_000;
    commands.stages[0]!.leaseUntilMs = world.nowMs - 1;
    bridge.write(commands, world.nowMs);
    world.advance(500);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(30_000, 0);
    expect(bridge.leasesExpired).toBe(1);
  });

  test("a meter that repeats its values brings no new sample, though its counter goes on", () => {
    const { snapshot, run, world } = charging();
    world.meter.faults.frozenCounting = true;
    run(100);
    const before = { ...snapshot.meter };
    run(500);
    expect(snapshot.meter.sampleCount).toBe(before.sampleCount);
    expect(snapshot.meter.sampleAtMs).toBe(before.sampleAtMs);
    expect(snapshot.meter.atMs).toBeGreaterThan(before.atMs);
  });

  const links: readonly (readonly [string, (bench: Bench) => void, (before: number, bench: Bench) => void])[] = [
    [
      "down: the stage's facts grow old",
      (b) => {
        b.bridge.stagePorts[0]!.link.down = true;
      },
      (t, b) => {
        expect(b.snapshot.stages[0]!.atMs).toBeLessThan(t);
        expect(b.snapshot.stages[0]!.verified).toBe(false);
      },
    ],
    [
      "garbage: refused like silence",
      (b) => {
        b.bridge.stagePorts[0]!.link.garbage = true;
      },
      (t, b) => expect(b.snapshot.stages[0]!.atMs).toBeLessThan(t),
    ],
    [
      "frozen: fresh arrival, old values, and the stage's own clock stands",
      (b) => {
        b.bridge.stagePorts[0]!.link.frozen = true;
        b.world.vehicles[0]!.setSoc(10);
      },
      (t, b) => {
        expect(b.snapshot.stages[0]!.atMs).toBeGreaterThan(t);
        expect(b.snapshot.stages[0]!.liveAtMs).toBeLessThan(t);
        expect(b.snapshot.stages[0]!.socPct).toBeGreaterThan(70);
      },
    ],
    [
      "frozen at the transfer device: it answers, and its own clock stands",
      (b) => {
        b.bridge.transferDeviceLink.frozen = true;
      },
      (t, b) => {
        expect(b.snapshot.transferDevice.atMs).toBeGreaterThan(t);
        expect(b.snapshot.transferDevice.liveAtMs).toBeLessThan(t);
      },
    ],
    [
      "delay beyond the deadline: no facts",
      (b) => {
        b.bridge.meterLink.delayMs = 50;
      },
      (t, b) => expect(b.snapshot.meter.atMs).toBeLessThan(t),
    ],
    [
      "down at the transfer device: its facts grow old",
      (b) => {
        b.bridge.transferDeviceLink.down = true;
      },
      (t, b) => expect(b.snapshot.transferDevice.atMs).toBeLessThan(t),
    ],
  ];
  test.each(links)("link %s", (_, spoil, judge) => {
    const made = charging();
    const before = made.world.nowMs;
    spoil(made);
    made.run(1_000);
    judge(before, made);
  });

  test("setpoints that a late link delivers are refused as stale when newer ones have been executed", () => {
    const made = charging();
    const { link } = made.bridge.stagePorts[0]!;
    made.commands.stages[0]!.powerW = 55_000;
    link.late = true;
    made.run(20);
    link.late = false;
    made.commands.stages[0]!.powerW = 10_000;
    made.run(5_000);
    expect(made.world.stages[0]!.staleRefused).toBeGreaterThan(0);
    expect(made.world.stages[0]!.truePowerW).toBeCloseTo(10_000, 0);
  });

  test("a link that loses a fifth of its requests still moves the stage in the end", () => {
    const made = charging();
    made.bridge.stagePorts[0]!.link.lossShare = 0.2;
    made.commands.stages[0]!.powerW = 15_000;
    made.run(4_000);
    expect(made.bridge.writesLost).toBeGreaterThanOrEqual(0);
    expect(made.world.stages[0]!.truePowerW).toBeCloseTo(15_000, 0);
  });

  test("requests end with their lease when the backend is gone", () => {
    const { station, snapshot, run, world } = charging();
    station.request(0, -5_000);
    run(100);
    station.backendUp = false;
    run(1_000);
    expect(snapshot.evses[0]!.requestedW).toBe(-5_000);
    expect(snapshot.evses[0]!.requestUntilMs - world.nowMs).toBeLessThan(60_000 - 900);
  });

  test("a vehicle that falls silent grows old", () => {
    const { snapshot, run, world } = charging();
    world.vehicles[0]!.silent = true;
    const atMs = world.nowMs;
    run(2_000);
    expect(snapshot.evses[0]!.vehicleAtMs).toBeLessThanOrEqual(atMs);
    expect(snapshot.evses[1]!.vehicleAtMs).toBeGreaterThan(atMs);
    expect(never).toBe(Number.NEGATIVE_INFINITY);
  });
});
