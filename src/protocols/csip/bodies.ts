/** What the client tells a server, as elements in the schema's order. Times are seconds UTC of the server. */
import { modeNames, modes } from "./modes.table.ts";
import type { Tag } from "./xml.ts";

/** What the devices behind the client are rated for, and what the site allows of it. Powers are magnitudes, W. */
export interface DerFigures {
  /** 82 EVSE, 83 PV and storage; of the standard's list. */
  readonly type: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Apparent power, VA. */
  readonly maxVA: number;
  /** Reactive power either way, var; 0 where none is ever asked of the devices. */
  readonly maxVar: number;
  /** Energy of the batteries that are there, and what of it is kept, Wh; NaN where nobody knows. */
  readonly maxWh: number;
  readonly minWh: number;
}

/** State of the devices now. */
export interface DerState {
  readonly connected: boolean;
  readonly available: boolean;
  readonly operating: boolean;
  readonly faulted: boolean;
  /** 1 off, 2 operational. */
  readonly operationalMode: number;
  /** Percent; NaN where nobody knows. */
  readonly socPct: number;
  /** 0 charging, 1 discharging, 2 holding. */
  readonly storageMode: number;
  readonly alarmBits: number;
}

const hex = (bits: number, digits: number): string => bits.toString(16).toUpperCase().padStart(digits, "0");
/** Value as 16-bit number with a power of ten: as exact as it can be. */
export function scaled(value: number): readonly Tag[] {
  let multiplier = 0;
  let whole = Math.round(value);
  while (Math.abs(whole) > 32_767 && multiplier < 9) {
    multiplier++;
    whole = Math.round(value / 10 ** multiplier);
  }
  return [
    ["multiplier", multiplier],
    ["value", whole],
  ];
}

const bitsOf = (map: "modes" | "doe" | "vpp"): number =>
  modeNames.filter((name) => modes[name].map === map).reduce((bits, name) => bits | (1 << modes[name].bit), 0);
/** Charging and discharging have bits of their own. */
const chargeBits = ({ maxChargeW, maxDischargeW }: DerFigures): number =>
  (maxChargeW > 0 ? 1 : 0) | (maxDischargeW > 0 ? 2 : 0);

export const endDeviceBody = (lfdi: string, sfdi: string, nowS: number): Tag => [
  "EndDevice",
  [
    ["lFDI", lfdi],
    ["sFDI", sfdi],
    ["changedTime", nowS],
    ["enabled", "true"],
  ],
];

export const connectionPointBody = (id: string): Tag => [
  "csipaus:ConnectionPoint",
  [["csipaus:connectionPointId", id]],
];

/** Whether the server has the storage of the Australian profile, which came with its version 1.3. */
const hasStorage = (csipaus: string): boolean => csipaus.endsWith("/v1.3");

/** The Australian modes, where the server has them. */
function extensionTags(csipaus: string, word: "Supported" | "Enabled"): readonly Tag[] {
  if (csipaus === "") return [];
  return [
    [`csipaus:doeModes${word}`, hex(bitsOf("doe"), 2)],
    ...(hasStorage(csipaus) ? [[`csipaus:vppModes${word}`, hex(bitsOf("vpp"), 2)] as const] : []),
  ];
}

/** Energy, which is never below zero, in as many digits as an unsigned 16-bit number has at the least. */
const energyTag = (name: string, energyWh: number): readonly Tag[] =>
  Number.isFinite(energyWh) ? [[name, scaled(energyWh)]] : [];

/** Reactive power either way. */
const reactiveTags = (prefix: "rtg" | "set", { maxVar }: DerFigures): readonly Tag[] =>
  maxVar > 0
    ? [
        [`${prefix}MaxVar`, scaled(maxVar)],
        [`${prefix}MaxVarNeg`, scaled(-maxVar)],
      ]
    : [];

