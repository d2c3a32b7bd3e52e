/**
 * What Home Assistant accepts of the entities that a device announces over MQTT. From its public source (home-assistant/core):
 * units, and state classes by device class: components/sensor/const.py (`DEVICE_CLASS_UNITS`, `DEVICE_CLASS_STATE_CLASSES`)
 * and number/const.py; the payload: components/mqtt/schemas.py (`DEVICE_DISCOVERY_SCHEMA`); the topic: mqtt/discovery.py.
 */
export const sensorClasses: Readonly<Record<string, { readonly units: readonly (string | undefined)[]; readonly states: readonly (string | undefined)[] }>> = {
  power: { units: ["mW", "W", "kW", "MW", "GW", "TW"], states: [undefined, "measurement"] },
  energy: { units: ["mWh", "Wh", "kWh", "MWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ"], states: [undefined, "total", "total_increasing"] },
  energy_storage: { units: ["mWh", "Wh", "kWh", "MWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ"], states: [undefined, "measurement"] },
  battery: { units: ["%"], states: [undefined, "measurement"] },
  duration: { units: ["d", "h", "min", "s", "ms"], states: [undefined, "measurement", "total", "total_increasing"] },
  timestamp: { units: [undefined], states: [undefined] },
  enum: { units: [undefined], states: [undefined] },
};
/** Without a class of its own a sensor with text has neither unit nor state class. */
export const textSensor = { units: [undefined], states: [undefined] } as const;

export const numberClasses: Readonly<Record<string, readonly string[]>> = {
  power: ["mW", "W", "kW", "MW", "GW", "TW"],
  battery: ["%"],
};
export const binaryClasses: readonly (string | undefined)[] = [undefined, "plug", "problem", "connectivity"];

/** Keys that each platform knows, of those that a device's components may have. */
const common = ["platform", "name", "unique_id", "icon"] as const;
export const platformKeys: Readonly<Record<string, readonly string[]>> = {
  sensor: [...common, "value_template", "device_class", "unit_of_measurement", "state_class", "options", "expire_after"],
  binary_sensor: [...common, "value_template", "device_class", "expire_after"],
  number: [...common, "value_template", "command_topic", "device_class", "unit_of_measurement", "min", "max", "step", "mode"],
  select: [...common, "value_template", "command_topic", "options"],
  button: [...common, "command_topic", "payload_press"],
};
export const deviceKeys: readonly string[] = [
  "identifiers", "connections", "manufacturer", "model", "name", "hw_version", "serial_number", "sw_version", "via_device",
  "suggested_area", "configuration_url",
];
export const messageKeys: readonly string[] = [
  "device", "components", "origin", "availability", "availability_mode", "state_topic", "command_topic", "qos", "encoding",
];
export const discoveryTopic = /^[a-z_/]+\/device\/[a-zA-Z0-9_-]+\/config$/;
/** A state's longest text. */
export const stateMax = 255;
