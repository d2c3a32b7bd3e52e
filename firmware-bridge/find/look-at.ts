/** One unit that answers: whether it speaks SunSpec, which maps fit, who it says it is, and a few of its numbers. */
import type { Clock, ModbusLink } from "../../src/protocols/modbus/link.ts";
import { baseAddresses, type Chain, readModel, walkChain } from "../../src/protocols/sunspec/chain.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { findByMap } from "../device/map-device.ts";
import { RegisterAccess } from "../device/register-access.ts";
import type { DeviceKind } from "../maps/device-map.ts";
import { type Identity, identityOf } from "../maps/sunspec-binding.ts";
import { usualPace } from "../settings.ts";
import type { AskedUnit } from "./asked-unit.ts";
import type { FoundDevice, Lookalike } from "./found.ts";
import type { LibraryMap } from "./library.ts";
import { readLive } from "./live.ts";
import { type Fit, fittingMaps } from "./recognise.ts";

/** Most maps that an unknown device is said to look like, and most of its words that are told. */
const lookalikesMax = 3;
const sawMax = 6;
const nobody: Identity = { manufacturer: "", model: "", version: "", serialNumber: "" };

/** What a look at a unit needs. */
export interface LookOptions {
  readonly link: ModbusLink;
  /** What the link was made of; goes into the report. */
  readonly settings: FoundDevice["link"];
  readonly library: readonly LibraryMap[];
  readonly clock: Clock;
}

/** Looks at a unit that answers. Never throws for what it says. */
export async function lookAt(unit: AskedUnit, options: LookOptions): Promise<FoundDevice> {
  const { link, clock, settings } = options;
  const replyTimeoutMs = unit.replyTimeoutMs;
  const access = new RegisterAccess(
    link,
    unit.unit,
    { ...usualPace, maxInFlight: 1, replyTimeoutMs, anyUnitInReply: true },
    clock,
  );
  const chain = await sunspecChain(unit, access);
  const sunspec = chain === undefined ? undefined : await commonOf(chain, access);
  const fits = await fittingMaps(unit, options.library, { sunspec });
  const models = chain?.entries.map(({ id }) => id) ?? [];
  const base = {
    address: link.name,
    link: settings,
    unit: unit.unit,
    answersAnywhere: false,
    models,
  };
  const sure = certain(fits);
  if (sure !== undefined) {
    const { map, file } = sure.library;
    const told = await findByMap(
      { settings: { unit: unit.unit }, attempt: (exchange) => access.attempt(exchange) },
      map,
    );
    const measured = await readLive(access, unit.unit, map);
    const identity = { ...nobody, ...sunspec, ...(told.ok && told.value) };
    const name = map.maker ?? file;
    return {
      ...base,
      verdict: "recognised",
      name,
      map: file,
      kinds: [map.kind],
      identity,
      lookalikes: [],
      saw: sure.saw,
      measured,
    };
  }
  if (sunspec !== undefined) {
    const kinds = kindsOf(models);
    const name = `${sunspec.manufacturer} ${sunspec.model}`.trim() || "SunSpec device";
    const verdict = kinds.length > 0 ? "recognised" : "unknown";
    const saw = [`SunSpec models ${models.join(", ")}`];
    return {
      ...base,
      verdict,
      name,
      map: kinds.length > 0 ? "sunspec" : null,
      kinds,
      identity: sunspec,
      lookalikes: [],
      saw,
      measured: {},
    };
  }
  const lookalikes = fits.slice(0, lookalikesMax).map(lookalikeOf);
  const saw = (fits[0]?.saw ?? unit.said()).slice(0, sawMax);
  const verdict = lookalikes.length > 0 ? "looks-like" : "unknown";
  return { ...base, verdict, name: "", map: null, kinds: [], identity: nobody, lookalikes, saw, measured: {} };
}

/** The one map that there is no doubt about: named, or the only one whose numbers all fit. */
function certain(fits: readonly Fit[]): Fit | undefined {
  const [best, next] = fits;
  if (best?.how === "named") return best;
  if (best?.how !== "fits") return undefined;
  // Two maps of the same registers, such as two models of a maker, are told apart by a person.
  return next?.how === "fits" && next.telling >= best.telling ? undefined : best;
}

const lookalikeOf = ({ library, matched, of }: Fit): Lookalike => ({
  name: library.map.maker ?? library.file,
  file: library.file,
  matched,
  of,
});

async function sunspecChain(unit: AskedUnit, access: RegisterAccess): Promise<Chain | undefined> {
  for (const address of baseAddresses) {
    const answer = await unit.ask(3, address, 2);
    if (answer.kind !== "said" || answer.bytes.toString("latin1") !== "SunS") continue;
    const chain = await walkChain(access.read);
    return chain.ok ? chain.value : undefined;
  }
  return undefined;
}

async function commonOf({ entries }: Chain, access: RegisterAccess): Promise<Identity> {
  const entry = entries.find(({ id }) => id === 1);
  const table = sunspecModel(1);
  if (entry === undefined || table === undefined) return nobody;
  const image = await readModel(access.read, entry, table);
  return image.ok ? identityOf(new Map([[1, image.value]])) : nobody;
}

/** What a SunSpec device with these models can be in a site. */
function kindsOf(models: readonly number[]): DeviceKind[] {
  const has = (...ids: readonly number[]): boolean => ids.some((id) => models.includes(id));
  const kinds: DeviceKind[] = [];
  const isStage = has(64_901) || (has(704) && has(701) && has(713, 714, 802));
  if (isStage) kinds.push("stage");
  if (has(64_902)) kinds.push("transfer-device");
  if (has(64_903)) kinds.push("load-panel");
  if (has(201, 202, 203, 204, 211, 212, 213, 214)) kinds.push("meter");
  if (!isStage && has(101, 102, 103, 111, 112, 113, 701)) kinds.push("pv");
  return kinds;
}
