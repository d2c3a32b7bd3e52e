import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Right } from "../../src/app/links/asks.table.ts";
import { type Accounts, openAccounts } from "../../src/dashboard/access/accounts.ts";
import { selfSign } from "../../src/dashboard/access/certificate.ts";
import type { AccountRole } from "../../src/dashboard/actions.ts";
import { applyPatch, type Json, type Patch } from "../../src/dashboard/delta.ts";
import { apiRoutes } from "../../src/dashboard/server/api.ts";
import { loadAssets } from "../../src/dashboard/server/assets.ts";
import { backlogMaxBytes } from "../../src/dashboard/server/hub.ts";
import { createDashboard, type Dashboard, type DashboardOptions } from "../../src/dashboard/server/server.ts";
import { siteStateSchema } from "../../src/dashboard/state.ts";
import { type LinkSite, linkSite } from "../app/links/site.ts";
import { createFakeSource, type FakeSource } from "./fakeSource.ts";
import { sampleState } from "./sampleStates.ts";

const log = pino({ level: "silent" });
const passwords: Record<AccountRole, string> = {
  viewer: "four quiet otters",
  operator: "five loud herons",
  installer: "six slow badgers",
};

let source: FakeSource;
let accounts: Accounts;
let board: Dashboard;
const open: Dashboard[] = [];

async function start(more: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const started = await createDashboard({
    port: 0,
    host: "127.0.0.1",
    source,
    accounts,
    log,
    version: "0.1.0",
    ...more,
  });
  open.push(started);
  return started;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  json(): Record<string, unknown>;
}

/** A plain HTTP request that sends exactly these headers. */
function ask(
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string; port?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: "127.0.0.1", port: options.port ?? board.port, method, path, headers: options.headers ?? {} },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: () => JSON.parse(text) as Record<string, unknown>,
          }),
        );
      },
    );
    request.on("error", reject);
    if (options.body !== undefined) request.write(options.body);
    request.end();
  });
}

interface Visitor {
  readonly cookie: string;
  readonly csrf: string;
}

async function signIn(role: AccountRole, port = board.port): Promise<Visitor> {
  const answer = await ask("POST", "/login", {
    port,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ name: role, password: passwords[role] }).toString(),
  });
  expect(answer.status).toBe(303);
  const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  const page = await ask("GET", "/", { port, headers: { cookie } });
  return { cookie, csrf: /"csrf":"([^"]+)"/.exec(page.text)?.[1] ?? "" };
}

