/**
 * A01: the basic-authentication password. A new one from the backend is tried first; while it is refused, the last one that
 * worked is tried in turn. That one is kept beside it only until the new one has worked.
 */

import { collectionOf } from "../collection.ts";
import type { OcppConfig } from "../config.ts";
import type { DeviceModel } from "../device-model/device-model.ts";
import type { OcppStore } from "../ports.ts";

/** The password in use, and the former one until the new one has worked. */
export interface Passwords {
  current(): string | undefined;
  worked(): void;
  failed(): void;
}

export function createPasswords(store: OcppStore, model: DeviceModel, config: OcppConfig): Passwords {
  const secrets = collectionOf<string>(store, "secret");
  let useLast = false;
  const newest = (): string | undefined => model.text("SecurityCtrlr", "BasicAuthPassword") || config.basicAuthPassword;
  const current = (): string | undefined => (useLast ? (secrets.get("last-password") ?? newest()) : newest());
  /** What the present connection was made with. */
  let inUse: string | undefined;
  model.onChange("SecurityCtrlr", "BasicAuthPassword", (next) => {
    if (inUse !== undefined && inUse !== next && secrets.get("last-password") === undefined)
      secrets.put("last-password", inUse);
  });
  return {
    current,
    worked() {
      inUse = current();
      useLast = false;
      if (inUse === newest()) secrets.remove("last-password");
    },
    failed() {
      useLast = !useLast;
    },
  };
}
