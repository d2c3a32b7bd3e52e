/** What a stranger on the network may try: each is refused, bounded, and told in one clean line. */
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, openAccounts } from "../../src/dashboard/access/accounts.ts";
import { createDashboard, type Dashboard } from "../../src/dashboard/server/server.ts";
import { createFakeSource } from "./fakeSource.ts";
import { sampleState } from "./sampleStates.ts";

const password = "seven green buckets";
let accounts: Accounts;
let board: Dashboard;
let logged: string[];

beforeEach(async () => {
  accounts = openAccounts(null);
  await accounts.set("Ada", "installer", password);
  await accounts.set("Ben", "operator", password);
  const lines = new PassThrough();
  logged = [];
  lines.on("data", (chunk: Buffer) => logged.push(chunk.toString("utf8")));
  board = await createDashboard({
    port: 0,
    host: "127.0.0.1",
    source: createFakeSource(sampleState("parallel")),
    accounts,
    log: pino({ level: "info" }, lines),
  });
});
afterEach(() => board.close());

interface Answer {
  readonly status: number;
  readonly cookies: Record<string, string>;
  readonly text: string;
}
interface Asked {
  readonly headers?: Record<string, string>;
  readonly form?: Record<string, string>;
  readonly body?: string;
  /** Which address of loopback asks. */
  readonly from?: string;
}
function ask(method: string, path: string, { headers = {}, form, body, from }: Asked = {}): Promise<Answer> {
  const sent = form && { "content-type": "application/x-www-form-urlencoded" };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port: board.port,
        method,
        path,
        headers: { ...sent, ...headers },
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        let text = "";
        response.on("data", (part: Buffer) => {
          text += part.toString("utf8");
        });
        response.on("end", () => {
          const set = (response.headers["set-cookie"] ?? []).map((one) => one.split(";")[0] ?? "");
          const cookies = Object.fromEntries(set.map((one) => [one.slice(0, one.indexOf("=")), one]));
          resolve({ status: response.statusCode ?? 0, cookies, text });
        });
      },
    );
    request.on("error", reject);
    request.end(body !== undefined ? Buffer.from(body) : form && new URLSearchParams(form).toString());
  });
}
const signIn = (name: string, given: string, more: Asked = {}): Promise<Answer> =>
  ask("POST", "/login", { ...more, form: { name, password: given } });
const csrfOf = async (cookie: string): Promise<string> =>
  /"csrf":"([^"]+)"/.exec((await ask("GET", "/", { headers: { cookie } })).text)?.[1] ?? "";

describe("signing in", () => {
  test("a guesser of a name keeps nobody out who asks from elsewhere", async () => {
    const guesses: number[] = [];
    for (let i = 0; i < 10; i++) guesses.push((await signIn("Ada", `guess ${i}`, { from: "127.0.0.9" })).status);
    expect(guesses.filter((status) => status === 429).length).toBe(4);
    expect((await signIn("Ada", password)).status).toBe(303);
  });
  test("a browser that has signed in before gets in from the guesser's own address", async () => {
    const { cookies } = await signIn("Ada", password);
    const mark = cookies["islet-device"] ?? "";
    for (let i = 0; i < 10; i++) await signIn("Ada", `guess ${i}`);
    expect((await signIn("Ada", password)).status).toBe(429);
    expect((await signIn("Ada", password, { headers: { cookie: mark } })).status).toBe(303);
    expect(accounts.knownDevice("Ben", mark.replace("islet-device=", ""))).toBe("");
  });
  test("a made-up mark is a stranger's, and the mark of an old password too", async () => {
    const { cookies } = await signIn("Ada", password);
    const mark = (cookies["islet-device"] ?? "").replace("islet-device=", "");
    expect(accounts.knownDevice("Ada", mark)).not.toBe("");
    for (const made of ["", "x", "a.b", `${mark}x`, "é.é", "x".repeat(5_000)])
      expect(accounts.knownDevice("Ada", made)).toBe("");
    await accounts.set("Ada", "installer", "nine yellow lanterns");
    expect(accounts.knownDevice("Ada", mark)).toBe("");
  });
});

