/** A small controller for the dashboard's tests: a state that is set from outside, actions that are remembered. */
import { type ActionId, actionIds } from "../../src/dashboard/actions.ts";
import type { ActRequest, AuditEntry, DashboardSource, Person } from "../../src/dashboard/source.ts";
import type { Sentence, SiteState } from "../../src/dashboard/state.ts";
import { err, ok, type Result } from "../../src/domain/result.ts";

export interface FakeSource extends DashboardSource {
  /** Publishes a state. */
  set(state: SiteState): void;
  /** Changes the present state and publishes it with the next number. */
  change(change: (state: SiteState) => SiteState): void;
  /** From now on the state only grows older. */
  silent: boolean;
  readonly acted: { readonly request: ActRequest; readonly person: Person }[];
  readonly audited: AuditEntry[];
  /** What the controller answers instead of doing it. */
  refusal: Sentence | null;
  delayMs: number;
}

export function createFakeSource(first: SiteState | null, supported: readonly ActionId[] = actionIds): FakeSource {
  let state = first;
  let setAtMs = first ? performance.now() : Number.NEGATIVE_INFINITY;
  const listeners = new Set<() => void>();
  const source: FakeSource = {
    state: () => state,
    ageMs: () => performance.now() - (source.silent ? setAtMs : state ? performance.now() : Number.NEGATIVE_INFINITY),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: async (query) => ({
      quantity: query.quantity,
      startsAtMs: query.fromMs,
      stepMs: 1000,
      values: [1, null, 3],
    }),
    act: async (request, person): Promise<Result<Sentence, Sentence>> => {
      if (source.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, source.delayMs));
      if (source.refusal) return err(source.refusal);
      source.acted.push({ request, person });
      if (request.action === "acknowledge")
        source.change((before) => ({
          ...before,
          events: before.events.map((event) =>
            event.id === request.values["event"]
              ? { ...event, acknowledged: { by: person.name, atMs: before.atMs } }
              : event,
          ),
        }));
      return ok(
        request.action === "acknowledge"
          ? { key: "done.acknowledged" }
          : { key: "done.logged", values: { what: request.action } },
      );
    },
    supported,
    audit: (entry) => void source.audited.push(entry),
    set: (next) => {
      state = next;
      setAtMs = performance.now();
      for (const listener of listeners) listener();
    },
    change: (change) => {
      if (state) source.set({ ...change(state), sequence: state.sequence + 1 });
    },
    silent: false,
    acted: [],
    audited: [],
    refusal: null,
    delayMs: 0,
  };
  return source;
}
