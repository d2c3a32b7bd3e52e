/** Events are told to people by mail and to programs by webhook: each once, together where they come together, until they arrive. */
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type Server } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SiteConfig } from "../../src/config/site.ts";
import { openAlertQueue } from "../../src/dashboard/alerts/alert-queue.ts";
import { type AlertMessage, type Alerts, startAlerts } from "../../src/dashboard/alerts/alerts.ts";
import { alertChannels, subjectOf, textOf } from "../../src/dashboard/alerts/channels.ts";
import { messageText, sendMail } from "../../src/dashboard/alerts/smtp.ts";
import { createMetrics } from "../../src/dashboard/server/metrics.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { issue } from "../protocols/ocpp/test-ca.ts";
import { sampleState } from "./sampleStates.ts";

type SiteEvent = SiteState["events"][number];
const base = sampleState("parallel");
const startMs = 1_700_000_000_000;
const minute = 60_000;
const event = (id: string, more: Partial<SiteEvent> = {}): SiteEvent => ({
  id,
  atMs: startMs + 1_000,
  key: "deviceSilent" as SiteEvent["key"],
  severity: "warning",
  needsPerson: false,
  active: true,
  acknowledged: null,
  ...more,
});

describe("what is told, and when", () => {
  let events: SiteEvent[];
  let turn: () => void;
  let sent: AlertMessage[];
  let fails: boolean;
  let logged: string[];
  let alerts: Alerts;
  const change = (...now: SiteEvent[]): void => {
    events = now;
    turn();
  };
  const ids = (): string[][] =>
    sent.map((message) => message.alerts.map(({ id, active }) => (active ? id : `${id} over`)));
  let file: string;
  const start = (): void => {
    alerts = startAlerts({
      severity: "warning",
      digestMs: 10 * minute,
      channels: [
        {
          name: "test",
          send: async (message) => {
            if (fails) throw new Error("No route.");
            sent.push(message);
          },
        },
      ],
      state: () => ({ ...base, events }),
      onChange: (listener) => {
        turn = listener;
        return () => undefined;
      },
      sentenceOf: ({ id }) => `It is ${id}.`,
      log: (_, text) => logged.push(text),
      nowMs: Date.now,
      memory: openAlertQueue(file, (sentence) => logged.push(sentence)),
    });
  };
  beforeEach(() => {
    vi.useFakeTimers({ now: startMs });
    [events, sent, fails, logged] = [[], [], false, []];
    file = join(mkdtempSync(join(tmpdir(), "alerts-")), "alerts.json");
    start();
  });
  afterEach(() => {
    alerts.stop();
    vi.useRealTimers();
  });

  test("the first within seconds, with what came together; the rest in one after the pause", async () => {
    change(event("a"));
    change(event("b"), event("a"));
    await vi.advanceTimersByTimeAsync(6_000);
    expect(ids()).toEqual([["a", "b"]]);
    change(event("c"), event("b"), event("a"));
    change(event("d"), event("c"), event("b"), event("a", { active: false }));
    await vi.advanceTimersByTimeAsync(9 * minute);
    expect(ids()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(minute);
    expect(ids()[1]).toEqual(["c", "a over", "d"].sort((x, y) => ids()[1]!.indexOf(x) - ids()[1]!.indexOf(y)));
  });

  test.each([
    ["less than what is asked for", event("a", { severity: "notice" })],
    ["what was there before the start", event("a", { atMs: startMs - 1 })],
  ])("not %s", async (_, one) => {
    change(one);
    await vi.advanceTimersByTimeAsync(minute);
    expect(ids()).toEqual([]);
  });

  test("what waits outlives a restart, also one that nobody announced", async () => {
    fails = true;
    change(event("a"));
    await vi.advanceTimersByTimeAsync(2_000);
    change(event("b"), event("a"));
    // No end in order: what came in the last second alone may be forgotten.
    await vi.advanceTimersByTimeAsync(2_000);
    const first = alerts;
    vi.setSystemTime(Date.now() + minute);
    start();
    fails = false;
    change(event("b"), event("a"));
    expect(alerts.counts.waiting).toBe(2);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(ids().at(-1)).toEqual(["a", "b"]);
    alerts.stop();
    first.stop();
    start();
    expect(alerts.counts.waiting).toBe(0);
  });

  test("a queue that can't be read is said and forgotten", () => {
    alerts.stop();
    writeFileSync(file, "{");
    start();
    expect(alerts.counts.waiting).toBe(0);
    expect(logged).toEqual(["Alerts that waited can't be read and are forgotten."]);
  });

  test("what can't be delivered is tried again, longer and longer apart, and said once", async () => {
    fails = true;
    change(event("a"));
    await vi.advanceTimersByTimeAsync(10 * minute);
    expect(alerts.counts).toEqual({ waiting: 1, sent: 0, lost: 0 });
    expect(logged).toEqual(["Alerts by test can't be delivered: No route. It is tried again."]);
    fails = false;
    await vi.advanceTimersByTimeAsync(30 * minute);
    expect(ids()).toEqual([["a"]]);
    expect(logged.at(-1)).toBe("Alerts by test are delivered again.");
  });

  test("the queue is bounded; what it loses is counted and told with the next", async () => {
    fails = true;
    for (let i = 0; i < 250; i++) change(event(`e${i}`));
    await vi.advanceTimersByTimeAsync(minute);
    expect(alerts.counts).toEqual({ waiting: 200, sent: 0, lost: 50 });
    fails = false;
    await vi.advanceTimersByTimeAsync(30 * minute);
    expect([sent[0]!.alerts.length, sent[0]!.lost]).toEqual([200, 50]);
  });

  test("for a day and no longer", async () => {
    fails = true;
    change(event("a"));
    await vi.advanceTimersByTimeAsync(25 * 60 * minute);
    expect(alerts.counts).toEqual({ waiting: 0, sent: 0, lost: 1 });
  });

  test("is in the metrics", async () => {
    const extras = {
      ageMs: () => 1,
      pages: () => 0,
      skipped: () => 0,
      alerts: () => ({ waiting: 3, sent: 2, lost: 1 }),
      written: () => ({ total: 5_000, recorder: 2_000 }),
    };
    const text = await createMetrics(extras).text(base);
    for (const line of ["islet_alerts_waiting 3", "islet_alerts_sent_total 2", "islet_alerts_lost_total 1"])
      expect(text).toContain(line);
    for (const line of [
      'islet_written_bytes_total{part="recorder"} 2000',
      'islet_written_bytes_total{part="other"} 3000',
    ])
      expect(text).toContain(line);
  });
});

describe("the words of a mail", () => {
  const alert = {
    id: "a",
    atMs: startMs,
    severity: "critical",
    key: "x",
    sentence: "Ladepunkt 3 schweigt – prüfen.",
    active: true,
  } as const;
  const message = { site: "Depot", alerts: [alert, { ...alert, active: false, sentence: "Two." }], lost: 4 };

  test("the worst first, times of the site, what is over, what is lost", () => {
    expect(subjectOf(message)).toBe("Depot: Ladepunkt 3 schweigt – prüfen. (and 1 more)");
    const text = textOf(message, "Europe/Berlin", "https://depot.example:8080/events");
    for (const part of ["14 Nov 2023, 23:13:20  critical", "over", "4 events before these", "https://depot.example"])
      expect(text).toContain(part);
  });

  test("is safe for every server: short lines of ASCII, no header of a foreign hand", () => {
    const mail = { from: "a@b.example", to: ["c@d.example"], atMs: startMs, id: "1" };
    const text = messageText({ ...mail, subject: "Ä\r\nBcc: x@y.example", text: `.\r\n${"ü".repeat(5_000)}` });
    for (const line of text.split("\r\n")) expect(line).toMatch(/^[\x20-\x7e]{0,80}$/);
    expect(text).not.toMatch(/^(Bcc|\.)/m);
  });
});

/** A mail server that keeps what it is told. */
function mailServer(
  replies: Readonly<Record<string, string>> = {},
  tls: { readonly cert: string; readonly key: string } | null = null,
): Promise<{ port: number; heard: string[]; server: NetServer }> {
  const heard: string[] = [];
  const talk = (socket: Socket): void => {
    socket.write("220 test\r\n");
    let isData = false;
    let held = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      held += chunk.toString();
      for (let end = held.indexOf("\r\n"); end >= 0; end = held.indexOf("\r\n")) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        heard.push(line);
        if (isData && line !== ".") continue;
        const verb = isData ? "." : line.split(/[ :]/)[0]!;
        isData = verb === "DATA";
        const usual =
          { EHLO: "250-test\r\n250 AUTH PLAIN", AUTH: "235 in", DATA: "354 go on", QUIT: "221 bye" }[verb] ?? "250 ok";
        socket.write(`${replies[line] ?? replies[verb] ?? usual}\r\n`);
      }
    });
  };
  const server = tls === null ? createServer(talk) : createTlsServer(tls, talk);
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as AddressInfo).port, heard, server })),
  );
}