const act = (visitor: Visitor, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask("POST", "/api/v1/actions", {
    headers: { "content-type": "application/json", cookie: visitor.cookie, "x-islet-csrf": visitor.csrf, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const people = {} as Record<AccountRole, Visitor>;

beforeAll(async () => {
  accounts = openAccounts(null);
  for (const role of ["viewer", "operator", "installer"] as const) await accounts.set(role, role, passwords[role]);
  source = createFakeSource(sampleState("parallel"));
  board = await start();
  for (const role of ["viewer", "operator", "installer"] as const) people[role] = await signIn(role);
});
beforeEach(() => {
  source.set(sampleState("parallel"));
  source.acted.length = 0;
  source.audited.length = 0;
  source.refusal = null;
  source.delayMs = 0;
  source.silent = false;
});
afterAll(async () => {
  for (const one of open) await one.close();
});

/** Server-sent events as they come. */
async function listen(
  visitor: Visitor,
  until: (events: { event: string; data: string }[]) => boolean,
  meanwhile: () => void = () => {},
): Promise<{ event: string; data: string }[]> {
  return new Promise((resolve, reject) => {
    const events: { event: string; data: string }[] = [];
    const request = httpRequest(
      { host: "127.0.0.1", port: board.port, path: "/api/v1/events", headers: { cookie: visitor.cookie } },
      (response) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          rest += part;
          const frames = rest.split("\n\n");
          rest = frames.pop() ?? "";
          for (const frame of frames) {
            const event = /^event: (.*)$/m.exec(frame)?.[1];
            const data = /^data: (.*)$/m.exec(frame)?.[1];
            if (event && data) events.push({ event, data });
          }
          if (until(events)) {
            request.destroy();
            resolve(events);
          }
        });
        meanwhile();
      },
    );
    request.on("error", reject);
    request.end();
  });
}

describe("the live stream", () => {
  test("begins with a whole state; differences lead to the latest one", async () => {
    let sent = 0;
    const timer = setInterval(
      () => source.change((state) => ({ ...state, atMs: state.atMs + 50, pccW: (sent += 7) })),
      5,
    );
    const started = performance.now();
    const events = await listen(people.viewer, (all) => all.filter(({ event }) => event === "patch").length >= 8);
    const seconds = (performance.now() - started) / 1000;
    clearInterval(timer);
    expect(events.slice(0, 2).map(({ event }) => event)).toEqual(["hello", "state"]);
    let state: Json = null;
    let number = 0;
    for (const { event, data } of events) {
      const message = JSON.parse(data) as { n: number; state?: Json; patch?: Patch };
      if (event === "state") state = message.state ?? null;
      else if (event === "patch") {
        expect(message.n).toBe(number + 1);
        state = applyPatch(state, message.patch ?? null);
      } else continue;
      number = message.n;
    }
    const parsed = siteStateSchema.parse(state);
    expect(parsed.pccW).toBeGreaterThan(0);
    // 200 states a second were published; at most 10 a second are sent, the first at once.
    expect(events.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 5);
  });
  test("a silent controller is not made to look alive", async () => {
    source.silent = true;
    source.set(sampleState("parallel"));
    await new Promise((resolve) => setTimeout(resolve, 2700));
    const events: string[] = [];
    await Promise.race([
      listen(people.viewer, (all) => {
        events.splice(0, events.length, ...all.map(({ event }) => event));
        return false;
      }),
      new Promise((resolve) => setTimeout(resolve, 1600)),
    ]);
    expect(events).toEqual(["hello", "state"]);
  });
  test("a page that does not read is skipped and bounded, and then closed; others go on", async () => {
    const before = source.state();
    const socket = connect(board.port, "127.0.0.1");
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${people.viewer.cookie}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    const memoryBefore = process.memoryUsage().arrayBuffers;
    // Every update is as large as the whole state of fifty chargers.
    let flip = 0;
    const timer = setInterval(
      () => source.set({ ...sampleState(flip++ % 2 ? "parallel" : "island", 50), sequence: flip }),
      30,
    );
    const events = await listen(people.operator, (all) => all.length >= 25);
    clearInterval(timer);
    expect(events.length).toBeGreaterThanOrEqual(25);
    expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(20 * backlogMaxBytes);
    socket.destroy();
    if (before) source.set(before);
  });
});

describe("API", () => {
  test("the state keeps its contract, the view has the sentence", async () => {
    const headers = { cookie: people.viewer.cookie };
    expect(siteStateSchema.parse((await ask("GET", "/api/v1/state", { headers })).json()).site.name).toBe(
      "Cedar Yard bus depot",
    );
    expect((await ask("GET", "/api/v1/view?evse=7", { headers })).json()).toMatchObject({
      mode: { rest: "Exporting nothing, by permit." },
      why: { evse: 7 },
    });
  });
  test("history is bounded and judged", async () => {
    const headers = { cookie: people.viewer.cookie };
    expect((await ask("GET", "/api/v1/history?quantity=pccW&fromMs=0&toMs=1000", { headers })).status).toBe(200);
    for (const query of [
      "quantity=secrets&fromMs=0&toMs=1",
      "quantity=pccW&fromMs=5&toMs=1",
      "quantity=pccW&fromMs=0&toMs=1&pointsMax=1000000",
      "",
    ])
      expect((await ask("GET", `/api/v1/history?${query}`, { headers })).status).toBe(400);
  });
  test("the description names every route, and every route answers", async () => {
    const description = (await ask("GET", "/api/v1/openapi.json")).json() as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(description.openapi).toBe("3.1.0");
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(apiRoutes.map((route) => `${route.method} ${route.path}`).sort());
    for (const route of apiRoutes) {
      if (route.id === "events") continue;
      const answer = await ask(route.method, route.path, { headers: { cookie: people.viewer.cookie } });
      expect(answer.status, route.path).not.toBe(404);
      expect(answer.status, route.path).toBeLessThan(500);
    }
    expect(JSON.stringify(description)).not.toMatch(/undefined/);
  });
  test("before the first state: a plain answer everywhere", async () => {
    const empty = createFakeSource(null);
    const started = await start({ source: empty });
    const visitor = await signIn("viewer", started.port);
    expect(
      (await ask("GET", "/api/v1/state", { port: started.port, headers: { cookie: visitor.cookie } })).status,
    ).toBe(503);
    expect((await ask("GET", "/", { port: started.port, headers: { cookie: visitor.cookie } })).text).toContain(
      "No data yet",
    );
    expect((await ask("GET", "/healthz", { port: started.port })).json()).toEqual({ ok: true, ageMs: null });
  });
});

describe("actions", () => {
  test("done, with reason and cause id, in the audit", async () => {
    const answer = await act(people.operator, {
      action: "tighten",
      reason: "peak day",
      values: { demandLimitW: 200_000 },
    });
    expect(answer.json()).toEqual({ ok: true, sentence: "tighten: done, logged with your reason." });
    expect(source.acted).toHaveLength(1);
    expect(source.acted[0]).toMatchObject({
      request: { action: "tighten", reason: "peak day", values: { demandLimitW: 200_000 } },
      person: { name: "operator", role: "operator", onSite: false },
    });
    const entry = source.audited.find((one) => one.what === "acted");
    expect(entry?.causeId).toBe(source.acted[0]?.request.causeId);
    expect(entry?.detail).toContain("peak day");
  });
  test("what the controller refuses is told in its words", async () => {
    source.refusal = { key: "refuse.gridNeeded", values: { vehicle: "Bus 113", untilMs: "18:10" } };
    const answer = await act(people.operator, { action: "pause", reason: "test" });
    expect([answer.status, answer.json()["sentence"]]).toEqual([409, "Refused: Bus 113 needs the grid until 18:10."]);
  });
  test("two operators at once: one does it, the other is told", async () => {
    await accounts.set("second", "operator", passwords.operator);
    const signed = await ask("POST", "/login", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ name: "second", password: passwords.operator }).toString(),
    });
    const cookie = String(signed.headers["set-cookie"]).split(";")[0] ?? "";
    const csrf = /"csrf":"([^"]+)"/.exec((await ask("GET", "/", { headers: { cookie } })).text)?.[1] ?? "";
    source.delayMs = 50;
    const answers = await Promise.all([
      act(people.operator, { action: "reserve", reason: "a", values: { reservePct: 40 } }),
      act({ cookie, csrf }, { action: "reserve", reason: "b", values: { reservePct: 60 } }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(source.acted).toHaveLength(1);
    expect(answers.find((answer) => answer.status === 409)?.json()["sentence"]).toMatch(
      /^Already done by another user/,
    );
  });
  test("on site by the key switch, or by the local network port", async () => {
    const island = { action: "plannedIsland", reason: "test of the island" };
    expect((await act(people.operator, island)).json()).toMatchObject({ error: "refuse.onSiteIsland" });
    source.set({ ...sampleState("parallel"), site: { ...sampleState("parallel").site, onSite: true } });
    expect((await act(people.operator, island)).status).toBe(200);
    const local = await start({ onSiteAddresses: ["127.0.0.1"] });
    const visitor = await signIn("operator", local.port);
    source.set(sampleState("parallel"));
    const answer = await ask("POST", "/api/v1/actions", {
      port: local.port,
      headers: { "content-type": "application/json", cookie: visitor.cookie, "x-islet-csrf": visitor.csrf },
      body: JSON.stringify(island),
    });
    expect(answer.status).toBe(200);
    expect(source.acted.at(-1)?.person.onSite).toBe(true);
  });
});

