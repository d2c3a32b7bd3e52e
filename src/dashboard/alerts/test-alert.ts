/** A test message by each way that alerts go, so that whoever sets them up sees that they arrive: for page and terminal. */
import { randomUUID } from "node:crypto";
import type { SiteConfig } from "../../config/site.ts";
import type { AlertsPort } from "../source.ts";
import { alertChannels } from "./channels.ts";

/** A server that does not answer is given up after this, ms. */
const sendMaxMs = 30_000;
/** A person who presses the button again and again sends no flood, ms. */
const testEveryMs = 10_000;
const sentence = "This is a test: alerts of this site arrive here. Nothing is to be done.";

export interface TestResult {
  readonly name: string;
  /** Why it was not taken; "" where it was. */
  readonly failure: string;
}

/** One after the other; empty where nobody is to be told. */
export async function sendTests(config: SiteConfig): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const { name, send } of alertChannels(config)) {
    const alert = {
      id: randomUUID(),
      atMs: Date.now(),
      severity: "notice",
      key: "test",
      sentence,
      active: true,
    } as const;
    const message = { site: config.site.name, alerts: [alert], lost: 0 };
    const failure = await send(message, AbortSignal.timeout(sendMaxMs)).then(
      () => "",
      (failed: Error) => failed.message,
    );
    results.push({ name, failure });
  }
  return results;
}

/** What the page shows of a site's alerts, and its button. */
export function createAlertsPort(config: SiteConfig, monotonicMs: () => number): AlertsPort {
  const { mail, webhook, severity, digestMin } = config.alerts ?? {};
  let mayAtMs = Number.NEGATIVE_INFINITY;
  return {
    ways: [
      ...(mail === undefined ? [] : [{ name: "e-mail", to: mail.to.join(", ") }]),
      ...(webhook === undefined ? [] : [{ name: "webhook", to: new URL(webhook.url).host }]),
    ],
    severity: severity ?? "",
    digestMin: digestMin ?? 0,
    async test() {
      if (monotonicMs() < mayAtMs) return null;
      mayAtMs = Number.POSITIVE_INFINITY;
      const results = await sendTests(config).finally(() => {
        mayAtMs = monotonicMs() + testEveryMs;
      });
      return results;
    },
  };
}
