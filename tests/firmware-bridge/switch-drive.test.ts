/** K1's outputs cycle by cycle: how long each is on, in which order, and what a command that changes leaves of it. */
import { describe, expect, test } from "vitest";
import { SwitchDrive } from "../../firmware-bridge/parts/switch-drive.ts";

type Drive = "coil" | "pulse" | "hold-to-run";
type Command = "none" | "open" | "close";

const stepMs = 20;

/** A module that acknowledges each output a step later, and a K1 that arrives `travelMs` after its output went on. */
class Bench {
  readonly drive: SwitchDrive;
  readonly closeOutput = { value: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  readonly openOutput = { value: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  readonly position = { open: false, closed: true };
  readonly closedMs: number[] = [];
  readonly openedMs: number[] = [];
  both = false;
  answers = true;
  nowMs = 0;

  constructor(drive: Drive, onMs = 500) {
    this.drive = new SwitchDrive({ drive, onMs });
  }

  run(command: Command, sequence: number, forMs: number): void {
    const { drive, closeOutput, openOutput } = this;
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += stepMs) {
      const mayClose = sequence > drive.closeSequence;
      drive.update(command, sequence, mayClose, closeOutput, openOutput, this.position, this.nowMs);
      if (drive.close === 1) this.closedMs.push(this.nowMs);
      if (drive.open === 1) this.openedMs.push(this.nowMs);
      if (drive.close === 1 && drive.open === 1) this.both = true;
      if (!this.answers) continue;
      for (const [output, wanted] of [
        [closeOutput, drive.close],
        [openOutput, drive.open],
      ] as const)
        if (!Number.isNaN(wanted) && wanted !== output.value)
          Object.assign(output, { value: wanted, atMs: this.nowMs + stepMs });
    }
  }
}

describe("a coil", () => {
  test("is not touched before the first command", () => {
    const bench = new Bench("coil");
    bench.run("none", 0, 1_000);
    expect(bench.closeOutput.value).toBeNaN();
  });

  test("closes once for each number, and says it no more once it is acknowledged", () => {
    const bench = new Bench("coil");
    bench.run("open", 0, 1_000);
    expect(bench.closeOutput.value).toBe(0);
    bench.run("close", 1, 1_000);
    expect(bench.closeOutput.value).toBe(1);
    expect(bench.closedMs.length).toBeLessThan(5);
    // The module restarts: nobody closes K1 again.
    bench.closeOutput.value = 0;
    bench.run("close", 1, 1_000);
    bench.run("none", 1, 1_000);
    expect(bench.closeOutput.value).toBe(0);
    bench.run("close", 2, 1_000);
    expect(bench.closeOutput.value).toBe(1);
  });
});

describe.each(["pulse", "hold-to-run"] as const)("two outputs, %s", (kind) => {
  test("both are off before the first command", () => {
    const bench = new Bench(kind);
    bench.run("none", 0, 200);
    expect([bench.closeOutput.value, bench.openOutput.value]).toEqual([0, 0]);
  });

  test("an open that changes into a close: the first goes off before the second goes on", () => {
    const bench = new Bench(kind);
    bench.position.closed = false;
    bench.run("none", 0, 100);
    bench.run("open", 0, 200);
    bench.run("close", 1, 400);
    bench.run("open", 1, 400);
    expect(bench.both).toBe(false);
    expect(bench.openedMs.length).toBeGreaterThan(0);
    expect(bench.closedMs.length).toBeGreaterThan(0);
  });

  test("a module that does not answer: the output is taken back in its time", () => {
    const bench = new Bench(kind);
    bench.run("none", 0, 100);
    bench.answers = false;
    bench.run("open", 0, 2_600);
    expect(bench.drive.open).toBe(0);
    expect(bench.openedMs.at(-1)! - bench.openedMs[0]!).toBeLessThanOrEqual(2_500);
  });

  test("a K1 that does not open is tried again, more and more seldom", () => {
    const bench = new Bench(kind);
    bench.run("none", 0, 100);
    bench.run("open", 0, 60_000);
    const starts = bench.openedMs.filter((atMs, i) => atMs - (bench.openedMs[i - 1] ?? -1e9) > 1_000);
    const pauses = starts.slice(1).map((atMs, i) => atMs - starts[i]!);
    expect(starts.length).toBeLessThan(7);
    expect(pauses.every((pauseMs, i) => i === 0 || pauseMs > pauses[i - 1]!)).toBe(true);
  });
});

test("a pulse is as long as it should be although K1 arrives, and the command ends, sooner", () => {
  const bench = new Bench("pulse");
  bench.position.closed = false;
  bench.run("none", 0, 100);
  bench.run("close", 1, 200);
  bench.position.closed = true;
  bench.run("none", 1, 1_000);
  expect(bench.closedMs.at(-1)! - bench.closedMs[0]!).toBeGreaterThanOrEqual(480);
  expect(bench.closeOutput.value).toBe(0);
});

test("a motor stops where the contacts say that K1 has arrived, and does not close without a command", () => {
  const bench = new Bench("hold-to-run", 5_000);
  bench.run("none", 0, 100);
  bench.run("open", 0, 300);
  bench.position.closed = false;
  bench.position.open = true;
  bench.run("open", 0, 2_000);
  expect(bench.openedMs.at(-1)! - bench.openedMs[0]!).toBeLessThan(400);
  bench.position.open = false;
  bench.run("close", 1, 300);
  bench.run("none", 1, 200);
  expect(bench.closeOutput.value).toBe(0);
});