describe("bad input", () => {
  const stop = { action: "stop", reason: "test" };
  const cases: readonly (readonly [string, () => Promise<Answer>, number, string?])[] = [
    ["no session", () => act({ cookie: "", csrf: "" }, stop), 401],
    ["a forged session", () => act({ cookie: `islet=${"A".repeat(43)}`, csrf: people.operator.csrf }, stop), 401],
    [
      "a session cut short",
      () => act({ cookie: people.operator.cookie.slice(0, -1), csrf: people.operator.csrf }, stop),
      401,
    ],
    ["a role that is too low", () => act(people.viewer, stop), 403, "role"],
    ["no token of the page", () => act({ ...people.operator, csrf: "" }, stop), 403, "csrf"],
    [
      "another session's token of the page",
      () => act({ ...people.operator, csrf: people.installer.csrf }, stop),
      403,
      "csrf",
    ],
    [
      "a post from another site (Origin)",
      () => act(people.operator, stop, { origin: "https://evil.example" }),
      403,
      "cross-site",
    ],
    [
      "a post from another port of this machine",
      () => act(people.operator, stop, { origin: "http://127.0.0.1:1" }),
      403,
      "cross-site",
    ],
    ["a post from an opaque origin", () => act(people.operator, stop, { origin: "null" }), 403, "cross-site"],
    [
      "a post from another site (Sec-Fetch-Site)",
      () => act(people.operator, stop, { "sec-fetch-site": "cross-site" }),
      403,
      "cross-site",
    ],
    ["a foreign host name (rebinding)", () => act(people.operator, stop, { host: "evil.example" }), 421, "host"],
    ["a body that is not JSON", () => act(people.operator, "{"), 400],
    ["a body that is an array", () => act(people.operator, "[]"), 400],
    ["a body as plain text", () => act(people.operator, "stop", { "content-type": "text/plain" }), 415],
    ["an unknown action", () => act(people.operator, { action: "explode", reason: "x" }), 400, "value"],
    [
      "values of the wrong kind",
      () => act(people.operator, { action: "tighten", reason: "x", values: { demandLimitW: { $gt: 0 } } }),
      400,
      "value",
    ],
    [
      "a number beyond all numbers",
      () => act(people.operator, '{"action":"tighten","reason":"x","values":{"demandLimitW":1e999}}'),
      400,
    ],
    [
      "a prototype in the values",
      () => act(people.operator, '{"action":"stop","reason":"x","values":{"__proto__":{"admin":1}}}'),
      400,
    ],
    [
      "a reason that is too long",
      () => act(people.operator, { action: "stop", reason: "x".repeat(201) }),
      400,
      "value",
    ],
    [
      "a body that is too large",
      () => act(people.operator, { action: "stop", reason: "x", values: { a: "y".repeat(100_000) } }),
      413,
    ],
    ["a path with dots", () => ask("GET", "/m/../../package.json", { headers: { cookie: people.viewer.cookie } }), 404],
    [
      "a path with coded dots",
      () => ask("GET", "/m/%2e%2e/%2e%2e/package.json", { headers: { cookie: people.viewer.cookie } }),
      404,
    ],
    [
      "a path with a coded slash",
      () => ask("GET", "/m/dashboard%2fserver.ts", { headers: { cookie: people.viewer.cookie } }),
      404,
    ],
    [
      "a source file that is not of the page",
      () => ask("GET", "/m/dashboard/server.ts", { headers: { cookie: people.viewer.cookie } }),
      404,
    ],
    ["a path with a null byte", () => ask("GET", "/m/%00", { headers: { cookie: people.viewer.cookie } }), 404],
    ["a broken percent code", () => ask("GET", "/%E0%A4%A", { headers: { cookie: people.viewer.cookie } }), 400],
    ["a made-up token", () => ask("GET", "/api/v1/state", { headers: { authorization: "Bearer islet_madeup" } }), 401],
    [
      "an unknown kind of authorization does not fall back to the session",
      () => ask("GET", "/api/v1/state", { headers: { authorization: "Basic eDp5", cookie: people.operator.cookie } }),
      401,
    ],
    [
      "accounts as an operator",
      () => ask("GET", "/accounts", { headers: { cookie: people.operator.cookie } }),
      403,
      "role",
    ],
    [
      "another account without the page's token",
      () =>
        ask("POST", "/accounts/set", {
          headers: { cookie: people.installer.cookie, "content-type": "application/x-www-form-urlencoded" },
          body: "name=eve&role=installer&password=0123456789",
        }),
      403,
      "csrf",
    ],
    [
      "a role change outside a demonstration",
      () =>
        ask("POST", "/api/v1/session/role", {
          headers: {
            cookie: people.viewer.cookie,
            "x-islet-csrf": people.viewer.csrf,
            "content-type": "application/json",
          },
          body: '{"role":"installer"}',
        }),
      403,
      "demo",
    ],
    [
      "an unknown method",
      () => ask("PUT", "/api/v1/actions", { headers: { cookie: people.operator.cookie }, body: "" }),
      404,
    ],
  ];
  test.each(cases.map(([name, run, status, error]) => ({ name, run, status, error })))(
    "$name is refused plainly",
    async ({ run, status, error }) => {
      const answer = await run();
      expect(answer.status).toBe(status);
      if (error) expect(answer.json()["error"]).toBe(error);
      expect(source.acted).toEqual([]);
      expect(answer.text).not.toMatch(/at .*\.ts:|node_modules|\/src\//);
    },
  );
  test("refused actions are in the audit with who and why", async () => {
    await act(people.viewer, stop);
    await act(people.operator, { action: "tighten", reason: "x", values: { demandLimitW: 300_000 } });
    expect(source.audited.map((entry) => [entry.what, entry.person])).toEqual([
      ["refused", "viewer"],
      ["refused", "operator"],
    ]);
  });
  test("ages: a state of 4 s ago is no ground for an action", async () => {
    source.silent = true;
    source.set(sampleState("parallel"));
    const real = source.ageMs;
    source.ageMs = () => 4000;
    const answer = await act(people.operator, stop);
    source.ageMs = real;
    expect(answer.json()).toMatchObject({ error: "refuse.stale" });
  });
  test("a wall clock that jumps changes no session and no age", async () => {
    const realNow = Date.now;
    Date.now = () => realNow() + 40 * 86_400_000;
    try {
      expect((await act(people.operator, stop)).status).toBe(200);
    } finally {
      Date.now = realNow;
    }
  });
  test("guessing a password is slowed down", async () => {
    const started = await start();
    const statuses: number[] = [];
    for (let i = 0; i < 10; i++)
      statuses.push(
        (
          await ask("POST", "/login", {
            port: started.port,
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: new URLSearchParams({ name: "operator", password: `guess ${i}` }).toString(),
          })
        ).status,
      );
    expect(statuses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 401]);
    expect(statuses.slice(6)).toEqual([429, 429, 429, 429]);
  });
  test("too many actions are slowed down", async () => {
    await accounts.set("busy", "operator", passwords.operator);
    const signed = await ask("POST", "/login", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ name: "busy", password: passwords.operator }).toString(),
    });
    const cookie = String(signed.headers["set-cookie"]).split(";")[0] ?? "";
    const csrf = /"csrf":"([^"]+)"/.exec((await ask("GET", "/", { headers: { cookie } })).text)?.[1] ?? "";
    const statuses = await Promise.all(
      Array.from({ length: 40 }, () =>
        act({ cookie, csrf }, { action: "acknowledge", values: { event: "nothing" } }).then((answer) => answer.status),
      ),
    );
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
  });
  test("requests are slowed down for an address, but not what pages are made of: dozens for each page", async () => {
    const started = await start();
    const get = async (path: string): Promise<number> => (await ask("GET", path, { port: started.port })).status;
    const path = (await loadAssets()).main;
    const many = async (path: string): Promise<Set<number>> => {
      const seen = new Set<number>();
      for (let n = 0; n < 50; n++)
        for (const status of await Promise.all(Array.from({ length: 10 }, () => get(path)))) seen.add(status);
      return seen;
    };
    expect(await many(path)).toEqual(new Set([200]));
    expect(await many("/api/v1/openapi.json")).toContain(429);
  });
  test("half a request does not hold the server", async () => {
    const socket = connect(board.port, "127.0.0.1");
    socket.write("POST /api/v1/actions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{");
    expect((await ask("GET", "/healthz")).status).toBe(200);
    socket.destroy();
  });
  test("a cookie is closed to scripts and to other sites; the page forbids inline code", async () => {
    const answer = await ask("POST", "/login", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ name: "viewer", password: passwords.viewer }).toString(),
    });
    expect(answer.headers["set-cookie"]?.[0]).toMatch(/^islet=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(answer.headers["set-cookie"]?.[1]).toMatch(
      /^islet-device=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });
  test("a name with markup stays text", async () => {
    const state = sampleState("parallel");
    source.set({
      ...state,
      site: { ...state.site, name: '</script><img src=x onerror="alert(1)">' },
      evses: state.evses.map((evse) => (evse.connected ? { ...evse, vehicle: "<script>alert(1)</script>" } : evse)),
    });
    const page = await ask("GET", "/", { headers: { cookie: people.operator.cookie } });
    expect(page.text).not.toMatch(/<img|<script>alert/);
    expect(page.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });
  test("signing out ends the session", async () => {
    const visitor = await signIn("viewer");
    const out = await ask("POST", "/logout", {
      headers: { cookie: visitor.cookie, "content-type": "application/x-www-form-urlencoded" },
      body: `csrf=${visitor.csrf}`,
    });
    expect(out.status).toBe(303);
    expect((await ask("GET", "/api/v1/state", { headers: { cookie: visitor.cookie } })).status).toBe(401);
  });
});

