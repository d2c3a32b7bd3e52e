/**
 * Interoperability over SunSpec (6.4 nameplate, 6.5 configuration, 6.6 monitoring, 6.7 management): each point read, each setting
 * of the code compared with what the device shows, requests and limits written and their effect seen in the device's own
 * measurement. What the device does not serve, or refuses to have changed, is a row that says so and no failure: a utility
 * decides which of them it needs.
 */
import type { GridProfile } from "../../config/grid-profiles.ts";
import { bandFactor, mra } from "../accuracy.ts";
import type { Case, Direction, Finding, Missing } from "../procedure.ts";
import type { RegisterClient } from "../rig.ts";
import {
  configurationPoints,
  monitoringPoints,
  nameplatePoints,
  type SettingPoint,
  settingPoints,
} from "./register-points.table.ts";

/** A reading must be there, and what was written must act, within this time, s. */
const withinS = 30;
const lookEveryS = 0.25;
/** A power that has stood for so long has settled, s; it moves by less than this share of the rating. */
const standsS = 3;
const standsPu = 0.01;
/** Requests end by themselves after this time, whatever becomes of the client, s. */
const leaseS = 120;

/** A case over registers, with what all of them have in common. */
export function registerCase(
  name: string,
  quantity: string,
  unit: string,
  run: (client: RegisterClient) => Promise<Finding | Missing>,
  more: Partial<Pick<Case, "direction" | "setting" | "quick">> = {},
): Case {
  return {
    ...{ name, quantity, unit, direction: "discharging", setting: "", needs: {}, ability: "registers", ...more },
    run: (rig) => run(rig.registers!),
  };
}

export const interoperabilityCases = (profile: GridProfile): readonly Case[] => [
  ...nameplateCases(),
  ...settingCases(profile),
  ...configurationCases(),
  ...monitoringCases(),
  ...requestCases(),
  ...limitCases(),
];

const quick = { quick: true } as const;

/** A point's value, or why it tells nothing. */
export async function told(client: RegisterClient, model: number, point: string): Promise<number | Missing> {
  if (!client.has(model, point)) return { missing: `${model}.${point} is not served` };
  const value = await client.read(model, point);
  return Number.isNaN(value) ? { missing: `${model}.${point} is served but not implemented` } : value;
}

const isMissing = (one: number | Missing): one is Missing => typeof one !== "number";

function nameplateCases(): readonly Case[] {
  const rows = nameplatePoints.map(([point, name, unit, least]) =>
    registerCase(
      `6.4 nameplate: ${name}`,
      `702.${point}`,
      unit,
      async (client) => {
        const value = await told(client, 702, point);
        return isMissing(value) ? value : { measured: value, low: least, high: null, uncertainty: 0 };
      },
      quick,
    ),
  );
  const time = registerCase(
    "6.4 nameplate: all of it",
    "time to read",
    "s",
    async (client) => {
      const fromS = client.nowS();
      for (const [point] of nameplatePoints) if (client.has(702, point)) await client.read(702, point);
      return { measured: client.nowS() - fromS, low: null, high: withinS, uncertainty: 0.01 };
    },
    quick,
  );
  return [...rows, time];
}

function settingCases(profile: GridProfile): readonly Case[] {
  return settingPoints.flatMap((one) => {
    const expected = sourced(profile, one.fromSettings);
    return expected === undefined || !Number.isFinite(expected) ? [] : [settingCase(one, expected)];
  });
}

/** What a point shall show; undefined where it comes of a setting that no source tells. */
function sourced({ settings, blank }: GridProfile, from: SettingPoint["fromSettings"]): number | undefined {
  let isBlank = false;
  const watched = new Proxy(settings, {
    get(target, key) {
      if ((blank as readonly (string | symbol)[]).includes(key)) isBlank = true;
      return Reflect.get(target, key) as unknown;
    },
  });
  const expected = from(watched);
  return isBlank ? undefined : expected;
}

function settingCase({ model, point, name, unit, resolution }: SettingPoint, expected: number): Case {
  return registerCase(
    `6.7 ${name}`,
    `${model}.${point}`,
    unit,
    async (client) => {
      const value = await told(client, model, point);
      if (isMissing(value)) return value;
      return { measured: value, low: expected - resolution, high: expected + resolution, uncertainty: 0 };
    },
    { ...quick, setting: `the code's: ${Number(expected.toPrecision(6))} ${unit}`.trim() },
  );
}

