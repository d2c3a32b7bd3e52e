/**
 * Every setting of a site, and how it is proven that it does what it says: a test through the process for each that can limit,
 * forbid or open something, a reason for each other. `unwired` is the value that a controller would run with if it did not
 * look at the setting: with it, exactly that test must fail (`unwire.ts` tries it).
 */

export interface TestedSetting {
  readonly setting: string;
  /** File of the test, whose title begins with the setting's name and a colon. */
  readonly file: string;
  readonly unwired: unknown;
  /** Only the checks of a configuration read it: they see the replaced value too. */
  readonly byChecks?: true;
  /** Without it the site of its file does not start: the file fails before its first test. */
  readonly noStart?: true;
  /** Other settings whose tests rest on it, and steps between the tests by their title. */
  readonly alsoFails?: readonly string[];
}

/** A setting that can limit, forbid or open something and whose test is still owed. */
export interface OwedSetting {
  readonly setting: string;
  readonly owed: string;
}

export interface OtherSetting {
  readonly setting: string;
  readonly doesNotLimit: string;
}

const evse = "settings-evse.test.ts";
const imports = "settings-import.test.ts";
const exports = "settings-export.test.ts";
const island = "settings-island.test.ts";
const rights = "settings-rights.test.ts";
const service = "settings-service.test.ts";
const backup = "settings-backup.test.ts";
const maps = "settings-maps.test.ts";
const charger = "maps-charger.test.ts";
const identity = "settings-identity.test.ts";
const vehicles = "settings-vehicles.test.ts";

const identitySettings = ["manufacturer", "model", "serialNumber", "firmware"] as const;
const parts = "transfer-parts.test.ts";
const contacts = "bus-contacts.test.ts";
const bondParts = ["bonding.output", "bonding.bondedInput", "bonding.unbondedInput"] as const;
const identified = ["pcc.meter", "transferDevice", "evses[].stage", "loadPanel", "pv[]", "devices[]"] as const;
/** What only the package for the utility has. */
const paperSettings = [
  ...["owner", "address", "installer", "installerLicense", "certifyReport", "commissioningReport"],
  ...["name", "application", "account", "gridProfile", "transformerVA", "exportLimitW", "responseS", "meterClassPct", "meterIntervalMs"].map((name) => `utility.${name}`),
  ...["mainBreakerA", "busbarA", "faultCurrentA", "disconnect", "breakers[].name", "breakers[].covers[]", "breakers[].ratedA"].map((name) => `service.${name}`),
  ...["neutral", "bond"].map((name) => `grounding.${name}`),
  ...[
    ...["standard", "record", "laboratory", "covers[]", "manufacturer", "model", "firmware[]", "issuedOn", "expiresOn"],
    ...["ratedChargeW", "ratedDischargeW", "ratedVA", "voltageV", "frequencyHz", "phases", "accuracyClassPct", "antiIslanding", "closedTransition", "file"],
  ].map((name) => `certificates[].${name}`),
  ...["evse", "vehicle", "evseRecord", "vehicleRecord"].map((name) => `pairs[].${name}`),
];
/** What the meter may be wrong by: the three make one room. */
const doubts = ["pcc.meter.accuracyClassPct", "pcc.meter.offsetW", "pcc.meter.resolutionW"] as const;
const others = <T>(all: readonly T[], one: T): T[] => all.filter((other) => other !== one);

