/** The controller's page as a person's browser uses it: first password, session, state, actions. */

export interface Page {
  state(): Promise<PageState>;
  /** A read-only token for `islet explain`. */
  token(): Promise<string>;
  metrics(): Promise<string>;
  html(path: string): Promise<string>;
  /** A page's words, as a person reads them: without its markup. */
  words(path: string): Promise<string>;
  /** An answer of the API. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<{ readonly status: number; readonly answer: T }>;
  /** Sends a form; the status of its answer. */
  submit(path: string, fields: Record<string, string>): Promise<number>;
  /** The sentence of a success, or of the refusal. */
  act(
    action: string,
    values?: Record<string, number | string>,
    reason?: string,
  ): Promise<{ ok: boolean; sentence: string }>;
}

/** What these tests read of `/api/v1/state`. */
export interface PageState {
  readonly mode: { readonly mode: string; readonly cause: { readonly key: string } | null };
  readonly pccW: number | null;
  readonly importLimitW: number | null;
  readonly exportLimitW: number | null;
  readonly k1: { readonly no: string; readonly nc: string; readonly quality: string };
  readonly evses: readonly {
    readonly evse: number;
    readonly connected: boolean;
    readonly socPct: number | null;
    readonly setpointW: number;
    readonly powerW: number | null;
    readonly requestedW: number;
    readonly requestSource: string;
    readonly planSentence: string | null;
    readonly role: string;
    readonly limits: readonly {
      readonly reason: string;
      readonly source: string;
      readonly minW: number | null;
      readonly maxW: number | null;
      readonly binds: boolean;
    }[];
  }[];
  readonly tiers: readonly {
    readonly name: string;
    readonly state: string;
    readonly loadW: number | null;
    readonly known: { readonly state: string };
  }[];
  readonly pv: { readonly powerW: number } | null;
  readonly events: readonly {
    readonly key: string;
    readonly values?: Record<string, unknown>;
    readonly active: boolean;
    readonly severity: string;
  }[];
  readonly limits: readonly { readonly id: string; readonly value: number; readonly by: string }[];
  readonly permit: { readonly mode: string; readonly covered: boolean; readonly revoked: boolean } | null;
  readonly health: {
    readonly meterQuality: string;
    readonly devices: readonly {
      readonly name: string;
      readonly state: string;
      readonly ageMs: number | null;
      readonly powerW?: number | null;
      readonly fault: { readonly sentence: string } | null;
    }[];
  };
  readonly pccRecord?: {
    readonly exports: { readonly count: number; readonly tooMany: boolean; readonly tooLong: boolean };
    readonly imports: { readonly count: number };
    readonly relay: string;
  };
}

const form = (fields: Record<string, string>): RequestInit => ({
  method: "POST",
  redirect: "manual",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

const person = { name: "installer", password: "correct horse battery" };

/** Opens the page; `setupCode` where no installer has a password yet. */
export async function openPage(url: string, setupCode: string | null): Promise<Page> {
  const { name, password } = person;
  const entered =
    setupCode === null
      ? await fetch(`${url}/login`, form({ name, password }))
      : await fetch(`${url}/setup`, form({ code: setupCode, name, password, again: password }));
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  if (cookie === "") throw new Error(`the page let nobody in: ${entered.status}`);
  const get = (path: string): Promise<Response> => fetch(`${url}${path}`, { headers: { cookie } });
  const csrfOf = async (): Promise<string> =>
    /name="csrf" value="([^"]+)"/.exec(await (await get("/accounts")).text())?.[1] ?? "";
  return {
    async state() {
      const untilMs = performance.now() + 10_000;
      for (;;) {
        const answer = await get("/api/v1/state");
        if (answer.ok) return (await answer.json()) as PageState;
        if (performance.now() > untilMs) throw new Error(`no state: ${answer.status} ${await answer.text()}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async token() {
      const request = form({ csrf: await csrfOf(), name: "test" });
      const answer = await fetch(`${url}/tokens/make`, { ...request, headers: { ...request.headers, cookie } });
      return /islet_[A-Za-z0-9_-]+/.exec(await answer.text())?.[0] ?? "";
    },
    html: async (path) => (await get(path)).text(),
    metrics: async () => (await get("/metrics")).text(),
    async words(path) {
      const text = await (await get(path)).text();
      const main = /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? text;
      return main
        .replace(/<[^>]*>/g, " ")
        .replaceAll("\u00a0", " ")
        .replace(/\s+/g, " ");
    },
    get: async <T>(path: string) => (await (await get(path)).json()) as T,
    async post<T>(path: string, body: unknown) {
      const answer = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-islet-csrf": await csrfOf() },
        body: JSON.stringify(body),
      });
      return { status: answer.status, answer: (await answer.json()) as T };
    },
    async submit(path, fields) {
      const request = form({ csrf: await csrfOf(), ...fields });
      return (await fetch(`${url}${path}`, { ...request, headers: { ...request.headers, cookie } })).status;
    },
    async act(action, values = {}, reason = "a test") {
      const answer = await fetch(`${url}/api/v1/actions`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-islet-csrf": await csrfOf() },
        body: JSON.stringify({ action, values, reason }),
      });
      const { ok, sentence } = (await answer.json()) as { ok: boolean; sentence: string };
      return { ok, sentence };
    },
  };
}
