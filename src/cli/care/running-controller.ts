/**
 * The controller that runs on a site, seen from a command beside it: whether it holds the site's state folder, whether its page
 * answers, and what it shows to a token.
 */
import { stateIsHeld } from "../../app/site/site-lock.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { SiteState } from "../../dashboard/state.ts";
import { AskedWrongly } from "../asked.ts";

const askMaxMs = 3_000;

export interface PageOptions {
  /** Address of the page; by default where the site's configuration has it. */
  readonly url?: string;
  readonly token?: string;
}

export interface SeenController {
  readonly url: string;
  /** A process holds the state folder: a controller runs, whether its page answers or not. */
  readonly holdsState: boolean;
  /** What its page says without a token; null where it does not answer. */
  readonly health: { readonly ageMs: number | null } | null;
  readonly state: SiteState | null;
  /** Why there is no state though the page answers; "" where there is one. */
  readonly why: string;
}

/** Devices that do not answer or have a fault. */
export const unwellOf = ({ health }: SiteState): SiteState["health"]["devices"] =>
  health.devices.filter(({ state, fault }) => state !== "answers" || fault !== null);

export async function seeController(config: SiteConfig, options: PageOptions): Promise<SeenController> {
  const { dashboard, stateDir } = config;
  const url =
    options.url ?? `${dashboard.certificateFile === undefined ? "http" : "https"}://127.0.0.1:${dashboard.port}`;
  if (!URL.canParse(url)) throw new AskedWrongly(`${url} is no address; it is like http://127.0.0.1:8080`);
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response | null> =>
    fetch(new URL(path, url), { headers, signal: AbortSignal.timeout(askMaxMs) }).catch(() => null);
  const answer = await ask("/healthz");
  const health = answer?.ok ? ((await answer.json()) as { ageMs: number | null }) : null;
  const seen = { url, holdsState: stateIsHeld(stateDir), health };
  if (health === null) return { ...seen, state: null, why: `its page does not answer at ${url}` };
  const token = options.token ?? process.env["ISLET_TOKEN"];
  if (token === undefined) return { ...seen, state: null, why: "that is shown to a token only" };
  const shown = await ask("/api/v1/state", { authorization: `Bearer ${token}` });
  if (shown === null || !shown.ok)
    return { ...seen, state: null, why: `the token was refused (${shown?.status ?? "no answer"})` };
  return { ...seen, state: (await shown.json()) as SiteState, why: "" };
}