export const testedSettings: readonly TestedSetting[] = [
  { setting: "site.timeZone",                        file: exports, unwired: "UTC" },
  { setting: "site.serviceMode",                     file: island,  unwired: "parallel-export" },
  { setting: "site.gridProfile",                     file: evse,    unwired: "./quick.yaml", alsoFails: ["evses[].stage.maxVar", "evses[].stage.gridFunctions", "evses[].stage.ratedVA"] },
  { setting: "site.utilityNotified",                 file: island,  unwired: true },
  { setting: "pcc.importLimitW",                     file: imports, unwired: 100_000_000, alsoFails: ["allocation", "pcc.meter.importPositive", ...doubts] },
  { setting: "pcc.exportLimitW",                     file: exports, unwired: 100_000_000, alsoFails: ["pcc.reversePower.reverseMarginW"] },
  { setting: "pcc.conductorLimitW",                  file: imports, unwired: 100_000_000 },
  { setting: "pcc.powerControlMode",                 file: exports, unwired: "unrestricted" },
  { setting: "pcc.fallbackImportLimitW",             file: imports, unwired: null },
  { setting: "pcc.phaseImportLimitW",                file: imports, unwired: null },
  { setting: "pcc.phaseExportLimitW",                file: exports, unwired: null },
  { setting: "pcc.groups[].evses[]",                 file: evse,    unwired: [2], alsoFails: ["pcc.groups[].chargeLimitW", "pcc.groups[].dischargeLimitW"] },
  { setting: "pcc.groups[].chargeLimitW",            file: evse,    unwired: 100_000_000 },
  { setting: "pcc.groups[].dischargeLimitW",         file: evse,    unwired: 100_000_000, alsoFails: ["pcc.groups[].evses[]"] },
  { setting: "pcc.generationProfile",                file: exports, unwired: null, alsoFails: ["site.timeZone"] },
  { setting: "pcc.curtailPv",                        file: "field/mixed-slow.test.ts", unwired: false },
  { setting: "pcc.reduction.input",                  file: contacts, unwired: 0, alsoFails: ["pcc.reduction.chargeLimitW"] },
  { setting: "pcc.reduction.activeWhen",             file: contacts, unwired: "on", alsoFails: ["pcc.reduction.input", "pcc.reduction.chargeLimitW"] },
  { setting: "pcc.reduction.chargeLimitW",           file: contacts, unwired: 100_000_000, alsoFails: ["pcc.reduction.input"] },
  { setting: "pcc.reversePower.reverseMarginW",      file: exports, unwired: null },
  { setting: "pcc.reversePower.minimumImportW",      file: exports, unwired: null },
  { setting: "pcc.reversePower.delayS",              file: exports, unwired: 0.1 },
  { setting: "pcc.meter.map",                        file: imports, unwired: "sunspec", alsoFails: ["pcc.meter.importPositive"] },
  { setting: "pcc.meter.importPositive",             file: imports, unwired: true },
  { setting: "pcc.meter.proven",                     file: rights,  unwired: true },
  { setting: "pcc.meter.offsetW",                    file: imports, unwired: 0, alsoFails: others(doubts, "pcc.meter.offsetW") },
  { setting: "transferDevice.kind",                  file: island,  unwired: "open-transition" },
  { setting: "transferDevice.travelMs",              file: island,  unwired: 100, alsoFails: ["the grid fails", "evses[].gridForming", "tiers[].sheddable"] },
  { setting: "evses[].stage.identity.serialNumber",  file: evse,    unwired: "ST-10" },
  { setting: "evses[].stage.gridFunctions",          file: evse,    unwired: "stage", alsoFails: ["evses[].stage.maxVar", "evses[].stage.ratedVA"] },
  { setting: "evses[].stage.maxVar",                 file: evse,    unwired: 0, alsoFails: ["evses[].stage.gridFunctions", "evses[].stage.ratedVA"] },
  { setting: "evses[].maxChargeW",                   file: evse,    unwired: 600_000 },
  { setting: "evses[].maxDischargeW",                file: evse,    unwired: 60_000 },
  { setting: "evses[].minPowerW",                    file: evse,    unwired: 0 },
  { setting: "evses[].dischargeEnabled",             file: evse,    unwired: true },
  { setting: "evses[].gridForming",                  file: island,  unwired: true },
  { setting: "evses[].reservePct",                   file: evse,    unwired: 0 },
  { setting: "vehicles[].reservePct",                file: evse,    unwired: 0 },
  { setting: "tiers[].loadW",                        file: island,  unwired: 7_000 },
  { setting: "tiers[].inrushFactor",                 file: island,  unwired: 1 },
  { setting: "allocation",                           file: imports, unwired: "equal" },
  { setting: "loop.watchdogS",                       file: evse,    unwired: 5 },
  { setting: "authorization",                        file: rights,  unwired: "none" },
  { setting: "auxiliary.startWh",                    file: island,  unwired: 0, alsoFails: ["auxiliary.keepWh", "auxiliary.capacityWh"] },
  { setting: "permit.file",                          file: rights,  unwired: null },
  { setting: "permit.anchors[]",                     file: rights,  unwired: ["utility.pem"] },
  { setting: "backend.variables",                    file: rights,  unwired: {} },
  { setting: "links.eebus.guards[].ski",                   file: "eebus.test.ts", unwired: "0".repeat(40), alsoFails: ["links.eebus.consumption", "links.eebus.floorW", "links.eebus.failSafeExportW", "links.eebus.production"] },
  { setting: "links.eebus.consumption",                    file: "eebus.test.ts", unwired: false, alsoFails: ["links.eebus.floorW", "links.eebus.failSafeW"] },
  { setting: "links.eebus.production",                     file: "eebus.test.ts", unwired: false, alsoFails: ["links.eebus.failSafeExportW"] },
  { setting: "links.eebus.floorW",                         file: "eebus.test.ts", unwired: 0 },
  { setting: "links.eebus.failSafeW",                      file: "eebus.test.ts", unwired: 100_000_000 },
  { setting: "links.eebus.failSafeExportW",                file: "eebus.test.ts", unwired: 100_000_000 },
  { setting: "mqtt.rights[]",                        file: "connected-systems.test.ts", unwired: ["power", "limits", "reserve"] },
  { setting: "links.openadr.rights[]",               file: "utility-links.test.ts", unwired: ["power", "limits", "departures"] },
  { setting: "links.sunspec.rights[]",               file: "utility-links.test.ts", unwired: ["limits"], alsoFails: ["contradictions"] },
  { setting: "links.fleet.rights[]",                 file: "fleet.test.ts", unwired: ["power", "limits", "updates"] },
  { setting: "links.fleet.dispatcherKeys[]",         file: "fleet.test.ts", unwired: [], noStart: true },
  { setting: "links.csip.failSafe.importLimitW",     file: "csip.test.ts", unwired: null },
  { setting: "links.csip.failSafe.exportLimitW",     file: "csip.test.ts", unwired: null },
  { setting: "links.csip.pin",                       file: "csip.test.ts", unwired: null },
  { setting: "dashboard.hostNames[]",                file: rights,  unwired: null },
  { setting: "dashboard.language",                   file: rights,  unwired: "en" },
  { setting: "dashboard.onSiteAddresses[]",          file: backup,  unwired: null, alsoFails: ["evses[].stage.holdsAngle"] },
  { setting: "site.nominalVoltageV",                 file: service, unwired: 480, alsoFails: ["site.nominalFrequencyHz", "pcc.meter.freshMs"] },
  { setting: "site.nominalFrequencyHz",              file: service, unwired: "60", alsoFails: ["site.nominalVoltageV", "pcc.meter.freshMs"] },
  { setting: "site.phases",                          file: service, unwired: "three" },
  { setting: "evses[].phase",                        file: service, unwired: "all" },
  { setting: "pcc.meter.freshMs",                    file: service, unwired: 0 },
  { setting: "transferDevice.freshMs",               file: service, unwired: 0 },
  { setting: "evses[].stage.freshMs",                file: service, unwired: 0 },
  { setting: "pcc.meter.accuracyClassPct",           file: imports, unwired: 1, alsoFails: others(doubts, "pcc.meter.accuracyClassPct") },
  { setting: "pcc.meter.resolutionW",                file: imports, unwired: 1, alsoFails: others(doubts, "pcc.meter.resolutionW") },
  { setting: "evses[].stage.map",                    file: charger, unwired: "sunspec" },
  { setting: "transferDevice.map",                   file: maps,    unwired: "sunspec", alsoFails: ["loadPanel.map", "pv[].curtail", "pv[].ratedW"] },
  { setting: "loadPanel.map",                        file: maps,    unwired: "sunspec", alsoFails: ["loadPanel.freshMs"] },
  { setting: "loadPanel.freshMs",                    file: maps,    unwired: 0 },
  { setting: "pv[].map",                             file: maps,    unwired: "sunspec", alsoFails: ["pv[].freshMs"] },
  { setting: "pv[].freshMs",                         file: maps,    unwired: 0 },
  { setting: "pv[].ratedW",                          file: maps,    unwired: 1, alsoFails: ["pv[].curtail", "several inverters"] },
  { setting: "pv[].curtail",                         file: maps,    unwired: "command", alsoFails: ["pv[].ratedW"] },
  { setting: "evses[].stage.ratedVA",                file: evse,    unwired: null },
  { setting: "evses[].stage.holdsAngle",             file: backup,  unwired: false },
  { setting: "evses[].vehicleLink.protocols[]",      file: vehicles, unwired: "din" },
  { setting: "evses[].vehicleLink.tls",              file: vehicles, unwired: "allow" },
  { setting: "evses[].vehicleLink.iso20WithoutTls",  file: vehicles, unwired: true },
  { setting: "evses[].vehicleLink.slacSocket",       file: vehicles, unwired: null },
  { setting: "tiers[].sheddable",                    file: island,  unwired: true },
  { setting: "auxiliary.keepWh",                     file: island,  unwired: 0, alsoFails: ["auxiliary.startWh", "auxiliary.capacityWh"] },
  { setting: "auxiliary.capacityWh",                 file: island,  unwired: 100_000, alsoFails: ["auxiliary.startWh", "auxiliary.keepWh"] },
  { setting: "auxiliary.standbyW",                   file: backup,  unwired: 0 },
  { setting: "auxiliary.chargeW",                    file: backup,  unwired: 0 },
  { setting: "devices[].map",                        file: parts,   unwired: "sunspec", noStart: true },
  { setting: "devices[].freshMs",                    file: parts,   unwired: 0 },
  { setting: "devices[].inputsAre",                  file: parts,   unwired: "discrete", noStart: true },
  { setting: "pcc.meter.sumOf[].sign",               file: "pcc-meters.test.ts", unwired: "plus" },
  { setting: "generator.restsInput",                 file: contacts, unwired: 7 },
  { setting: "bonding.output",                       file: contacts, unwired: 7, alsoFails: ["generator.restsInput", ...others(bondParts, "bonding.output")] },
  { setting: "bonding.bondedInput",                  file: contacts, unwired: 7 },
  { setting: "bonding.unbondedInput",                file: contacts, unwired: 7, alsoFails: ["generator.restsInput", ...others(bondParts, "bonding.unbondedInput")] },
  { setting: "transferDevice.returnDelayS",          file: contacts, unwired: 5 },
  { setting: "transferDevice.contacts.mirror",       file: parts,   unwired: true, byChecks: true },
  { setting: "transferDevice.command.drive",         file: parts,   unwired: "coil", alsoFails: ["transferDevice.command.onMs", "a motor runs until the contacts say that K1 has arrived", "a stuck K1 is locked out, and its motor does not run for longer than its time", "a cut wire of the normally-closed contact: K1 opens, is never proven open, and no island is formed"] },
  { setting: "transferDevice.command.onMs",          file: parts,   unwired: 3_000 },
  ...identified.flatMap((device) =>
    identitySettings
      .map((name) => `${device}.identity.${name}`)
      .filter((setting) => setting !== "evses[].stage.identity.serialNumber")
      .map((setting) => ({ setting, file: identity, unwired: null })),
  ),
];

