/** `islet alerts`: sends a test message by each way that alerts go, so that whoever sets them up sees that they arrive. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { loadSite } from "../../app/site/load-config.ts";
import { alertChannels } from "../../dashboard/alerts/channels.ts";
import { AskedWrongly } from "../asked.ts";

/** A mail server that does not answer is given up after this, ms. */
const sendMaxMs = 30_000;
const sentence = "This is a test: alerts of this site arrive here. Nothing is to be done.";

export function alertsCommand(program: Command): void {
  program
    .command("alerts")
    .description("send a test message by each way that the site's alerts go, and say whether it was taken")
    .requiredOption("--config <file>", "the site's configuration")
    .action(({ config }: { readonly config: string }) => sendTests(config));
}

async function sendTests(file: string): Promise<void> {
  const { config } = loadSite(file);
  const channels = alertChannels(config);
  if (channels.length === 0)
    throw new AskedWrongly(`${file} tells nobody of events: add alerts.mail or alerts.webhook.`);
  for (const { name, send } of channels) {
    const alert = {
      id: randomUUID(),
      atMs: Date.now(),
      severity: "notice",
      key: "test",
      sentence,
      active: true,
    } as const;
    try {
      await send({ site: config.site.name, alerts: [alert], lost: 0 }, AbortSignal.timeout(sendMaxMs));
      process.stdout.write(`${name}: taken. Look whether it has arrived.\n`);
    } catch (failure) {
      process.exitCode = 1;
      process.stdout.write(`${name}: not sent. ${(failure as Error).message}\n`);
    }
  }
}