/** Share of its rating that a setting is moved to, as the public script does. */
const configuredShare = 0.8;

function configurationCases(): readonly Case[] {
  return configurationPoints.map(([point, name, rating, unit], i) =>
    registerCase(
      `6.5 configuration: ${name} to 80 %`,
      `702.${point} of its rating, read back`,
      "",
      async (client) => {
        const rated = await told(client, 702, rating);
        if (isMissing(rated)) return rated;
        if (!(rated > 0)) return { missing: `702.${rating} is 0: there is nothing to configure` };
        const before = await told(client, 702, point);
        if (isMissing(before)) return before;
        const code = await client.write(702, point, configuredShare * rated);
        if (code !== 0) return refusal(702, point, code, `${unit} of the nameplate are not open to this client`);
        const shown = await client.read(702, point);
        await client.write(702, point, before);
        const error = bandFactor * mra.activePu;
        const low = configuredShare - error;
        return { measured: shown / rated, low, high: configuredShare + error, uncertainty: 0 };
      },
      i === 5 ? quick : {},
    ),
  );
}

const refusal = (model: number, point: string, code: number, because: string): Missing => ({
  missing: `${model}.${point} refuses to be written (${code < 0 ? "no answer" : `exception ${code}`}): ${because}`,
});

function monitoringCases(): readonly Case[] {
  return monitoringPoints.map(([model, point, name, unit]) =>
    registerCase(
      `6.6 monitoring: ${name}`,
      `${model}.${point}: time to a reading`,
      "s",
      async (client) => {
        const fromS = client.nowS();
        const value = await told(client, model, point);
        if (isMissing(value)) return value;
        return { measured: client.nowS() - fromS, low: null, high: withinS, uncertainty: 0.01 };
      },
      { ...quick, ...(unit !== "" && { setting: `in ${unit}` }) },
    ),
  );
}

/** Powers that are asked for, of the rating in their direction: the script's points A and B, small enough for a permit. */
const asked: readonly (readonly [name: string, share: number, direction: Direction])[] = [
  ["point A", 0.1, "discharging"],
  ["point B", 0.1, "charging"],
];

function requestCases(): readonly Case[] {
  return asked.map(([name, share, direction]) =>
    registerCase(
      `6.6 ${name}: ${100 * share} % asked for by 704.WSet`,
      "active power by 701.W, of the rating",
      "",
      async (client) => {
        const ratedW = await ratingW(client, direction);
        if (isMissing(ratedW)) return ratedW;
        const sign = direction === "charging" ? -1 : 1;
        return await withRequest(client, sign * share * ratedW, async () => {
          const error = bandFactor * mra.activePu;
          const [low, high] = [share - error, share + error];
          let shown = Number.NaN;
          await reached(client, async () => {
            shown = (sign * (await client.read(701, "W"))) / ratedW;
            return shown >= low && shown <= high;
          });
          return { measured: shown, low, high, uncertainty: 1 / ratedW };
        });
      },
      { direction },
    ),
  );
}

async function ratingW(client: RegisterClient, direction: Direction): Promise<number | Missing> {
  const own = await told(client, 702, direction === "charging" ? "WChaRteMaxRtg" : "WDisChaRteMaxRtg");
  if (isMissing(own)) return own;
  return own > 0 ? own : { missing: `it has no power for ${direction}` };
}

/** Asks for a power while something is looked at, and takes it back, whatever came of it. Positive is given. */
async function withRequest(
  client: RegisterClient,
  powerW: number,
  look: () => Promise<Finding | Missing>,
): Promise<Finding | Missing> {
  for (const point of ["WSetEna", "WSet"])
    if (!client.has(704, point)) return { missing: `704.${point} is not served: nothing can be asked of it` };
  if (client.has(701, "St") && (await client.read(701, "St")) === 0)
    return {
      missing: "701.St says that it is off (with us: no vehicle is connected), so that no power can be asked of it",
    };
  try {
    if (client.has(704, "WSetMod")) await client.write(704, "WSetMod", 1);
    if (client.has(704, "WSetRvrtTms")) await client.write(704, "WSetRvrtTms", leaseS);
    for (const [point, value] of [
      ["WSet", powerW],
      ["WSetEna", 1],
    ] as const) {
      const code = await client.write(704, point, value);
      if (code !== 0) return refusal(704, point, code, "it takes no request from this client at this moment");
    }
    return await look();
  } finally {
    await client.write(704, "WSetEna", 0);
  }
}