const place = "where the device is; every test of this folder reaches its devices by it";
const link = "where and by which certificate vehicles reach the charger; every test with a vehicle does";
const naming = "a name for people";
const recorded = "what is kept for a replay; nothing in the loop depends on it (tests/app/recorder, tests/product/recorder.test.ts)";
const wiring = "what is wired where; the tests of a transfer device of parts reach its contacts and coils by it";
const dynamics = "tells the control loop how the device moves; the limits hold by the meter, the loop's own tests say how well";

/** How a device is talked to: the same for each of them. Whether it is read at all shows in its age. */
const linkSettings = [
  "framing", "serial", "baudRate", "parity", "stopBits", "replyTimeoutMs", "pauseMs", "connectDelayMs", "maxInFlight", "maxRegisters",
  "mergeGaps", "unitIdInReply", "connector",
] as const;
/** Who the device must prove to be: `secured-devices.test.ts` tries right and wrong certificates through `islet run`. */
const secured = ["certificateFile", "keyFile", "caFile", "fingerprint", "serverName"].map((name) => `tls.${name}`);
const linked = ["pcc.meter", "transferDevice", "evses[].stage", "loadPanel", "pv[]", "devices[]"] as const;

const whenSettings = ["months[]", "days", "from", "to"] as const;
/** Of the tariff. */
const moneySettings = [
  "name", "currency", "validFrom", "validUntil", "holidays[]", "billingDay", "wearPerKWh",
  ...["energy", "export"].flatMap((list) => [...whenSettings, "perKWh"].map((name) => `${list}[].${name}`)),
  ...[...whenSettings, "id", "perKW", "per", "averageMinutes", "ratchetPct", "ratchetMonths"].map((name) => `demand[].${name}`),
  ...["file", "url", "caFile", "everyMinutes", "maxPerKWh", "addPerKWh", "exportAddPerKWh"].map((name) => `dayAhead.${name}`),
];
/** Departures ask for energy; no limit depends on them. */
const departure = (list: string, names: readonly string[]) =>
  names.map((name) => ({ setting: `${list}.${name}`, doesNotLimit: "what is asked for, within every limit" }));

