/** The second factor and the sessions of an account: the codes, the way in, and what is ended stays out. */
import { request as httpRequest } from "node:http";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Accounts, openAccounts } from "../../src/dashboard/access/accounts.ts";
import { createSecondFactors, type SecondFactors } from "../../src/dashboard/access/second-factor.ts";
import { codeOf, fittingStep, stepOf } from "../../src/dashboard/access/totp.ts";
import { createDashboard, type Dashboard } from "../../src/dashboard/server/server.ts";
import { createFakeSource } from "./fakeSource.ts";
import { sampleState } from "./sampleStates.ts";

const password = "seven green buckets";

describe("codes", () => {
  // RFC 6238, appendix B (SHA-1, the secret "12345678901234567890"), the last six of its eight digits.
  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  test.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("at %i s", (atS, code) => expect(codeOf(secret, stepOf(atS * 1_000))).toBe(code));

  const nowMs = 1_700_000_000_000;
  const step = stepOf(nowMs);
  test.each([
    ["this step's", step, 0, step],
    ["a clock half a minute behind", step - 1, 0, step - 1],
    ["a clock half a minute ahead", step + 1, 0, step + 1],
    ["a minute old", step - 2, 0, null],
    ["used before", step, step, null],
    ["older than one that was used", step - 1, step, null],
  ])("%s", (_, of, used, fits) => expect(fittingStep(secret, codeOf(secret, of), nowMs, used)).toBe(fits));
});

describe("a person's factor", () => {
  let accounts: Accounts;
  let factors: SecondFactors;
  let nowMs: number;
  const turnOn = async (): Promise<{ secret: string; codes: readonly string[] }> => {
    const secret = factors.begin("Ada");
    return { secret, codes: (await factors.confirm("ada", codeOf(secret, stepOf(nowMs))))! };
  };
  const redeem = (code: string) => factors.redeem(factors.ticket("Ada"), code);
  beforeAll(async () => {
    nowMs = 1_700_000_000_000;
    accounts = openAccounts(null);
    await accounts.set("Ada", "installer", password);
    factors = createSecondFactors(accounts, () => nowMs);
  });

  test("is off until a code of it was shown", async () => {
    factors.begin("Ada");
    expect(await factors.confirm("Ada", "000000")).toBeNull();
    expect(factors.isOn("Ada")).toBe(false);
  });

  test("each code counts once, and one on paper too", async () => {
    const { secret, codes } = await turnOn();
    expect((await redeem(codeOf(secret, stepOf(nowMs)))).ok).toBe(false);
    nowMs += 30_000;
    expect((await redeem(codeOf(secret, stepOf(nowMs)))).ok).toBe(true);
    expect(await redeem(codes[0]!.toLowerCase())).toMatchObject({ ok: true, paper: true });
    expect((await redeem(codes[0]!)).ok).toBe(false);
    expect(factors.left("Ada")).toBe(7);
  });

  test("a ticket ends after three wrong codes, with its success, and with a new password", async () => {
    const { codes } = await turnOn();
    const ticket = factors.ticket("Ada");
    const tries = [];
    for (let i = 0; i < 3; i++) tries.push(await factors.redeem(ticket, "123"));
    expect(tries.map((one) => !one.ok && one.canTryAgain)).toEqual([true, true, false]);
    expect((await factors.redeem(ticket, codes[1]!)).ok).toBe(false);
    const used = factors.ticket("Ada");
    expect((await factors.redeem(used, codes[2]!)).ok).toBe(true);
    expect((await factors.redeem(used, codes[3]!)).ok).toBe(false);
    const before = factors.ticket("Ada");
    await new Promise((resolve) => setTimeout(resolve, 2));
    await accounts.set("Ada", "installer", `${password} again`);
    expect((await factors.redeem(before, codes[3]!)).ok).toBe(false);
    expect(factors.isOn("Ada")).toBe(true);
  });
});

