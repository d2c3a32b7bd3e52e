import { describe, expect, test } from "vitest";
import { createControlApi, startControlApi } from "../../sim/run/control-api.ts";
import { Simulation } from "../../sim/run/simulation.ts";
import { smallWorld } from "./worlds.ts";

type Body = Record<string, unknown>;
interface Row {
  readonly what: string;
  readonly path: string;
  readonly body: Body;
  readonly status: number;
  readonly says?: RegExp;
  readonly sees?: (simulation: Simulation) => unknown;
  readonly is?: unknown;
}

const rows: readonly Row[] = [
  {
    what: "the grid goes away",
    path: "/grid",
    body: { present: false },
    status: 200,
    sees: (s) => s.world.grid.present,
    is: false,
  },
  {
    what: "the grid sags",
    path: "/grid",
    body: { voltagePu: 0.8 },
    status: 200,
    sees: (s) => s.world.grid.setVoltagePu,
    is: 0.8,
  },
  { what: "a grid of nine times its voltage", path: "/grid", body: { voltagePu: 9 }, status: 400, says: /voltagePu/ },
  { what: "an unknown setting", path: "/grid", body: { volts: 230 }, status: 400, says: /volts/ },
  {
    what: "a plug-in",
    path: "/plug",
    body: { evse: 1, ev: { socPct: 33 } },
    status: 200,
    sees: (s) => Math.round(s.world.vehicles[0]!.socPct),
    is: 33,
  },
  {
    what: "a plug-in of a one-way vehicle",
    path: "/plug",
    body: { evse: 1, ev: { bidirectional: false } },
    status: 200,
    sees: (s) => s.world.vehicles[0]!.bidirectional,
    is: false,
  },
  {
    what: "a plug-in where there is no EVSE",
    path: "/plug",
    body: { evse: 9 },
    status: 400,
    says: /must be from 1 to 2/,
  },
  {
    what: "unplugged",
    path: "/unplug",
    body: { evse: 2 },
    status: 200,
    sees: (s) => s.world.vehicles[1]!.connected,
    is: false,
  },
  {
    what: "the vehicle pauses",
    path: "/ev",
    body: { evse: 1, state: "pause" },
    status: 200,
    sees: (s) => s.world.stages[0]!.maxChargeW,
    is: 0,
  },
  {
    what: "a fault",
    path: "/fault",
    body: { target: "stage", error: "stuck", evse: 2 },
    status: 200,
    sees: (s) => s.world.stages[1]!.faults.stuck,
    is: true,
  },
  {
    what: "a fault that nobody knows",
    path: "/fault",
    body: { target: "stage", error: "bored" },
    status: 400,
    says: /not one of hung/,
  },
  {
    what: "a load of a tier by name",
    path: "/load",
    body: { tier: "Critical", powerW: 5_000 },
    status: 200,
    sees: (s) => s.world.tiers[0]!.loadW,
    is: 5_000,
  },
  {
    what: "a load of a tier by number",
    path: "/load",
    body: { tier: 1, powerW: 6_000, powerFactor: 0.8 },
    status: 200,
    sees: (s) => s.world.tiers[0]!.loadW,
    is: 6_000,
  },
  {
    what: "a load of a tier that is not there",
    path: "/load",
    body: { tier: "Pool", powerW: 1 },
    status: 400,
    says: /Critical/,
  },
  { what: "the building on its data again", path: "/load", body: { tier: "building", powerW: null }, status: 200 },
  {
    what: "an emergency stop",
    path: "/emergency-stop",
    body: { evse: 1 },
    status: 200,
    sees: (s) => s.world.stages[0]!.alarmBits,
    is: 1 << 6,
  },
  {
    what: "a register",
    path: "/meter",
    body: { evse: 1, measurand: "Energy.Active.Import.Register", value: 1_234 },
    status: 200,
    sees: (s) => s.world.stages[0]!.importWh,
    is: 1_234,
  },
  {
    what: "a state of charge",
    path: "/meter",
    body: { evse: 1, measurand: "SoC", value: 44 },
    status: 200,
    sees: (s) => Math.round(s.world.stages[0]!.socPct),
    is: 44,
  },
  {
    what: "a state of charge of 300 %",
    path: "/meter",
    body: { evse: 1, measurand: "SoC", value: 300 },
    status: 400,
    says: /0 to 100/,
  },
  {
    what: "the calendar",
    path: "/clock",
    body: { offset: 3_600 },
    status: 200,
    sees: (s) => s.world.calendarShiftMs,
    is: 3_600_000,
  },
  {
    what: "a lock that fails",
    path: "/lock-fail",
    body: { evse: 1 },
    status: 200,
    sees: (s) => s.uses[0]!.lockFailed,
    is: true,
  },
  { what: "what needs a controller, without one", path: "/kill", body: {}, status: 501, says: /islet demo/ },
  { what: "an operation that does not exist", path: "/explode", body: {}, status: 404, says: /is not one of/ },
];