describe("a mail server", () => {
  const mail = {
    from: "a@b.example",
    to: ["c@d.example", "e@f.example"],
    subject: "S",
    text: "T",
    atMs: startMs,
    id: "1",
  };
  const { signal } = new AbortController();
  const local = { host: "127.0.0.1", security: "none" } as const;

  test("takes the message after name and password", async () => {
    const { port, heard, server } = await mailServer();
    await sendMail({ ...local, port, user: "u", password: "p" }, mail, signal);
    const commands = [
      "EHLO islet",
      "AUTH PLAIN AHUAcA==",
      "MAIL FROM:<a@b.example>",
      "RCPT TO:<c@d.example>",
      "RCPT TO:<e@f.example>",
      "DATA",
    ];
    expect(heard.slice(0, 6)).toEqual(commands);
    server.close();
  });

  test.each<readonly [string, Record<string, string>, object, RegExp]>([
    ["refuses the password", { AUTH: "535 no" }, { user: "u", password: "p" }, /refuses the name and password: 535 no/],
    ["refuses every receiver", { RCPT: "550 who?" }, {}, /refuses e@f\.example: 550 who\?/],
    ["refuses the message", { ".": "552 too large" }, {}, /refuses the message: 552/],
    ["offers no STARTTLS where it must", {}, { security: "starttls" }, /offers no STARTTLS: nothing was sent/],
  ])("%s: a sentence", async (_, replies, more, sentence) => {
    const { port, server } = await mailServer(replies);
    await expect(sendMail({ ...local, port, ...more }, mail, signal)).rejects.toThrow(sentence);
    server.close();
  });

  test("that refuses one receiver of two takes the message for the other", async () => {
    const { port, heard, server } = await mailServer({ "RCPT TO:<c@d.example>": "550 gone" });
    await sendMail({ ...local, port }, mail, signal);
    expect(heard).toContain("DATA");
    server.close();
  });

  test("over TLS is who the issuer in caFile says, or hears nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "islet-mail-"));
    const root = issue({ name: "Site CA", ca: true });
    const own = issue({ name: "localhost", hosts: ["localhost"], issuer: root });
    writeFileSync(`${folder}/ca.pem`, root.pem);
    writeFileSync(`${folder}/other.pem`, issue({ name: "Other CA", ca: true }).pem);
    const { port, heard, server } = await mailServer({}, { cert: own.pem, key: own.keyPem });
    const alert = { id: "a", atMs: startMs, severity: "critical", key: "x", sentence: "It is.", active: true } as const;
    const tell = (caFile?: string): Promise<void> => {
      const to = { host: "localhost", port, security: "tls", sender: "a@b.example", to: ["c@d.example"] };
      const config = {
        site: base.site,
        dashboard: { hostNames: [] },
        alerts: { mail: { ...to, ...(caFile && { caFile: `${folder}/${caFile}` }) } },
      };
      return alertChannels(config as unknown as SiteConfig)[0]!.send({ site: "S", alerts: [alert], lost: 0 }, signal);
    };
    await expect(tell()).rejects.toThrow(/certificate/);
    await expect(tell("other.pem")).rejects.toThrow(/certificate/);
    expect(heard).toEqual([]);
    await tell("ca.pem");
    expect(heard).toContain("RCPT TO:<c@d.example>");
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("elsewhere gets no password without TLS", async () => {
    const { port, server } = await mailServer();
    const elsewhere = { ...local, host: "localhost.", port, user: "u", password: "p" };
    await expect(sendMail(elsewhere, mail, signal)).rejects.toThrow(/without TLS|ENOTFOUND|EAI_AGAIN/);
    server.close();
  });
});

test("a webhook gets the events as signed JSON", async () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-alerts-"));
  writeFileSync(`${folder}/secret`, "s\n");
  let got: { body: string; signature: string } | null = null;
  const server: Server = createHttp((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      got = { body, signature: String(request.headers["x-islet-signature"]) };
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const config = {
    site: base.site,
    dashboard: { hostNames: [], port: 0 },
    alerts: { webhook: { url: `http://127.0.0.1:${port}/x`, secretFile: `${folder}/secret` } },
  } as unknown as SiteConfig;
  const [channel] = alertChannels(config);
  const alert = { id: "new", atMs: startMs, severity: "critical", key: "x", sentence: "It is.", active: true } as const;
  const { signal } = new AbortController();
  await channel!.send({ site: base.site.name, alerts: [alert], lost: 0 }, signal);
  const { body, signature } = got!;
  expect(JSON.parse(body)).toMatchObject({ version: 1, site: base.site.name, alerts: [{ id: "new", active: true }] });
  expect(signature).toBe(`sha256=${createHmac("sha256", "s").update(body).digest("hex")}`);
  rmSync(`${folder}/secret`);
  await expect(channel!.send({ site: "", alerts: [alert], lost: 0 }, signal)).rejects.toThrow("can't be read (ENOENT)");
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const promtool = process.env["ISLET_PROMTOOL"] ?? "promtool";
const noPromtool = spawnSync(promtool, ["--version"]).status === 0 ? "" : " (skipped: no promtool on this machine)";
describe.skipIf(noPromtool !== "")(`what Prometheus' own tool says${noPromtool}`, () => {
  test("the metrics and the alert rules are clean", async () => {
    const counts = { waiting: 0, sent: 0, lost: 0 };
    const written = () => ({ total: 5_000, recorder: 2_000 });
    const extras = { ageMs: () => 1, pages: () => 0, skipped: () => 0, alerts: () => counts, written };
    const text = await createMetrics(extras).text({
      ...base,
      energy: { importedWh: 2, exportedWh: 1 },
    });
    const metrics = spawnSync(promtool, ["check", "metrics"], { input: text, encoding: "utf8" });
    expect([metrics.status, metrics.stderr]).toEqual([0, ""]);
    const rules = spawnSync(promtool, ["check", "rules", "docs/grafana/islet-alerts.yaml"], { encoding: "utf8" });
    expect([rules.status, rules.stderr]).toEqual([0, ""]);
  });
});