describe("on the page", () => {
  let accounts: Accounts;
  let board: Dashboard;
  beforeAll(async () => {
    accounts = openAccounts(null);
    await accounts.set("Ada", "installer", password);
    await accounts.set("Ben", "operator", password);
    const source = createFakeSource(sampleState("parallel"));
    const log = pino({ level: "silent" });
    board = await createDashboard({ port: 0, host: "127.0.0.1", source, accounts, log });
  });
  afterAll(() => board.close());

  interface Answer {
    readonly status: number;
    readonly cookie: string;
    readonly text: string;
  }
  function ask(method: string, path: string, cookie = "", form?: Record<string, string>, more = {}): Promise<Answer> {
    const headers = { cookie, ...(form && { "content-type": "application/x-www-form-urlencoded" }), ...more };
    return new Promise((resolve, reject) => {
      const asked = httpRequest({ host: "127.0.0.1", port: board.port, method, path, headers }, (response) => {
        let text = "";
        response.on("data", (part: Buffer) => {
          text += part.toString("utf8");
        });
        const set = (response.headers["set-cookie"] ?? []).map((one) => one.split(";")[0] ?? "");
        const found = set.find((one) => one.startsWith("islet=")) ?? "";
        response.on("end", () => resolve({ status: response.statusCode ?? 0, cookie: found, text }));
      });
      asked.on("error", reject);
      asked.end(form && new URLSearchParams(form).toString());
    });
  }
  const signIn = (name: string) => ask("POST", "/login", "", { name, password });
  const csrfOf = async (cookie: string): Promise<string> =>
    /"csrf":"([^"]+)"/.exec((await ask("GET", "/", cookie)).text)?.[1] ?? "";
  const hidden = (text: string, name: string): string =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? "";

  test("the password alone does not get in", async () => {
    const { cookie } = await signIn("Ben");
    const csrf = await csrfOf(cookie);
    expect((await ask("POST", "/second-factor/begin", cookie, { csrf, now: "not it at all" })).status).toBe(400);
    const begun = await ask("POST", "/second-factor/begin", cookie, { csrf, now: password });
    const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(begun.text)![1]!.replaceAll(" ", "");
    const code = codeOf(secret, stepOf(Date.now()));
    const on = await ask("POST", "/second-factor/confirm", cookie, { csrf, code });
    const paper = /<code>([0-9A-F]{5}-[0-9A-F]{5})<\/code>/.exec(on.text)![1]!;

    const asked = await signIn("Ben");
    expect([asked.status, asked.cookie]).toEqual([200, ""]);
    const ticket = hidden(asked.text, "ticket");
    const wrong = await ask("POST", "/login/code", "", { ticket, code });
    expect([wrong.status, wrong.cookie]).toEqual([401, ""]);
    expect(wrong.text).toContain("The controller’s clock shows");
    expect(await ask("POST", "/login/code", "", { ticket, code: paper })).toMatchObject({ status: 303 });
    expect((await ask("POST", "/login/code", "", { ticket: "made up", code: paper })).status).toBe(401);
  });

  test("an installer takes another's away, whose telephone was lost", async () => {
    const { cookie } = await signIn("Ada");
    const csrf = await csrfOf(cookie);
    expect((await ask("POST", "/accounts/factor-off", cookie, { csrf, name: "Ben" })).status).toBe(200);
    expect((await signIn("Ben")).cookie).not.toBe("");
  });

  test("sessions are seen by their person, and ended; an operator neither sees nor ends another's", async () => {
    const [ada, ben] = [(await signIn("Ada")).cookie, (await signIn("Ben")).cookie];
    const listOf = async (cookie: string) =>
      (
        JSON.parse((await ask("GET", "/api/v1/sessions", cookie)).text) as {
          sessions: { id: string; name: string; isThis: boolean }[];
        }
      ).sessions;
    expect(new Set((await listOf(ada)).map(({ name }) => name))).toEqual(new Set(["Ada", "Ben"]));
    expect(new Set((await listOf(ben)).map(({ name }) => name))).toEqual(new Set(["Ben"]));
    const idOfAda = (await listOf(ada)).find(({ isThis }) => isThis)!.id;
    const end = (cookie: string, csrf: string, id: string) => ask("POST", "/sessions/end", cookie, { csrf, id });
    expect((await end(ben, await csrfOf(ben), idOfAda)).status).toBe(404);
    expect((await end(ben, "made up", idOfAda)).status).toBe(403);
    const idOfBen = (await listOf(ben)).find(({ isThis }) => isThis)!.id;
    expect((await end(ada, await csrfOf(ada), idOfBen)).status).toBe(303);
    expect((await ask("GET", "/api/v1/state", ben)).status).toBe(401);
    expect((await ask("GET", "/sessions", ada)).text).toContain("this one");
  });

  test("the live stream of a session that was ended ends too", async () => {
    const ben = (await signIn("Ben")).cookie;
    const stream = ask("GET", "/api/v1/events", ben);
    await expect.poll(() => board.pages).toBe(1);
    await ask("POST", "/logout", ben, { csrf: await csrfOf(ben) });
    expect((await stream).text).toContain("event: hello");
  });
});