describe("the own password", () => {
  const change = (cookie: string, csrf: string, form: Record<string, string>): Promise<Answer> =>
    ask("POST", "/password", { headers: { cookie }, form: { csrf, ...form } });
  const next = "eleven wooden spoons";

  test("is changed by its owner; every other session ends, this one stays", async () => {
    const here = (await signIn("Ben", password)).cookies["islet"] ?? "";
    const elsewhere = (await signIn("Ben", password)).cookies["islet"] ?? "";
    const done = await change(here, await csrfOf(here), { now: password, password: next, again: next });
    expect([done.status, /is changed/.test(done.text)]).toEqual([200, true]);
    expect((await ask("GET", "/api/v1/state", { headers: { cookie: here } })).status).toBe(200);
    expect((await ask("GET", "/api/v1/state", { headers: { cookie: elsewhere } })).status).toBe(401);
    expect((await accounts.check("Ben", next)).ok).toBe(true);
    expect(accounts.list().find(({ name }) => name === "Ben")?.role).toBe("operator");
  });
  test.each([
    ["the present one is wrong", { now: "wrong", password: next, again: next }],
    ["the new ones differ", { now: password, password: next, again: `${next}x` }],
    ["the new one is short", { now: password, password: "short", again: "short" }],
    ["the new one is among the first anybody tries", { now: password, password: "Password12", again: "Password12" }],
  ])("stays when %s", async (_name, form) => {
    const here = (await signIn("Ben", password)).cookies["islet"] ?? "";
    expect((await change(here, await csrfOf(here), form)).status).toBe(400);
    expect((await accounts.check("Ben", password)).ok).toBe(true);
  });
  test("needs the page's secret", async () => {
    const here = (await signIn("Ben", password)).cookies["islet"] ?? "";
    expect((await change(here, "", { now: password, password: next, again: next })).status).toBe(403);
  });
});

describe("one clean line for everything", () => {
  test.each([
    ["a line break and an escape", "x\n09:99:99 FAKE: signed-in: installer \u001b[31m"],
    ["a return", "x\rFAKE"],
    ["a line separator", "x\u2028FAKE"],
    ["a turn of direction", "x\u202eFAKE"],
  ])("a name with %s begins no line of its own", async (_name, name) => {
    await signIn(name, "anything");
    const texts = logged.map((line) => String((JSON.parse(line) as { msg: string }).msg));
    expect(texts.some((text) => text.startsWith("sign-in-refused"))).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u001f\u2028\u202e]/);
  });
});

describe("bounds", () => {
  test("a token of the page with other letters is refused, not a failure", async () => {
    const here = (await signIn("Ada", password)).cookies["islet"] ?? "";
    const csrf = await csrfOf(here);
    const answer = await ask("POST", "/api/v1/actions", {
      headers: { cookie: here, "content-type": "application/json", "x-islet-csrf": `\u00e9${csrf.slice(1)}` },
      body: '{"action":"stop","reason":"x"}',
    });
    expect(answer.status).toBe(403);
  });
  test("one address opens so many connections and no more; others get in", async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 100; i++) {
      const socket = connect({ port: board.port, host: "127.0.0.1", localAddress: "127.0.0.7" });
      socket.on("error", () => undefined);
      sockets.push(socket);
    }
    const alive = (): number => sockets.filter((socket) => socket.readyState === "open").length;
    await expect.poll(alive, { timeout: 60_000 }).toBe(64);
    expect((await ask("GET", "/healthz")).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
  test("a connection that says nothing, and one that never ends its head, are closed within seconds", async () => {
    const sockets = ["", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "].map((text) => {
      const socket = connect(board.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      socket.write(text);
      return socket;
    });
    const closed = await Promise.all(
      sockets.map((socket) => {
        const startedMs = performance.now();
        return new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now() - startedMs)));
      }),
    );
    for (const afterMs of closed) expect(afterMs).toBeLessThan(60_000);
  });
  test("one token takes its streams and no more; a person's page still gets one", async () => {
    const made = await accounts.makeToken("grafana");
    if (!made.ok) throw new Error(made.error);
    const open: (() => void)[] = [];
    const stream = (headers: Record<string, string>, from: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          { host: "127.0.0.1", port: board.port, path: "/api/v1/events", headers, localAddress: from },
          (response) => {
            response.resume();
            response.on("error", () => undefined);
            open.push(() => request.destroy());
            resolve(response.statusCode ?? 0);
          },
        );
        request.on("error", reject);
        request.end();
      });
    const authorization = `Bearer ${made.value.token}`;
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) statuses.push(await stream({ authorization }, "127.0.0.8"));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    const cookie = (await signIn("Ada", password)).cookies["islet"] ?? "";
    expect(await stream({ cookie }, "127.0.0.1")).toBe(200);
    for (const close of open) close();
  });
});
