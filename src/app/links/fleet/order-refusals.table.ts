/** Why a document of orders, or a lease in it, is not heeded: sentence for people at both ends, and the first step to take. */
import type { DocumentFault } from "../../../protocols/fleet/signed.ts";

type OrderReason =
  | DocumentFault
  | "older"
  | "clock"
  | "flood"
  | "unreadable"
  | "expired"
  | "too-long"
  | "changed"
  | "restart"
  | "taken-back"
  | "owner"
  | "withdrawn"
  | "over";

interface OrderRow {
  readonly sentence: string;
  readonly todo: string;
}

const nothing = "Nothing is to be done.";

export const orderReasons: Readonly<Record<OrderReason, OrderRow>> = {
  "too-large": { sentence: "The orders are larger than 32 KB.", todo: "Give fewer leases, with shorter causes." },
  malformed: { sentence: "The orders are not as docs/fleet.md describes them.", todo: "Look at what writes them." },
  "newer-format": {
    sentence: "The orders have a format that this controller does not know.",
    todo: "Update the controller, or have the fleet write format 1.",
  },
  "foreign-key": {
    sentence: "The orders are signed by a key that is not the dispatcher's.",
    todo: "Find out who wrote them. If the dispatcher has a new key, name it at links.fleet.dispatcherKeys.",
  },
  forged: {
    sentence: "The orders are not what the dispatcher signed.",
    todo: "Find out who altered them: the broker or somebody at it can't be trusted.",
  },
  "other-site": { sentence: "The orders are for another site.", todo: "Find out who sent them here." },
  older: {
    sentence: "The orders are older than those that were heeded: somebody says them again.",
    todo: "If the fleet's database was put back, let it number its orders on from there.",
  },
  clock: {
    sentence: "The clocks of site and fleet differ by more than 5 s: no lease's time can be trusted.",
    todo: "Set the clock; the orders are read again each minute.",
  },
  flood: {
    sentence: "More orders came in a minute than are heeded.",
    todo: "Nothing is lost: the newest is read within a minute. Find out why they come so often.",
  },
  unreadable: {
    sentence: "The lease has a form or a member that this controller does not know.",
    todo: "Update the controller, or give the lease without it.",
  },
  expired: { sentence: "The lease's end was past when it came.", todo: "Give it anew if it is still wanted." },
  "too-long": { sentence: "A lease ends after its beginning, and within a day of it.", todo: "Give a shorter one." },
  changed: {
    sentence: "A lease with this id was given with other contents: that one stands.",
    todo: "Give each lease an id of its own.",
  },
  restart: { sentence: "The controller was started again: requests do not outlive that.", todo: "Ask again to go on." },
  "taken-back": { sentence: "A person at the site has taken it back.", todo: "Ask the people there." },
  owner: {
    sentence: "A person at the site heeds no orders of the fleet today.",
    todo: "Ask the people there; orders are heeded again from midnight there.",
  },
  withdrawn: { sentence: "The fleet has withdrawn it.", todo: nothing },
  over: { sentence: "The lease is over: the local plan goes on.", todo: nothing },
};

export type { OrderReason };
