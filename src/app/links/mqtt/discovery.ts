/**
 * Home Assistant's discovery: the site as one device and each charger as one behind it, each in a message of its own
 * (`<prefix>/device/<id>/config`, home-assistant/core: components/mqtt/schemas.py). What may not be asked is not offered.
 */
import { isletVersion } from "../../version.ts";
import { askRow, type Right } from "../asks.table.ts";
import { type EntityRow, evseEntities, siteEntities } from "./entities.table.ts";

export interface Discovery {
  readonly topic: string;
  readonly payload: string;
}

/** What a charger's power may be set to, W; the site's is their sum. */
export interface PowerRange {
  readonly chargeW: number;
  readonly dischargeW: number;
}

export interface DiscoveryOptions {
  readonly prefix: string;
  /** What all topics of the site begin with. */
  readonly base: string;
  readonly siteName: string;
  /** Names of the chargers. */
  readonly chargers: readonly string[];
  readonly rights: readonly Right[];
  readonly ranges: readonly PowerRange[];
}

/** A sensor that has not been renewed for so long is not known, s. The state is told anew well within it. */
const expireAfterS = 120;

export function discoveryOf(options: DiscoveryOptions): readonly Discovery[] {
  const { base, siteName, chargers, ranges } = options;
  const id = base.replaceAll("/", "_");
  const all: PowerRange = {
    chargeW: ranges.reduce((sum, { chargeW }) => sum + chargeW, 0),
    dischargeW: ranges.reduce((sum, { dischargeW }) => sum + dischargeW, 0),
  };
  const site = { identifiers: [id], name: siteName, model: "Site", manufacturer: "Islet", sw_version: isletVersion() };
  return [
    deviceOf(options, id, site, siteEntities, base, all),
    ...chargers.map((name, i) => {
      const own = `${id}_evse_${i + 1}`;
      const device = { identifiers: [own], name, model: "Charger", manufacturer: "Islet", via_device: id };
      return deviceOf(options, own, device, evseEntities, `${base}/evse/${i + 1}`, ranges[i]!);
    }),
  ];
}

function deviceOf(
  { prefix, base, rights }: DiscoveryOptions,
  id: string,
  device: Readonly<Record<string, unknown>>,
  entities: readonly EntityRow[],
  place: string,
  range: PowerRange,
): Discovery {
  const offered = entities.filter((row) => !("right" in row) || rights.includes(row.right));
  const components = Object.fromEntries(
    offered.map((row) => [`${id}_${row.id}`, { ...componentOf(row, place, range), unique_id: `${id}_${row.id}` }]),
  );
  const payload = {
    device,
    origin: { name: "islet", sw_version: isletVersion() },
    availability: [{ topic: `${base}/status` }],
    state_topic: `${place}/state`,
    qos: 1,
    components,
  };
  return { topic: `${prefix}/device/${id}/config`, payload: JSON.stringify(payload) };
}

function componentOf(row: EntityRow, place: string, range: PowerRange): Record<string, unknown> {
  const named = { platform: row.platform, name: row.name, ...(row.icon !== undefined && { icon: row.icon }) };
  const reads = (path: string): { value_template: string } => ({ value_template: `{{ value_json.${path} }}` });
  switch (row.platform) {
    case "sensor":
      return {
        ...named,
        ...reads(row.id),
        ...(row.deviceClass !== undefined && { device_class: row.deviceClass }),
        ...(row.unit !== undefined && { unit_of_measurement: row.unit }),
        ...(row.stateClass !== undefined && { state_class: row.stateClass }),
        ...(row.options !== undefined && { options: row.options }),
        expire_after: expireAfterS,
      };
    case "binary_sensor":
      return {
        ...named,
        ...reads(row.id),
        ...(row.deviceClass !== undefined && { device_class: row.deviceClass }),
        expire_after: expireAfterS,
      };
    case "number": {
      const asked = askRow(row.what);
      const bounds = "min" in asked ? { min: asked.min, max: asked.max } : { min: 0, max: 0 };
      const isPower = row.unit === "W";
      return {
        ...named,
        ...reads(row.from === "asked" ? `asked.${row.what}` : row.what),
        command_topic: `${place}/${row.what}/set`,
        ...(row.deviceClass !== undefined && { device_class: row.deviceClass }),
        unit_of_measurement: row.unit,
        ...(isPower ? powerBounds(row.what, range) : bounds),
        step: isPower ? 100 : 1,
        mode: "box",
      };
    }
    case "select":
      return { ...named, ...reads(row.what), command_topic: `${place}/${row.what}/set`, options: row.options };
    case "button":
      return { ...named, command_topic: `${place}/${row.what}/set`, payload_press: "release" };
  }
}

/** A cap may be as large as anybody likes: it only tightens. A request goes as far as the charger can. */
function powerBounds(what: string, { chargeW, dischargeW }: PowerRange): { min: number; max: number } {
  if (what === "powerW") return { min: dischargeW === 0 ? 0 : -dischargeW, max: chargeW };
  if (what === "dischargeLimitW") return { min: 0, max: Math.max(dischargeW, 1_000) };
  return { min: 0, max: Math.max(chargeW, dischargeW, 1_000) * 2 };
}