/** Looks again and again until it holds or the time is over; the time it took, s, or Infinity. */
async function reached(client: RegisterClient, holds: () => Promise<boolean>): Promise<number> {
  const fromS = client.nowS();
  for (;;) {
    if (await holds()) return client.nowS() - fromS;
    if (client.nowS() - fromS >= withinS) return Number.POSITIVE_INFINITY;
    await client.waitS(lookEveryS);
  }
}

/** Power that stands: the mean of the last stretch in which it did, W. Whatever it is after 30 s otherwise. */
async function standing(client: RegisterClient, ratedW: number): Promise<number> {
  let last = Number.NaN;
  let sinceS = client.nowS();
  await reached(client, async () => {
    const nowW = await client.read(701, "W");
    if (!(Math.abs(nowW - last) <= standsPu * ratedW)) {
      last = nowW;
      sinceS = client.nowS();
    }
    return client.nowS() - sinceS >= standsS;
  });
  return last;
}

/** Of what flows without a limit. */
const limits = [0.66, 0.33, 0] as const;
/** Less than this share of the rating is no power to limit. */
const enoughPu = 0.05;

interface Limiting {
  readonly direction: Direction;
  readonly point: string;
  /** Puts a limit of so many watts in force; the code of the refusal. */
  readonly put: (client: RegisterClient, limitW: number) => Promise<number>;
  readonly lift: (client: RegisterClient) => Promise<unknown>;
}

const limiting: readonly Limiting[] = [
  {
    direction: "discharging",
    point: "704.WMaxLimPct",
    async put(client, limitW) {
      const ratedW = await client.read(702, "WMaxRtg");
      // Rounded down: the device shows tenths of a per cent.
      const code = await client.write(704, "WMaxLimPct", Math.floor((1_000 * limitW) / ratedW) / 10);
      return code === 0 ? await client.write(704, "WMaxLimPctEna", 1) : code;
    },
    lift: (client) => client.write(704, "WMaxLimPctEna", 0),
  },
  {
    direction: "charging",
    point: "702.WChaRteMax",
    put: (client, limitW) => client.write(702, "WChaRteMax", limitW),
    lift: async (client) => client.write(702, "WChaRteMax", await client.read(702, "WChaRteMaxRtg")),
  },
];

function limitCases(): readonly Case[] {
  return limiting.flatMap(({ direction, point, put, lift }) =>
    limits.map((share) =>
      registerCase(
        `6.7 limit of ${100 * share} % of what flows`,
        `active power by 701.W ${withinS} s after ${point} at the latest, of the rating`,
        "",
        async (client) => {
          const ratedW = await ratingW(client, direction);
          if (isMissing(ratedW)) return ratedW;
          const sign = direction === "charging" ? -1 : 1;
          return await withRequest(client, sign * ratedW, async () => {
            const freeW = sign * (await standing(client, ratedW));
            if (!(freeW >= enoughPu * ratedW))
              return { missing: `it is not ${direction} at this moment, so that there is nothing to limit` };
            try {
              const code = await put(client, share * freeW);
              const [model, name] = point.split(".");
              if (code !== 0) return refusal(Number(model), name!, code, "this client may set no limit");
              const highW = share * freeW + Math.min(bandFactor * mra.activePu * ratedW, 0.1 * freeW);
              await reached(client, async () => sign * (await client.read(701, "W")) <= highW);
              const afterW = sign * (await standing(client, ratedW));
              return { measured: afterW / ratedW, low: null, high: highW / ratedW, uncertainty: 1 / ratedW };
            } finally {
              await lift(client);
            }
          });
        },
        { direction, setting: `${100 * share} %` },
      ),
    ),
  );
}