export const owedSettings: readonly OwedSetting[] = [];

export const otherSettings: readonly OtherSetting[] = [
  ...linked.flatMap((device) =>
    linkSettings.map((name) => ({ setting: `${device}.${name}`, doesNotLimit: "how the device is talked to, tried by the links' own tests over sockets and pseudo-terminals" })),
  ),
  ...linked.flatMap((device) =>
    secured.map((name) => ({ setting: `${device}.${name}`, doesNotLimit: "whom the device must prove to be, and we: secured-devices.test.ts has right and wrong certificates" })),
  ),
  { setting: "site.name",                            doesNotLimit: naming },
  { setting: "pcc.groups[].name",                    doesNotLimit: naming },
  { setting: "pcc.groups[].kind",                    doesNotLimit: "chooses the word for the reason; the limits are the group's own" },
  { setting: "pcc.inadvertentExport.alarmCount",     doesNotLimit: "an alarm and a record; no power depends on it" },
  { setting: "pcc.inadvertentExport.alarmWindowH",   doesNotLimit: "an alarm and a record; no power depends on it" },
  { setting: "pcc.inadvertentExport.countFromS",     doesNotLimit: "an alarm and a record; no power depends on it" },
  { setting: "pcc.inadvertentExport.alarmLongS",     doesNotLimit: "an alarm and a record; no power depends on it" },
  { setting: "pcc.inadvertentExport.responseBoundMs", doesNotLimit: "what the response-time passport counts as late" },
  { setting: "pcc.meter.host",                       doesNotLimit: place },
  { setting: "pcc.meter.port",                       doesNotLimit: place },
  { setting: "pcc.meter.unitId",                     doesNotLimit: place },
  { setting: "pcc.meter.updateMs",                   doesNotLimit: dynamics },
  { setting: "pcc.meter.windowMs",                   doesNotLimit: dynamics },
  { setting: "pcc.meter.latencyMs",                  doesNotLimit: dynamics },
  { setting: "transferDevice.host",                  doesNotLimit: place },
  { setting: "transferDevice.port",                  doesNotLimit: place },
  { setting: "transferDevice.unitId",                doesNotLimit: place },
  { setting: "devices[].name",                       doesNotLimit: naming },
  { setting: "devices[].kind",                       doesNotLimit: "what it is; nothing else can be read from it" },
  { setting: "devices[].host",                       doesNotLimit: place },
  { setting: "devices[].port",                       doesNotLimit: place },
  { setting: "devices[].unitId",                     doesNotLimit: place },
  ...[
    ...["contacts.device", "contacts.normallyOpenInput", "contacts.normallyClosedInput"],
    ...["command.device", "command.closeOutput", "command.openOutput"],
    ...["gridVoltage", "busVoltage"].flatMap((side) => ["device", "liveInput", "deadInput"].map((name) => `${side}.${name}`)),
  ].map((name) => ({ setting: `transferDevice.${name}`, doesNotLimit: wiring })),
  { setting: "pcc.meter.sumOf[].device",             doesNotLimit: wiring },
  { setting: "generator.device",                     doesNotLimit: wiring },
  { setting: "pcc.reduction.device",                 doesNotLimit: wiring },
  { setting: "bonding.device",                       doesNotLimit: wiring },
  { setting: "evses[].name",                         doesNotLimit: naming },
  { setting: "evses[].vehicle",                      doesNotLimit: naming },
  { setting: "evses[].vehicleLink.interface",        doesNotLimit: link },
  { setting: "evses[].vehicleLink.port",             doesNotLimit: link },
  { setting: "evses[].vehicleLink.tlsPort",          doesNotLimit: link },
  { setting: "evses[].vehicleLink.connector",        doesNotLimit: "chooses between the messages of DC and AC; power is bounded by both alike" },
  { setting: "evses[].vehicleLink.pauseAfterS",      doesNotLimit: "asks a vehicle to sleep for which there is no power anyway" },
  { setting: "evses[].vehicleLink.evseId",           doesNotLimit: naming },
  { setting: "evses[].vehicleLink.certificateFile",  doesNotLimit: link },
  { setting: "evses[].vehicleLink.keyFile",          doesNotLimit: link },
  { setting: "evses[].vehicleLink.vehicleCaFile",    doesNotLimit: "by which vehicles of ISO 15118-20 are recognised; the test of iso20WithoutTls has it" },
  { setting: "evses[].stage.host",                   doesNotLimit: place },
  { setting: "evses[].stage.port",                   doesNotLimit: place },
  { setting: "evses[].stage.unitId",                 doesNotLimit: place },
  { setting: "evses[].stage.responseMs",             doesNotLimit: dynamics },
  { setting: "evses[].stage.deadTimeMs",             doesNotLimit: dynamics },
  { setting: "evses[].stage.slewPctPerS",            doesNotLimit: dynamics },
  { setting: "evses[].stage.commandPeriodMs",        doesNotLimit: dynamics },
  { setting: "evses[].stage.resolutionW",            doesNotLimit: dynamics },
  { setting: "evses[].stage.openingMs",              doesNotLimit: "a part of the profile's clearing time; the trip itself is the profile's" },
  { setting: "evses[].stage.reactiveResponseMs",     doesNotLimit: dynamics },
  { setting: "tiers[].name",                         doesNotLimit: naming },
  { setting: "recorder.enabled",                     doesNotLimit: recorded },
  { setting: "recorder.dayMB",                       doesNotLimit: recorded },
  { setting: "diskDayMB",                            doesNotLimit: recorded },
  { setting: "recorder.diskMB",                      doesNotLimit: recorded },
  { setting: "recorder.days",                        doesNotLimit: recorded },
  { setting: "recorder.incidentMB",                  doesNotLimit: recorded },
  { setting: "recorder.incidentDays",                doesNotLimit: recorded },
  { setting: "loop.periodMs",                        doesNotLimit: "how often the same decision is made" },
  { setting: "loop.realTimePriority",                doesNotLimit: "how punctually it is made" },
  { setting: "loadPanel.host",                       doesNotLimit: place },
  { setting: "loadPanel.port",                       doesNotLimit: place },
  { setting: "loadPanel.unitId",                     doesNotLimit: place },
  { setting: "pv[].name",                          doesNotLimit: naming },
  { setting: "pv[].host",                            doesNotLimit: place },
  { setting: "pv[].port",                            doesNotLimit: place },
  { setting: "pv[].unitId",                          doesNotLimit: place },
  { setting: "backend.url",                          doesNotLimit: place },
  { setting: "backend.identity",                     doesNotLimit: naming },
  { setting: "backend.versions[]",                   doesNotLimit: "in which words backend and site speak; what they may ask for is the same" },
  { setting: "backend.securityProfile",              doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.caFile",                       doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.certificateFile",              doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.keyFile",                      doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.manufacturerCaFile",           doesNotLimit: "which firmware is accepted; no power depends on it" },
  { setting: "backend.v2gCaFile",                    doesNotLimit: "what is shown to vehicles" },
  { setting: "backend.contractCaFile",               doesNotLimit: "what is asked of vehicles' contracts" },
  { setting: "backend.connectorType",                doesNotLimit: naming },
  { setting: "backend.passwordFile",                 doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.fallbacks[].url",              doesNotLimit: place },
  { setting: "backend.fallbacks[].securityProfile",  doesNotLimit: "how the link is secured, proven by the tests of OCPP over real sockets" },
  { setting: "backend.serialNumber",                 doesNotLimit: naming },
  { setting: "backend.fileHosts[]",                  doesNotLimit: "from where files are fetched; no power depends on it" },
  { setting: "backend.certificatesOverPlainLink",    doesNotLimit: "which certificates are managed over which link" },
  { setting: "backend.transactionsAfterRestart",     doesNotLimit: "what the backend is told after a restart" },
  ...paperSettings.map((name) => ({ setting: `approval.${name}`, doesNotLimit: "stands on paper: only `islet approval` reads it, and its table of contradictions has a test for each row" })),
  ...["host", "port", "announce", "guards[].address"].map((name) => ({ setting: `links.eebus.${name}`, doesNotLimit: place })),
  { setting: "links.eebus.guards[].name",                  doesNotLimit: naming },
  ...["failSafeH", "failSafeEnds"].map((name) => ({ setting: `links.eebus.${name}`, doesNotLimit: "how long the fail-safe state lasts, two hours at least: proven by the tests of its states" })),
  { setting: "mqtt.url",                             doesNotLimit: place },
  ...["url", "tokenUrl", "webhook.host", "webhook.port", "webhook.publicUrl"].map((name) => ({ setting: `links.openadr.${name}`, doesNotLimit: place })),
  ...["clientId", "clientSecretFile", "scope", "caFile"].map((name) => ({ setting: `links.openadr.${name}`, doesNotLimit: "how the link is secured; its tests over sockets have right and wrong secrets" })),
  { setting: "links.openadr.venName",                doesNotLimit: naming },
  ...["programs[]", "silenceH", "simple.moderate", "simple.high", "simple.emergency"].map((name) => ({ setting: `links.openadr.${name}`, doesNotLimit: "what of a VTN's events is heeded, within the rights; the link's tests over sockets have it" })),
  ...["usePrices", "pollS", "mqtt", "tellStates"].map((name) => ({ setting: `links.openadr.${name}`, doesNotLimit: "what is planned with, and how news come" })),
  ...["host", "port", "unitId"].map((name) => ({ setting: `links.sunspec.${name}`, doesNotLimit: place })),
  ...["readers[]", "writers[]", "leaseS", "connectionsMax"].map((name) => ({ setting: `links.sunspec.${name}`, doesNotLimit: "who reads and writes; the server's own tests over sockets have strangers, readers and writers" })),
  ...["username", "passwordFile", "caFile", "certificateFile", "keyFile"].map((name) => ({ setting: `mqtt.${name}`, doesNotLimit: "how the link is secured, proven by the tests of MQTT over a real broker" })),
  ...["url", "credentialsFile", "caFile"].map((name) => ({ setting: `links.fleet.${name}`, doesNotLimit: "where the fleet's broker is, and how the link is secured" })),
  { setting: "links.fleet.site",                       doesNotLimit: naming },
  { setting: "mqtt.topic",                           doesNotLimit: naming },
  { setting: "mqtt.homeAssistant",                   doesNotLimit: "who is told of the site" },
  { setting: "mqtt.discoveryPrefix",                 doesNotLimit: naming },
  { setting: "links.csip.url",                       doesNotLimit: place },
  ...["certificateFile", "keyFile", "caFile", "serverName"].map((name) => ({ setting: `links.csip.${name}`, doesNotLimit: "how the link is secured; the wire's own tests have it" })),
  ...["profile", "registration", "connectionPointId", "enterpriseNumber"].map((name) => ({ setting: `links.csip.${name}`, doesNotLimit: "what the utility's server is told" })),
  { setting: "links.csip.failSafe.afterS",           doesNotLimit: "when the fail-safe of its neighbours begins" },
  { setting: "dashboard.host",                       doesNotLimit: place },
  { setting: "dashboard.port",                       doesNotLimit: place },
  { setting: "dashboard.certificateFile",            doesNotLimit: "how the page is secured, proven by the page's own tests" },
  { setting: "dashboard.keyFile",                    doesNotLimit: "how the page is secured, proven by the page's own tests" },
  ...["flows", "batteries", "chargeEfficiencyPct", "dischargeEfficiencyPct", "agreementsFile"].map((name) => ({ setting: `account.${name}`, doesNotLimit: "how energy that has flowed is attributed and settled; no power depends on it" })),
  ...moneySettings.map((setting) => ({ setting: `tariff.${setting}`, doesNotLimit: "a price or a peak's; no power limit depends on it, and the bill's own tests prove it" })),
  { setting: "vehicles[].id",                        doesNotLimit: naming },
  { setting: "vehicles[].name",                      doesNotLimit: naming },
  ...["evccIds", "macs", "emaIds", "idTokens", "rfids"].map((name) => ({ setting: `vehicles[].${name}[]`, doesNotLimit: "tells who is plugged in" })),
  ...[
    "capacityWh", "chargeEfficiencyPct", "dischargeEfficiencyPct", "minChargeW", "maxChargeW", "maxDischargeW", "bidirectional", "taperFromPct",
    "taperFullW", "wearPerKWh", "minPct", "maxPct",
  ].map((name) => ({ setting: `vehicles[].${name}`, doesNotLimit: "what plans reckon with; a plan never widens a limit" })),
  ...departure("vehicles[].weekly[]", ["days[]", "leavesAt", "backAt", "route", "needPct", "needWh", "priority"]),
  ...departure("vehicles[].exceptions[]", ["date", "leavesAt", "backAt", "route", "needPct", "needWh", "priority", "reason"]),
  ...[
    "severity", "digestMin", "mail.host", "mail.port", "mail.security", "mail.user", "mail.passwordFile", "mail.caFile", "mail.sender", "mail.to[]", "webhook.url",
    "webhook.secretFile",
  ].map((name) => ({ setting: `alerts.${name}`, doesNotLimit: "who is told of events; no power depends on it" })),
  { setting: "planning.runwayH",                     doesNotLimit: "energy that plans charge for; no limit depends on it" },
  { setting: "planning.warningFile",                 doesNotLimit: place },
  ...["load", "pv"].flatMap((what) =>
    ["file", "url", "caFile", "everyMinutes"].map((name) => ({ setting: `planning.${what}Forecast.${name}`, doesNotLimit: "what plans expect; a plan never widens a limit" })),
  ),
  ...departure("routes[]", ["id", "name", "energyWh"]),
  ...departure("daysOff[]", ["date", "name"]),
  { setting: "stateDir",                             doesNotLimit: "where things are kept; every test of this folder finds them there" },
  { setting: "sim",                                  doesNotLimit: "the controller does not read it" },
];
