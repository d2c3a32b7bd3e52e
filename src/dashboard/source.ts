/** What the controller gives the dashboard, and what it takes from it. The app implements this; tests have a small one. */
import type { Commissioning } from "../app/commissioning/commissioning.ts";
import type { LinkPort } from "../app/links/link-port.ts";
import type { Result } from "../domain/result.ts";
import type { AccountRole, ActionId, ActionValues } from "./actions.ts";
import type { EconomyPort } from "./economy/economy-port.ts";
import type { FleetPort } from "./fleet/fleet-port.ts";
import type { Sentence, SiteState } from "./state.ts";

/** Who acts, as established by the server. */
export interface Person {
  readonly name: string;
  readonly role: AccountRole;
  /** By key switch or by the local network port, as configured. */
  readonly onSite: boolean;
}

export interface ActRequest {
  readonly action: ActionId;
  readonly reason: string;
  /** Checked against the table of actions; powers in W. */
  readonly values: ActionValues;
  /** Ties the action to its log lines and audit record. */
  readonly causeId: string;
}

export const historyQuantities = ["pccW", "loadW", "pvW", "vehiclesW", "gridVoltagePu", "gridFrequencyHz"] as const;
export type HistoryQuantity = (typeof historyQuantities)[number];
export interface HistoryQuery {
  readonly quantity: HistoryQuantity;
  readonly fromMs: number;
  readonly toMs: number;
  readonly pointsMax: number;
}
export interface HistorySeries {
  readonly quantity: HistoryQuantity;
  readonly startsAtMs: number;
  readonly stepMs: number;
  readonly values: readonly (number | null)[];
}

/** What is written to the audit log besides actions: sign-ins, refusals, tokens. */
export interface AuditEntry {
  readonly atMs: number;
  readonly what:
    | "signed-in"
    | "sign-in-refused"
    | "signed-out"
    | "refused"
    | "acted"
    | "token-made"
    | "token-removed"
    | "password-set"
    | "second-factor"
    | "update"
    | "session-ended";
  readonly person: string;
  readonly address: string;
  readonly detail: string;
  readonly causeId: string;
}

/** How the controller replaces itself; the app implements it. */
export interface UpdatesPort {
  view(): {
    readonly running: string;
    readonly unable: string;
    readonly current: string | null;
    readonly former: string | null;
    readonly onTrial: boolean;
    readonly phase: "none" | "fetching" | "waiting" | "installing" | "restarting" | "failed";
    readonly what: string;
    readonly by: string;
    readonly sentence: string;
    readonly backendWaits: string;
    readonly offered: readonly string[];
  };
  /** Begins; a sentence where it can't. */
  order(order: { readonly from: string; readonly by: string; readonly notBeforeMs: number }): string;
  /** Ends one that waits; false where none does. */
  cancel(): boolean;
}

/** Who is told of events beyond the page. */
export interface AlertsPort {
  readonly ways: readonly { readonly name: string; readonly to: string }[];
  /** Least weight of an event that is told; "" where nobody is. */
  readonly severity: string;
  readonly digestMin: number;
  /** Sends a test by each way: why it was not taken, "" where it was. Null where one was just sent. */
  test(): Promise<readonly { readonly name: string; readonly failure: string }[] | null>;
}

export interface DashboardSource {
  /** The latest state; a new object each time something has changed. Null before the first. */
  state(): SiteState | null;
  /** Milliseconds since that state was taken, on a clock that does not jump. */
  ageMs(): number;
  /** Calls back after each new state; returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Recorded values; an empty series where nothing is kept. */
  history(query: HistoryQuery): Promise<HistorySeries>;
  /** Carries an action out. The refusal is a sentence of the table. Never throws for a refusal. */
  act(request: ActRequest, person: Person): Promise<Result<Sentence, Sentence>>;
  /** What `act` can carry out. */
  readonly supported: readonly ActionId[];
  audit(entry: AuditEntry): void;
  /** Vehicles, timetables and plans; absent where there is no controller behind. */
  readonly fleet?: FleetPort;
  /** Energy, cost and grid events; absent where there is no controller behind. */
  readonly economy?: EconomyPort;
  /** What connected systems ask; absent where there is no controller behind. */
  readonly links?: Pick<LinkPort, "ask" | "release" | "standing">;
  /** Versions of the controller itself; absent where there is no controller behind. */
  readonly updates?: UpdatesPort;
  /** Alerts by e-mail and webhook; absent where there is no controller behind. */
  readonly alerts?: AlertsPort;
  /** Guided commissioning; absent where there is no controller behind. */
  readonly commissioning?: Commissioning;
}
