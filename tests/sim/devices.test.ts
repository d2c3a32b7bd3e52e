import { describe, expect, test } from "vitest";
import { Hand, smallWorld } from "./worlds.ts";

const still = { noise: 0, jitterMs: 0, lossShare: 0, gain: 1, lsbW: 1 } as const;

describe("the PCC meter", () => {
  test("shows the mean of its window, after its latency", () => {
    const world = smallWorld({ meter: { ...still, updateMs: 100, windowMs: 100, latencyMs: 30 } });
    world.advance(1_000);
    expect(world.meter.powerW).toBeCloseTo(70_000, -1);
    const toWindowEnd = world.meter.nextSampleMs - world.nowMs;
    world.advance(toWindowEnd + 60);
    const hand = new Hand(world);
    world.building.hold(150_000);
    hand.wait(40);
    world.advance(29);
    expect(world.meter.powerW).toBeCloseTo(70_000, -1);
    world.advance(2);
    // Forty percent of the window have seen the step.
    expect(world.meter.powerW).toBeCloseTo(110_000, -2);
    world.advance(200);
    expect(world.meter.powerW).toBeCloseTo(170_000, -1);
  });

  test("a sliding window of five updates is slower than one of one", () => {
    const shown = (windowMs: number): number => {
      const world = smallWorld({ meter: { ...still, updateMs: 20, windowMs, latencyMs: 0 } });
      world.building.hold(150_000);
      world.advance(60);
      return world.meter.powerW;
    };
    expect(shown(100)).toBeLessThan(shown(20));
  });

  test("a window that is no multiple of the update is refused", () => {
    expect(() => smallWorld({ meter: { updateMs: 20, windowMs: 50 } })).toThrow(/windowMs 50/);
  });

  test("counts energy in both directions like the books", () => {
    const world = smallWorld({ meter: still }, 0);
    const hand = new Hand(world);
    hand.command(0, { role: "discharge", powerW: -50_000 });
    hand.wait(20_000);
    const { importWh, exportWh } = world.books.balance();
    expect(world.meter.importWh).toBeCloseTo(importWh, 3);
    expect(world.meter.exportWh).toBeCloseTo(exportWh, 3);
    expect(exportWh).toBeGreaterThan(100);
  });

  const faults: readonly (readonly [
    string,
    (world: ReturnType<typeof smallWorld>) => void,
    (before: { powerW: number; count: number }, after: { powerW: number; count: number }) => void,
  ])[] = [
    [
      "frozen: neither value nor counter moves",
      (w) => {
        w.meter.faults.frozen = true;
      },
      (a, b) => expect(b).toEqual(a),
    ],
    [
      "frozen but counting",
      (w) => {
        w.meter.faults.frozenCounting = true;
      },
      (a, b) => {
        expect(b.powerW).toBe(a.powerW);
        expect(b.count).toBeGreaterThan(a.count);
      },
    ],
    [
      "reversed: the sign is wrong",
      (w) => {
        w.meter.faults.reversed = true;
      },
      (_, b) => expect(b.powerW).toBeCloseTo(-90_000, -1),
    ],
    [
      "not a number",
      (w) => {
        w.meter.faults.notANumber = true;
      },
      (_, b) => expect(b.powerW).toBeNaN(),
    ],
  ];
  test.each(faults)("%s", (_, raise, judge) => {
    const world = smallWorld({ meter: still });
    const see = () => ({ powerW: world.meter.powerW, count: world.meter.sampleCount });
    const before = see();
    raise(world);
    world.tiers[0]!.loadW = 40_000;
    world.advance(500);
    judge(before, see());
  });

  test("with its supply from the grid it is dark in an outage", () => {
    const world = smallWorld({ meter: { gridPowered: true } });
    world.setGrid({ present: false });
    world.advance(1_000);
    expect(world.meter.dark).toBe(true);
  });
});

describe("the transfer device", () => {
  const travel = { openTravelMs: 60, closeTravelMs: 60, contactLagMs: 5 } as const;
  const made = () => {
    const world = smallWorld({ transferDevice: travel });
    return { world, device: world.transferDevice };
  };

  test("open takes its travel time, and both contacts follow", () => {
    const { world, device } = made();
    device.commandOpen();
    world.advance(55);
    expect(device.closed).toBe(true);
    world.advance(20);
    expect([device.closed, device.contactNo, device.contactNc]).toEqual([false, "open", "open"]);
  });

  test("close acts once per sequence number, however often it is repeated", () => {
    const { world, device } = made();
    world.setGrid({ present: false });
    device.commandOpen();
    world.advance(200);
    device.commandClose(1);
    world.advance(200);
    expect(device.closed).toBe(true);
    device.commandOpen();
    world.advance(200);
    device.commandClose(1);
    world.advance(200);
    expect(device.closed).toBe(false);
    expect(device.operations).toBe(3);
  });

  test("a close under way finishes before an open begins", () => {
    const { world, device } = made();
    world.setGrid({ present: false });
    device.commandOpen();
    world.advance(200);
    device.commandClose(1);
    world.advance(30);
    device.commandOpen();
    world.advance(40);
    expect(device.closed).toBe(true);
    world.advance(80);
    expect(device.closed).toBe(false);
  });

  test("without a standing command it stays where it is", () => {
    const { world, device } = made();
    device.commandNone();
    world.advance(500);
    expect(device.closed).toBe(true);
  });

  const lies: readonly (readonly [
    string,
    (faults: ReturnType<typeof made>["device"]["faults"]) => void,
    boolean,
    string,
    string,
  ])[] = [
    [
      "welded: it does not open, and its contacts say so",
      (f) => {
        f.welded = true;
      },
      true,
      "closed",
      "closed",
    ],
    [
      "contact NO stuck closed disagrees",
      (f) => {
        f.contactNo = "closed";
      },
      false,
      "closed",
      "open",
    ],
    [
      "contact NC stuck closed disagrees",
      (f) => {
        f.contactNc = "closed";
      },
      false,
      "open",
      "closed",
    ],
    [
      "welded with echoing contacts lies completely",
      (f) => {
        f.welded = true;
        f.echo = true;
      },
      true,
      "open",
      "open",
    ],
    [
      "five times slower: not there yet",
      (f) => {
        f.slowness = 5;
      },
      true,
      "closed",
      "closed",
    ],
  ];
  test.each(lies)("%s", (_, raise, closed, no, nc) => {
    const { world, device } = made();
    raise(device.faults);
    device.commandOpen();
    world.advance(200);
    expect([device.closed, device.contactNo, device.contactNc]).toEqual([closed, no, nc]);
  });

  test("its relay says in synchronism only after the windows have held", () => {
    const { world, device } = made();
    const hand = new Hand(world);
    hand.island();
    world.setGrid({ present: true, voltagePu: 1 });
    // The island runs a fifth of a hertz slow under its load: the angle drifts through the window and out again.
    let seen = 0;
    for (let i = 0; i < 100; i++) {
      world.advance(100);
      if (device.syncRelay) {
        seen++;
        expect(Math.abs(device.phaseDeg)).toBeLessThan(35);
      }
    }
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(60);
  });
});