describe("the reader's language", () => {
  const langOf = ({ text }: Answer): string | undefined => /<html lang="(\w+)"/.exec(text)?.[1];
  const page = async (headers: Record<string, string>, path = "/login"): Promise<string | undefined> =>
    langOf(await ask("GET", path, { headers }));
  const choose = (body: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
    ask("POST", "/language", {
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(body).toString(),
    });

  test.each([
    ["nothing", undefined, "en"],
    ["a dialect", "de-AT", "de"],
    ["the one that is wanted most", "de;q=0.5, es;q=0.9, en;q=0.1", "es"],
    ["the first that is spoken here", "fr-FR, fr, es;q=0.5", "es"],
    ["none that is spoken here", "fr, it", "en"],
    ["one that is not wanted", "de;q=0", "en"],
    ["no list at all", ";;q=x,,", "en"],
  ])("before a choice, as the browser asks: %s", async (_name, header, expected) => {
    expect(await page(header === undefined ? {} : { "accept-language": header })).toBe(expected);
  });
  test("a cookie stands above what the browser asks; one of no language is none", async () => {
    expect(await page({ "accept-language": "es", cookie: "islet-language=de" })).toBe("de");
    expect(await page({ "accept-language": "es", cookie: "islet-language=xx" })).toBe("es");
  });
  test("a choice is kept with the account and leads back to where it was made", async () => {
    const { cookie, csrf } = people.viewer;
    const answer = await choose({ language: "de", csrf, from: "/events?kind=all" }, { cookie });
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/events?kind=all"]);
    expect(String(answer.headers["set-cookie"])).toMatch(/^islet-language=de; .*HttpOnly; SameSite=Strict/);
    // Another browser of the same person, which has no such cookie.
    expect(await page({ cookie, "accept-language": "es" }, "/")).toBe("de");
    await choose({ language: "en", csrf }, { cookie });
    expect(await page({ cookie, "accept-language": "es" }, "/")).toBe("en");
    expect(await page({ cookie: people.operator.cookie, "accept-language": "es" }, "/")).toBe("es");
  });
  test("a choice without the page's secret changes nothing", async () => {
    const { cookie } = people.viewer;
    expect((await choose({ language: "es", csrf: "wrong" }, { cookie })).status).toBe(403);
    expect(accounts.languageOf("viewer")).not.toBe("es");
  });
  test.each(["https://evil.example/", "//evil.example", "/\\evil.example", ""])(
    "a choice leads to no other site: %j",
    async (from) => {
      const answer = await choose({ language: "es", csrf: "", from });
      expect([answer.status, answer.headers["location"]]).toEqual([303, "/"]);
    },
  );
  test("no language of that name: nothing is kept", async () => {
    expect((await choose({ language: "xx", csrf: "" })).headers["set-cookie"]).toBeUndefined();
  });
});

describe("tokens", () => {
  test("without a right they read, and do nothing else", async () => {
    const made = await accounts.makeToken("grafana");
    if (!made.ok) throw new Error(made.error);
    const headers = { authorization: `Bearer ${made.value.token}` };
    expect((await ask("GET", "/metrics", { headers })).text).toContain("islet_pcc_power_watts 5800");
    expect((await ask("GET", "/api/v1/state", { headers })).status).toBe(200);
    expect(
      (
        await ask("POST", "/api/v1/actions", {
          headers: { ...headers, "content-type": "application/json" },
          body: '{"action":"stop","reason":"x"}',
        })
      ).status,
    ).toBe(403);
  });
});

describe("what connected systems ask", () => {
  /** Everything that the description says of an answer is held against the answer. */
  async function described(method: "GET" | "POST", path: string, headers: Record<string, string>, body?: unknown) {
    const answer = await ask(method, path, {
      port: controlled.port,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const responses = description.paths[path]![method.toLowerCase()]!.responses;
    const schema = responses[answer.status]?.content?.["application/json"]?.schema;
    expect(schema, `${method} ${path}: ${answer.status}`).toBeDefined();
    const validate = new Ajv2020({ strict: false }).compile(schema!);
    validate(answer.json());
    expect(validate.errors, `${method} ${path}: ${answer.text}`).toBeNull();
    return { status: answer.status, ...(answer.json() as { receipt?: Record<string, unknown>; error?: string }) };
  }
  type Described = { responses: Record<string, { content?: { "application/json"?: { schema?: object } } }> };
  let site: LinkSite;
  let controlled: Dashboard;
  let description: { paths: Record<string, Record<string, Described>> };
  let reads: Record<string, string>;
  let asks: Record<string, string>;
  beforeAll(async () => {
    site = linkSite();
    controlled = await start({
      source: Object.assign(createFakeSource(sampleState("parallel")), { links: site.links }),
    });
    description = (await ask("GET", "/api/v1/openapi.json", { port: controlled.port })).json() as typeof description;
    const bearer = async (rights: readonly Right[]) => {
      const made = await accounts.makeToken("home", rights);
      return { authorization: `Bearer ${made.ok ? made.value.token : ""}` };
    };
    [reads, asks] = await Promise.all([bearer([]), bearer(["power", "limits", "chargers"])]);
  });
  const power = { what: "powerW", evse: 1, value: -5_000, validS: 300 };

  test("a token asks what it has the right for; the answer is as described", async () => {
    expect(await described("GET", "/api/v1/asks", reads)).toMatchObject({ status: 200, may: [] });
    expect(await described("POST", "/api/v1/asks", reads, power)).toMatchObject({ status: 403, error: "not-allowed" });
    expect(site.evses[0]!.requestSource).toBe("none");
    expect(await described("POST", "/api/v1/asks", asks, power)).toMatchObject({
      status: 200,
      receipt: { state: "in-force" },
    });
    expect(site.evses[0]).toMatchObject({ requestedW: -5_000, requestSource: "external" });
    const reserve = { what: "reservePct", evse: 1, value: 40 };
    expect(await described("POST", "/api/v1/asks", asks, reserve)).toMatchObject({ status: 403 });
    expect(await described("POST", "/api/v1/asks", asks, { ...power, validS: 1e6 })).toMatchObject({ status: 400 });
    expect(await described("POST", "/api/v1/asks", asks, { what: "siteMode", value: "island" })).toMatchObject({
      status: 400,
      error: "closed",
    });
    const stop = { what: "mode", evse: 2, value: "stop", reason: "tests" };
    expect(await described("POST", "/api/v1/asks", asks, stop)).toMatchObject({ status: 200 });
    expect(site.people.get("held", 2)).toMatchObject({ value: 2, by: "token home", link: "api" });
    expect(await described("POST", "/api/v1/asks", asks, { ...power, evse: 2 })).toMatchObject({ status: 409 });
    expect(await described("POST", "/api/v1/asks", asks, { what: "everything", value: 1 })).toMatchObject({
      status: 400,
    });
  });

  test("the same message twice is carried out once; its key can't be used for another", async () => {
    const keyed = { ...asks, "idempotency-key": "a-1" };
    const cap = { what: "importLimitW", value: 9_000 };
    const done = site.links.counts.done;
    expect((await described("POST", "/api/v1/asks", keyed, cap)).receipt).toMatchObject({ id: "a-1", repeated: false });
    expect((await described("POST", "/api/v1/asks", keyed, cap)).receipt).toMatchObject({ repeated: true });
    expect(await described("POST", "/api/v1/asks", keyed, { ...cap, value: 1 })).toMatchObject({ error: "id-reused" });
    expect(site.links.counts.done).toBe(done + 1);
    expect(site.site.linkImportLimitW).toBe(9_000);
  });

  test("a browser's session needs the page's secret and an operator's role; an operator takes back anybody's", async () => {
    const session = ({ cookie, csrf }: Visitor) => ({ cookie, "x-islet-csrf": csrf });
    const operator = await signIn("operator", controlled.port);
    const release = { what: "importLimitW" };
    const bare = await described("POST", "/api/v1/asks/release", { cookie: operator.cookie }, release);
    expect(bare).toMatchObject({ status: 403, error: "csrf" });
    const viewer = await signIn("viewer", controlled.port);
    expect(await described("POST", "/api/v1/asks/release", session(viewer), release)).toMatchObject({ status: 403 });
    expect(site.site.linkImportLimitW).toBe(9_000);
    expect(await described("POST", "/api/v1/asks/release", session(operator), release)).toMatchObject({ status: 200 });
    expect(site.site.linkImportLimitW).toBe(Infinity);
    expect(await described("POST", "/api/v1/asks/release", session(operator), release)).toMatchObject({ status: 409 });
  });

  test("a flood is slowed down and told so", async () => {
    let slowed = false;
    for (let i = 0; i < 100 && !slowed; i++) {
      const headers = { ...asks, "content-type": "application/json" };
      const options = { port: controlled.port, headers, body: JSON.stringify({ ...power, value: 1_000 }) };
      const some = Array.from({ length: 8 }, () => ask("POST", "/api/v1/asks", options));
      slowed = (await Promise.all(some)).some(({ status }) => status === 429);
    }
    expect(slowed).toBe(true);
  });
});

describe("the first start", () => {
  const form = (port: number, values: Record<string, string>): Promise<Answer> =>
    ask("POST", "/setup", {
      port,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(values).toString(),
    });
  test("prints how to set the installer's password; the code works once", async () => {
    const fresh = openAccounts(null);
    const started = await start({ accounts: fresh });
    expect(started.greeting.join("\n")).toContain(
      `/setup within 60 min and set the password with this code: ${started.setupCode}`,
    );
    expect((await ask("GET", "/", { port: started.port })).headers["location"]).toBe("/setup");
    const values = {
      code: started.setupCode ?? "",
      name: "Ortega",
      password: "a long password",
      again: "a long password",
    };
    expect((await form(started.port, { ...values, code: "AAAA-AAAA-AAAA" })).status).toBe(401);
    expect((await form(started.port, { ...values, again: "different" })).status).toBe(400);
    expect((await form(started.port, { ...values, password: "short", again: "short" })).status).toBe(400);
    expect((await form(started.port, values)).headers["location"]).toBe("/");
    expect(fresh.list()).toMatchObject([{ name: "Ortega", role: "installer" }]);
    expect((await form(started.port, { ...values, name: "Eve" })).headers["location"]).toBe("/login");
    expect(fresh.list()).toHaveLength(1);
  });
  test("ten wrong codes close the way", async () => {
    const started = await start({ accounts: openAccounts(null) });
    for (let i = 0; i < 10; i++) await form(started.port, { code: `AAAA-AAAA-AAA${i}` });
    const late = await form(started.port, {
      code: started.setupCode ?? "",
      name: "Ortega",
      password: "a long password",
      again: "a long password",
    });
    expect(late.headers["location"]).toBe("/login");
  });
});

describe("unsafe combinations do not start", () => {
  test.each([
    ["plain HTTP on the network", { host: "0.0.0.0" }, /will not serve plain HTTP/],
    [
      "a demonstration on the network",
      { host: "0.0.0.0", tls: selfSign(["a"], Date.now()), demo: { role: "operator" as const } },
      /only on loopback/,
    ],
  ])("%s", async (_name, options, message) => {
    await expect(start(options)).rejects.toThrow(message);
  });
  test("a demonstration signs in by itself, says so, and changes its role", async () => {
    const started = await start({ demo: { role: "operator" } });
    const page = await ask("GET", "/", { port: started.port });
    expect(page.text).toContain("Signed in by itself");
    const cookie = String(page.headers["set-cookie"]).split(";")[0] ?? "";
    const csrf = /"csrf":"([^"]+)"/.exec(page.text)?.[1] ?? "";
    const changed = await ask("POST", "/api/v1/session/role", {
      port: started.port,
      headers: { cookie, "x-islet-csrf": csrf, "content-type": "application/json" },
      body: '{"role":"installer"}',
    });
    expect(changed.status).toBe(200);
    const next = String(changed.headers["set-cookie"]).split(";")[0] ?? "";
    expect(
      (await ask("GET", "/api/v1/session", { port: started.port, headers: { cookie: next } })).json(),
    ).toMatchObject({ role: "installer", demo: true });
    expect((await ask("GET", "/api/v1/session", { port: started.port, headers: { cookie } })).json()).toMatchObject({
      role: "viewer",
    });
  });
});

describe("payload", () => {
  test("page, style, code and chart library stay under 150 KB compressed", async () => {
    const sizeOf = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        httpRequest(
          {
            host: "127.0.0.1",
            port: board.port,
            path,
            headers: { cookie: people.operator.cookie, "accept-encoding": "gzip" },
          },
          (response) => {
            let bytes = 0;
            response.on("data", (part: Buffer) => {
              bytes += part.length;
            });
            response.on("end", () => resolve(bytes));
          },
        )
          .on("error", reject)
          .end();
      });
    const page = await ask("GET", "/", { headers: { cookie: people.operator.cookie } });
    const paths = [
      "/",
      "/favicon.svg",
      ...new Set([...page.text.matchAll(/(?:href|src|data-chart)="(\/m\/[^"]+)"/g)].map((found) => found[1] ?? "")),
    ];
    expect(paths.length).toBeGreaterThan(10);
    let total = 0;
    for (const path of paths) total += await sizeOf(path);
    expect(total).toBeLessThan(150_000);
  });
});
