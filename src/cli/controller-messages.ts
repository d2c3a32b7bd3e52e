/** What a process that owns a controller (`islet sim --controller`) and the controller say to each other over their channel. */
import type { SiteState } from "../dashboard/state.ts";

export type ToController =
  /** A card at the reader of these EVSEs; of any of them when empty. */
  | { readonly kind: "card"; readonly idToken: string; readonly type: string; readonly evses: readonly number[] }
  /** How firmware installations end from now on: `Installed`, `InstallRebooting`, or a failure's name. */
  | { readonly kind: "firmware"; readonly result: string };

/** The state, a few times a second. */
export interface FromController {
  readonly kind: "state";
  readonly state: SiteState;
  readonly url: string;
}
