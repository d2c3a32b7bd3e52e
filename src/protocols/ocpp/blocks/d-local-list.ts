/** D: the local authorisation list with its version, sent whole or as differences by the backend. */

import { collectionOf } from "../collection.ts";
import type { Block, Context } from "../context.ts";
import type { IdToken, IdTokenInfo, RequestOf } from "../transport/messages.table.ts";

const entriesMax = 10_000;

type Listed = NonNullable<RequestOf<"SendLocalList">["localAuthorizationList"]>[number];

/** The backend's list of tokens that this station may judge by itself. */
export interface LocalList extends Block {
  find(token: IdToken): IdTokenInfo | undefined;
}

const keyOf = (token: IdToken): string => `${token.type}|${token.idToken.toLowerCase()}`;

/** Functional block of the local list. */
export function createLocalList(context: Context): LocalList {
  const { model, store } = context;
  const entries = collectionOf<IdTokenInfo>(store, "local-list");
  const meta = collectionOf<number>(store, "local-list-version");
  const version = (): number => meta.get("version") ?? 0;
  model.provide("LocalAuthListCtrlr", "Entries", () => String(entries.all().length));
  model.provide("LocalAuthListCtrlr", "Storage", () =>
    String(entries.all().reduce((sum, entry) => sum + JSON.stringify(entry).length, 0)),
  );

  const enabled = (): boolean => model.flag("LocalAuthListCtrlr", "Enabled");
  const duplicates = (list: readonly Listed[]): boolean =>
    new Set(list.map((item) => keyOf(item.idToken))).size !== list.length;

  return {
    handlers: {
      GetLocalListVersion: () => ({ versionNumber: enabled() ? version() : 0 }),
      SendLocalList(request) {
        const list = request.localAuthorizationList ?? [];
        const full = request.updateType === "Full";
        if (!enabled() || request.versionNumber <= 0 || duplicates(list)) return { status: "Failed" };
        if (list.length > model.number("LocalAuthListCtrlr", "ItemsPerMessage")) return { status: "Failed" };
        if (!full && request.versionNumber <= version()) return { status: "VersionMismatch" };
        if (full && list.some((item) => !item.idTokenInfo)) return { status: "Failed" };
        if ((full ? 0 : entries.all().length) + list.length > entriesMax) return { status: "Failed" };
        store.atomically(() => {
          if (full) entries.clear();
          for (const item of list) {
            if (item.idTokenInfo) entries.put(keyOf(item.idToken), item.idTokenInfo);
            else entries.remove(keyOf(item.idToken));
          }
          meta.put("version", request.versionNumber);
        });
        return { status: "Accepted" };
      },
    },
    find: (token) => (enabled() ? entries.get(keyOf(token)) : undefined),
  };
}
