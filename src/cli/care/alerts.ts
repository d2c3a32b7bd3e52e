/** `islet alerts`: sends a test message by each way that alerts go, so that whoever sets them up sees that they arrive. */
import type { Command } from "commander";
import { loadSite } from "../../app/site/load-config.ts";
import { sendTests } from "../../dashboard/alerts/test-alert.ts";
import { AskedWrongly } from "../asked.ts";

export function alertsCommand(program: Command): void {
  program
    .command("alerts")
    .description("send a test message by each way that the site's alerts go, and say whether it was taken")
    .requiredOption("--config <file>", "the site's configuration")
    .action(({ config }: { readonly config: string }) => sayTests(config));
}

async function sayTests(file: string): Promise<void> {
  const results = await sendTests(loadSite(file).config);
  if (results.length === 0)
    throw new AskedWrongly(`${file} tells nobody of events: add alerts.mail or alerts.webhook.`);
  for (const { name, failure } of results)
    process.stdout.write(
      failure === "" ? `${name}: taken. Look whether it has arrived.\n` : `${name}: not sent. ${failure}\n`,
    );
  if (results.some(({ failure }) => failure !== "")) process.exitCode = 1;
}