describe("the control API", () => {
  test.each(rows.map((row) => [row.what, row] as const))("%s", async (_, { path, body, status, says, sees, is }) => {
    const simulation = new Simulation(smallWorld());
    const app = createControlApi(simulation);
    const reply = await app.inject({ method: "POST", url: path, payload: body });
    expect(reply.statusCode).toBe(status);
    expect(reply.json().ok).toBe(status === 200);
    if (says !== undefined) expect(reply.json().error).toMatch(says);
    if (sees !== undefined) expect(sees(simulation)).toBe(is);
    await app.close();
  });

  test("a body that is not JSON or too long is refused and changes nothing", async () => {
    const app = createControlApi(new Simulation(smallWorld()));
    const headers = { "content-type": "application/json" };
    expect((await app.inject({ method: "POST", url: "/grid", headers, payload: "{" })).statusCode).toBe(400);
    const long = JSON.stringify({ idToken: "x".repeat(300_000) });
    expect((await app.inject({ method: "POST", url: "/swipe", headers, payload: long })).statusCode).toBe(413);
    await app.close();
  });

  const json = "application/json";
  test.each([
    ["a page of another site", { origin: "https://evil.example", "content-type": json }, 403],
    ["a page that was opened from a file", { origin: "null", "content-type": json }, 403],
    ["a page on another port of this machine", { origin: "http://localhost:9999", "content-type": json }, 403],
    ["a page, as the browser says", { "sec-fetch-site": "cross-site", "content-type": json }, 403],
    ["a foreign name that was pointed here", { host: "evil.example", "content-type": json }, 421],
    ["a foreign name that looks like here", { host: "127.0.0.1.evil.example", "content-type": json }, 421],
    ["a form without asking first", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["plain text without asking first", { "content-type": "text/plain" }, 415],
    ["nothing at all without asking first", {}, 415],
  ])("%s presses no emergency stop", async (_, headers, status) => {
    const simulation = new Simulation(smallWorld());
    const app = createControlApi(simulation);
    const before = JSON.stringify(simulation.uses);
    const reply = await app.inject({
      method: "POST",
      url: "/emergency-stop",
      headers: { host: "127.0.0.1:15900", ...headers },
    });
    expect(reply.statusCode).toBe(status);
    expect(reply.json().ok).toBe(false);
    expect(JSON.stringify(simulation.uses)).toBe(before);
    await app.close();
  });
  test("a program on this machine does", async () => {
    const app = createControlApi(new Simulation(smallWorld()));
    const reply = await app.inject({
      method: "POST",
      url: "/emergency-stop",
      headers: { host: "127.0.0.1:15900" },
      payload: {},
    });
    expect(reply.statusCode).toBe(200);
    await app.close();
  });

  test("hooks get what concerns the controller", async () => {
    const seen: unknown[] = [];
    const app = createControlApi(new Simulation(smallWorld()), {
      power: (request) => {
        seen.push(request.on, request.fresh);
      },
      network: (up) => {
        seen.push(up);
      },
      swipe: ({ idToken, evses }) => {
        seen.push(idToken, evses);
      },
    });
    await app.inject({ method: "POST", url: "/power", payload: { on: true, fresh: true } });
    await app.inject({ method: "POST", url: "/network", payload: { up: false } });
    await app.inject({ method: "POST", url: "/swipe", payload: { idToken: "CARD", evses: [1] } });
    expect(seen).toEqual([true, true, false, "CARD", [1]]);
    await app.close();
  });

  test("a vehicle asks for energy a second after the cable is in", async () => {
    const simulation = new Simulation(smallWorld());
    simulation.unplug(0);
    const app = createControlApi(simulation);
    await app.inject({ method: "POST", url: "/plug", payload: { evse: 1 } });
    expect(simulation.world.stages[0]!.maxChargeW).toBe(0);
    expect(simulation.pending).toEqual(["vehicle at EVSE 1 asks for energy"]);
    simulation.advanceTo(simulation.world.nowMs + 1_100);
    expect(simulation.world.stages[0]!.maxChargeW).toBe(60_000);
    await app.close();
  });

  test("state tells the whole truth, events stream it, and closing leaves nothing behind", async () => {
    const simulation = new Simulation(smallWorld());
    const api = await startControlApi(simulation);
    const state = (await (await fetch(`${api.url}/state`)).json()) as Record<string, unknown>;
    expect(state).toMatchObject({ grid: { present: true }, transferDevice: { closed: true }, violations: [] });
    expect(state["evses"]).toHaveLength(2);
    const events = await fetch(`${api.url}/events`);
    const reader = events.body!.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    expect(first.startsWith("data: {")).toBe(true);
    await reader.cancel();
    await api.close();
    await expect(fetch(`${api.url}/state`)).rejects.toThrow();
  });
});
