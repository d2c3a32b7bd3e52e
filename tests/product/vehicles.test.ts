/** Vehicles in session with `islet run` over real sockets: what flows is what was decided, and stops when the vehicle does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Habit, habitOf } from "../../sim/peers/vehicle/habits.table.ts";
import { usualBattery } from "../../sim/peers/vehicle/steps.ts";
import { certificate, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { sleep, until } from "./site/judge.ts";
import { startVehicleSite, type VehicleSite } from "./site/vehicle-site.ts";

const patienceMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), "islet-ac-"));
const root = certificate({ name: "V2G root", authority: true });
const maker = certificate({ name: "Maker of vehicles", authority: true });
const car = certificate({ name: "CAR3", by: maker });
const charger = certificate({ name: "Charger 3", by: root });
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const tlsPort = 16_000 + Math.floor(Math.random() * 3_000);
const encrypted = {
  certificateFile: join(folder, "secc.pem"),
  keyFile: join(folder, "secc.key"),
  vehicleCaFile: join(folder, "makers.pem"),
  tlsPort,
};
writeFileSync(encrypted.certificateFile, charger.pem);
writeFileSync(encrypted.keyFile, keyOf(charger));
writeFileSync(encrypted.vehicleCaFile, maker.pem);

describe("a depot whose controller speaks with vehicles", () => {
  let site: VehicleSite;
  beforeAll(async () => {
    site = await startVehicleSite({
      stages: 4,
      links: [{}, {}, { connector: "ac3", ...encrypted }, { pauseAfterS: 2 }],
      pairs: ["SIM-003=CAR3,UL 1741 SC no. 1,SAE J3072 no. 1"],
      permitExportW: 8_000,
      backend: true,
    });
    expect(await until(() => site.backend.said.some(({ action }) => action === "StatusNotification"), patienceMs)).toBe(
      true,
    );
  }, 2 * patienceMs);
  afterAll(async () => {
    await site?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const powerW = (place: number): number => site.world.stages[place]!.truePowerW;
  const port = (place: number) => site.world.stages[place]!.port!;

  it(
    "a vehicle of ISO 15118-20 is charged within its limit, and the energy agrees with the plant within 1 Wh",
    async () => {
      let leaves = false;
      const { conversion } = site.world.stages[0]!;
      const beforeWh = conversion.importWms / 3_600_000;
      const { done } = site.vehicle(0, { leaves: () => leaves });
      expect(await until(() => powerW(0) > 25_000, patienceMs)).toBe(true);
      // The vehicle takes 30 kW at its side at most; its stage's losses come on top.
      let most = 0;
      for (let i = 0; i < 20; i++) {
        most = Math.max(most, powerW(0));
        await sleep(50);
      }
      expect(most).toBeLessThan(32_500);
      leaves = true;
      expect(await done).toMatchObject({ complete: true, trouble: "" });
      expect(port(0).closed).toBe(false);
      expect(
        await until(() => site.said(/session with vehicle CAR1 has ended \(stopped\)/) !== undefined, patienceMs),
      ).toBe(true);
      const used = () => site.process.lines.find(({ text }) => /vehicle CAR1 took/.test(text));
      expect(await until(() => used() !== undefined, patienceMs)).toBe(true);
      const toldWh = Number(used()!.fields["chargedWh"]);
      expect(Math.abs(toldWh - (conversion.importWms / 3_600_000 - beforeWh))).toBeLessThan(1);
    },
    2 * patienceMs,
  );

  it(
    "it is discharged in parallel with the grid, never beyond the export limit, and the other one is charged meanwhile",
    async () => {
      await site.backend.ask(1, -40_000);
      // It wants no more than it has: a departure that could be missed would come before what the backend asks.
      const first = site.vehicle(0, { battery: { ...usualBattery, id: "CAR1", targetPct: 40 } });
      const second = site.vehicle(1, { protocol: "DIN SPEC 70121", bidirectional: false, currentA: 20 });
      expect(await until(() => powerW(0) < -15_000 && powerW(1) > 5_000, patienceMs)).toBe(true);
      let mostExportW = Number.NEGATIVE_INFINITY;
      let leastW = 0;
      for (let i = 0; i < 60; i++) {
        mostExportW = Math.max(mostExportW, -site.world.network.pccW);
        leastW = Math.min(leastW, powerW(0));
        await sleep(20);
      }
      expect(mostExportW).toBeLessThan(8_500);
      // 20 kW at the vehicle's side.
      expect(leastW).toBeGreaterThan(-20_500);
      first.socket.destroy();
      expect(await until(() => powerW(0) === 0 && !port(0).closed, patienceMs)).toBe(true);
      // One vehicle never disturbs another.
      expect(powerW(1)).toBeGreaterThan(5_000);
      second.socket.destroy();
      expect(await until(() => powerW(1) === 0 && !port(1).closed, patienceMs)).toBe(true);
      const left = /CAR1 was ended: the vehicle closed the connection/;
      expect(await until(() => site.said(left) !== undefined, patienceMs)).toBe(true);
    },
    2 * patienceMs,
  );

  it(
    "an AC vehicle feeds through its own inverter where the permit names it with this EVSE; another one is charged only",
    async () => {
      const paired = { energy: "ac", voltageV: 277 } as const;
      await site.backend.ask(3, -10_000);
      // Over TLS with both sides' certificates, as the pair of charger and vehicle should be proven.
      const mutual = { port: tlsPort, ca: root.pem, cert: car.pem, key: keyOf(car) };
      // Needs no more than it has, as above: it may be discharged.
      const content = { ...usualBattery, id: "CAR3", targetPct: 40 };
      const own = site.vehicle(2, { ...paired, battery: content }, mutual);
      expect(await until(() => powerW(2) < -5_000, patienceMs)).toBe(true);
      own.socket.destroy();
      expect(await until(() => powerW(2) === 0 && !port(2).closed, patienceMs)).toBe(true);

      const id = "CAR9";
      const stranger = { ...paired, battery: { ...usualBattery, id } };
      expect((await site.vehicle(2, stranger).done).trouble).toBe("ServiceDetail: FAILED_ServiceIDInvalid");
      await site.backend.ask(3, 10_000);
      const other = site.vehicle(2, { ...stranger, bidirectional: false });
      expect(await until(() => powerW(2) > 5_000, patienceMs)).toBe(true);
      const told = /Bay 3: vehicle CAR9 is charged only: permit PRODUCT names no pair of EVSE SIM-003/;
      expect(await until(() => site.said(told) !== undefined, patienceMs)).toBe(true);
      other.socket.destroy();
      expect(await until(() => powerW(2) === 0 && !port(2).closed, patienceMs)).toBe(true);
    },
    2 * patienceMs,
  );

  it(
    "a vehicle for which the backend has no power is asked to pause, sleeps without a duty cycle, and is woken into its session",
    async () => {
      await site.backend.ask(4, 8_000);
      const first = site.vehicle(3, { bidirectional: false });
      expect(await until(() => powerW(3) > 5_000, patienceMs)).toBe(true);
      await site.backend.ask(4, 0);
      const paused = await first.done;
      expect(paused).toMatchObject({ complete: true, asked: "pause" });
      expect(paused.lastLoop?.["EVSEStatus"]).toMatchObject({ EVSENotification: "Pause", NotificationMaxDelay: 60 });
      // Allows none, where the vehicle's own need was heard before: then that is what the backend's limit closes.
      const pauses = /Bay 4: vehicle CAR4 is asked to pause: the backend (asks for|allows) no power/;
      expect(await until(() => site.said(pauses) !== undefined, patienceMs)).toBe(true);
      expect(await until(() => port(3).dutyPct === 100 && !port(3).closed, patienceMs)).toBe(true);
      const { dutyBegins } = port(3);
      await site.backend.ask(4, 8_000);
      expect(await until(() => port(3).dutyBegins === dutyBegins + 1, patienceMs)).toBe(true);
      const again = site.vehicle(3, { bidirectional: false, resumes: paused.sessionId });
      expect(await until(() => powerW(3) > 5_000, patienceMs)).toBe(true);
      again.socket.destroy();
      expect((await again.done).steps[0]).toBe("SessionSetup OK_OldSessionJoined");
    },
    2 * patienceMs,
  );

  it.each([
    ["garbage", /CAR2 was ended: a message that can't be read/],
    ["wrong-session", /CAR2 was ended: \w+ in loop: FAILED_UnknownSession/],
    ["pilot-leaves", /CAR2 was ended: the control pilot is in B while charging/],
    ["half-frame", /CAR2 was ended: no request for 5 s in loop/],
  ])(
    "%s → power off, contactors open, one line with the vehicle's name, and the place serves the next one",
    async (name, line) => {
      const said = (): number => site.process.lines.filter(({ text }) => line.test(text)).length;
      const before = said();
      const { done, socket } = site.vehicle(1, {
        habit: habitOf(name),
        onPilot: (state) => {
          site.world.vehicles[1]!.pilot = state;
        },
      });
      expect(await until(() => port(1).closed, patienceMs)).toBe(true);
      expect(await until(() => !port(1).closed && powerW(1) === 0, patienceMs)).toBe(true);
      expect((await done).complete).toBe(false);
      // While it lives it sets the pilot in each of its rounds.
      site.world.vehicles[1]!.pilot = "";
      socket.destroy();
      expect(await until(() => said() === before + 1, patienceMs)).toBe(true);
    },
    2 * patienceMs,
  );

  it(
    "a vehicle that can do with no less than 15 kW gets nothing where 8 kW are asked for, and 20 kW where these are",
    async () => {
      await site.backend.ask(2, 8_000);
      const picky = site.vehicle(1, { bidirectional: false, habit: habitOf("picky") });
      expect(await until(() => port(1).closed, patienceMs)).toBe(true);
      let mostW = 0;
      for (let i = 0; i < 30; i++) {
        mostW = Math.max(mostW, powerW(1));
        await sleep(50);
      }
      // Its stage's own use while it waits.
      expect(mostW).toBeLessThan(500);
      await site.backend.ask(2, 20_000);
      expect(await until(() => powerW(1) > 15_000, patienceMs)).toBe(true);
      picky.socket.destroy();
      expect(await until(() => powerW(1) === 0 && !port(1).closed, patienceMs)).toBe(true);
    },
    2 * patienceMs,
  );

  it(
    "the charger's page says who is in session, how far, for what it waits, and why the last session ended",
    async () => {
      const page = await site.page();
      const reads = (pattern: RegExp) =>
        until(async () => pattern.test(await page.words("/fleet/charger/2")), patienceMs, 300);
      let goesOn = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        goesOn = resolve;
      });
      const { socket } = site.vehicle(1, { bidirectional: false, pace: () => held.then(() => sleep(50)) });
      expect(
        await reads(/ISO 15118-20, CAR2 (Negotiates|Cable check) Waits for the vehicle\S+ next message, for \d+ s/),
      ).toBe(true);
      goesOn();
      expect(await reads(/ISO 15118-20, CAR2 Energy may flow (Waits for .*)?Charges only/)).toBe(true);
      socket.destroy();
      expect(await reads(/Last session, [\d:]+ ISO 15118-20, CAR2\. Ended because of this: the vehicle closed/)).toBe(
        true,
      );
      // The session before ended likewise: the next test begins when this one's power is gone.
      expect(await until(() => powerW(1) === 0 && !port(1).closed, patienceMs)).toBe(true);
    },
    2 * patienceMs,
  );

  it(
    "a vehicle of ISO 15118-20 that falls silent gets no current soon after half a second",
    async () => {
      let lastSentMs = 0;
      const silent = habitOf("silent")!;
      const habit: Habit = {
        ...silent,
        send(outgoing) {
          const pieces = silent.send?.(outgoing);
          if (pieces === undefined) lastSentMs = site.world.nowMs;
          return pieces;
        },
      };
      const { socket } = site.vehicle(1, { habit });
      expect(await until(() => powerW(1) > 2_000, patienceMs, 5)).toBe(true);
      expect(await until(() => powerW(1) === 0, patienceMs, 2)).toBe(true);
      const afterMs = site.world.nowMs - lastSentMs;
      // What it takes on an idle machine: npm run -s bench -- v2g.
      expect(afterMs).toBeGreaterThan(450);
      expect(afterMs).toBeLessThan(2_000);
      socket.destroy();
    },
    2 * patienceMs,
  );
});
