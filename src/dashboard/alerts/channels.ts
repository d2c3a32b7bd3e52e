/** The ways that alerts go: a mail to people, a signed JSON document to a program. */
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SiteConfig } from "../../config/site.ts";
import type { AlertChannel, AlertMessage } from "./alerts.ts";
import { sendMail } from "./smtp.ts";

const webhookMaxMs = 15_000;

/** Those that the configuration names. A secret is read for each message: a file that is missing holds nothing else up. */
export function alertChannels({ alerts, site, dashboard }: SiteConfig): AlertChannel[] {
  const { mail, webhook } = alerts ?? {};
  const secretOf = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readSecret(file);
  const channels: AlertChannel[] = [];
  if (mail !== undefined) {
    const { host, port, security, user, passwordFile, caFile, sender, to } = mail;
    const address = dashboard.hostNames[0];
    channels.push({
      name: "e-mail",
      send: async (message, signal) =>
        sendMail(
          { host, port, security, user, password: secretOf(passwordFile), ca: secretOf(caFile) },
          {
            from: sender,
            to,
            subject: subjectOf(message),
            text: textOf(
              message,
              site.timeZone,
              address === undefined ? "" : `https://${address}:${dashboard.port}/events`,
            ),
            atMs: Date.now(),
            id: randomUUID(),
          },
          signal,
        ),
    });
  }
  if (webhook !== undefined) {
    const { url, secretFile } = webhook;
    channels.push({
      name: "webhook",
      send: async (message, signal) => post(url, secretOf(secretFile), message, signal),
    });
  }
  return channels;
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (failure) {
    throw new Error(`${file} can't be read (${(failure as NodeJS.ErrnoException).code ?? "damaged"}).`);
  }
}

async function post(
  url: string,
  secret: string | undefined,
  message: AlertMessage,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ version: 1, ...message });
  const signature = secret === undefined ? "" : createHmac("sha256", secret).update(body).digest("hex");
  const answer = await fetch(url, {
    method: "POST",
    redirect: "error",
    headers: {
      "content-type": "application/json",
      ...(signature !== "" && { "x-islet-signature": `sha256=${signature}` }),
    },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(webhookMaxMs)]),
  }).catch((failure: Error) => {
    const { cause } = failure as { cause?: Error };
    throw new Error(`${new URL(url).host} can't be reached (${cause?.message ?? failure.message}).`);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${new URL(url).host} answers ${answer.status}.`);
}

export function subjectOf({ site, alerts }: AlertMessage): string {
  const began = alerts.filter(({ active }) => active);
  const worst = began.find(({ severity }) => severity === "critical") ?? began[0] ?? alerts[0]!;
  const more = alerts.length > 1 ? ` (and ${alerts.length - 1} more)` : "";
  return `${site}: ${worst.active ? "" : "over: "}${worst.sentence}${more}`;
}

export function textOf({ site, alerts, lost }: AlertMessage, timeZone: string, address: string): string {
  const at = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone });
  const rows = alerts.map(
    ({ atMs, severity, sentence, active }) => `${at.format(atMs)}  ${active ? severity : "over"}\n    ${sentence}`,
  );
  const more = lost > 0 ? [`${lost} events before these could not be told and are lost here; the page has them.`] : [];
  return [`${site}, times of ${timeZone}`, ...rows, ...more, ...(address === "" ? [] : [address]), ""].join("\n\n");
}
