/** What a key does to the simulated site: an operation of the simulator's control API when pressed, its undoing when pressed again. */
type Operation = readonly [path: string, body: object] | Prices;

/** What energy costs: the file of prices that the controller reads is written anew. */
type Prices = "usual prices" | "price spike";

export interface DemoKey {
  readonly key: string;
  readonly label: string;
  readonly on: Operation;
  readonly off: Operation;
  readonly onSentence: string;
  readonly offSentence: string;
}

export const demoKeys: readonly DemoKey[] = [
  {
    key: "o",
    label: "outage",
    on: ["/grid", { present: false }],
    off: ["/grid", { present: true, voltagePu: 1, frequencyHz: 60 }],
    onSentence: "The grid has failed.",
    offSentence: "The grid is back.",
  },
  {
    key: "l",
    label: "load step",
    on: ["/load", { tier: "building", powerW: 30_000 }],
    off: ["/load", { tier: "building", powerW: null }],
    onSentence: "The building's load has fallen to 30 kW.",
    offSentence: "The building goes on as on any day.",
  },
  {
    key: "m",
    label: "freeze meter",
    on: ["/fault", { target: "meter", error: "freeze", active: true }],
    off: ["/fault", { target: "meter", error: "freeze", active: false }],
    onSentence: "The meter at the PCC stands still.",
    offSentence: "The meter lives again.",
  },
  {
    key: "w",
    label: "weld K1",
    on: ["/fault", { target: "transferDevice", error: "welded", active: true }],
    off: ["/fault", { target: "transferDevice", error: "welded", active: false }],
    onSentence: "K1's main poles are welded. It shows when K1 has to open: try an outage.",
    offSentence: "K1 has been repaired.",
  },
  {
    key: "p",
    label: "plug in/out",
    on: ["/unplug", { evse: 20 }],
    off: ["/plug", { evse: 20, mode: "iso-dc", ev: { capacityWh: 155_000, socPct: 45, bidirectional: true } }],
    onSentence: "The bus at bay 20 has left.",
    offSentence: "A bus has arrived at bay 20.",
  },
  {
    key: "b",
    label: "bus comes late",
    on: ["/unplug", { evse: 19 }],
    off: ["/plug", { evse: 19, mode: "iso-dc", ev: { capacityWh: 155_000, socPct: 8, bidirectional: true } }],
    onSentence: "Bus 119 is not back yet.",
    offSentence: "Bus 119 has come back late, and nearly empty.",
  },
  {
    key: "s",
    label: "price spike",
    on: "price spike",
    off: "usual prices",
    onSentence: "Energy costs 1.60 a kWh for two hours. Whoever can wait, waits.",
    offSentence: "Energy costs what it usually does.",
  },
];