/** The lowest power factor at full apparent power: none is told where there is no reactive power, for it must be below 1. */
function powerFactorTags(prefix: "rtg" | "set", { maxVar, maxVA }: DerFigures): readonly Tag[] {
  if (!(maxVar > 0)) return [];
  const factor = Math.sqrt(1 - Math.min(0.99, maxVar / maxVA) ** 2);
  const value: readonly Tag[] = [
    ["displacement", Math.min(9_999, Math.round(factor * 10_000))],
    ["multiplier", -4],
  ];
  return [
    [`${prefix}MinPFOverExcited`, value],
    [`${prefix}MinPFUnderExcited`, value],
  ];
}

export function capabilityBody(figures: DerFigures, csipaus: string): Tag {
  const { maxChargeW, maxDischargeW, maxVA, maxWh, type } = figures;
  return [
    "DERCapability",
    [
      ["modesSupported", hex(bitsOf("modes") | chargeBits(figures), 8)],
      ["rtgMaxChargeRateW", scaled(maxChargeW)],
      ["rtgMaxDischargeRateW", scaled(maxDischargeW)],
      ["rtgMaxVA", scaled(maxVA)],
      ...reactiveTags("rtg", figures),
      ["rtgMaxW", scaled(Math.max(maxChargeW, maxDischargeW))],
      ...energyTag("rtgMaxWh", maxWh),
      ...powerFactorTags("rtg", figures),
      ["type", type],
      ...extensionTags(csipaus, "Supported"),
    ],
  ];
}

export function settingsBody(figures: DerFigures, gradient: number, nowS: number, csipaus: string): Tag {
  const { maxChargeW, maxDischargeW, maxVA, maxWh } = figures;
  return [
    "DERSettings",
    [
      ["modesEnabled", hex(bitsOf("modes") | chargeBits(figures), 8)],
      ["setGradW", gradient],
      ["setMaxChargeRateW", scaled(maxChargeW)],
      ["setMaxDischargeRateW", scaled(maxDischargeW)],
      ["setMaxVA", scaled(maxVA)],
      ...reactiveTags("set", figures),
      ["setMaxW", scaled(Math.max(maxChargeW, maxDischargeW))],
      ...energyTag("setMaxWh", maxWh),
      ...powerFactorTags("set", figures),
      ["updatedTime", nowS],
      ...extensionTags(csipaus, "Enabled"),
      ...(hasStorage(csipaus) ? energyTag("csipaus:setMinWh", figures.minWh) : []),
    ],
  ];
}

export function statusBody(state: DerState, nowS: number): Tag {
  const { connected, available, operating, faulted, operationalMode, socPct, storageMode, alarmBits } = state;
  const connect = hex((connected ? 1 : 0) | (available ? 2 : 0) | (operating ? 4 : 0) | (faulted ? 16 : 0), 2);
  const timed = (name: string, value: string | number): Tag => [
    name,
    [
      ["dateTime", nowS],
      ["value", value],
    ],
  ];
  return [
    "DERStatus",
    [
      ["alarmStatus", hex(alarmBits, 8)],
      timed("genConnectStatus", connect),
      timed("operationalModeStatus", operationalMode),
      ["readingTime", nowS],
      ...(Number.isFinite(socPct) ? [timed("stateOfChargeStatus", Math.round(socPct * 100))] : []),
      timed("storageModeStatus", storageMode),
      timed("storConnectStatus", connect),
    ],
  ];
}

/** What could be given and taken now, W, and for how long is not said: nobody knows when vehicles leave. */
export const availabilityBody = (availableW: number, nowS: number): Tag => [
  "DERAvailability",
  [
    ["readingTime", nowS],
    ["statWAvail", scaled(availableW)],
  ],
];

export const responseBody = (lfdi: string, mrid: string, status: number, nowS: number): Tag => [
  "DERControlResponse",
  [
    ["createdDateTime", nowS],
    ["endDeviceLFDI", lfdi],
    ["status", status],
    ["subject", mrid],
  ],
];
