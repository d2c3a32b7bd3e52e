import { derRows } from "../der/der-types.table.ts";
import { supportedModes } from "../smart-charging/operation-modes.table.ts";

/**
 * The variables of this station: the standardised controllers (Part 2, appendix 3.1) that it has, and its own `Site`
 * component, through which any backend can read and watch mode, permit, limits, island state and explanation.
 * A row without default is computed by the block that owns it (`provide`).
 * [component, variable, instance, type, mutability, default, characteristics]
 */
export type DataType = "string" | "decimal" | "integer" | "dateTime" | "boolean" | "OptionList" | "SequenceList" | "MemberList";
/** Whether the backend may read or write a variable. */
export type Mutability = "ReadOnly" | "WriteOnly" | "ReadWrite";

/** Bounds, unit and values of a variable. */
export interface Characteristics {
  unit?: string;
  min?: number;
  max?: number;
  values?: readonly string[];
  /** A new value counts only after a restart: SetVariables answers RebootRequired. */
  reboot?: true;
  /** May be watched by monitors. */
  monitor?: true;
  /** Never changes while the firmware stays the same. */
  constant?: true;
}

/** A variable of the device model with its standard value; null where the station tells it. */
export type VariableRow = readonly [
  component: string, variable: string, instance: string, type: DataType, mutability: Mutability,
  value: string | null, characteristics?: Characteristics,
];

const RW = "ReadWrite", RO = "ReadOnly", WO = "WriteOnly";
const points = ["ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer"] as const;
const connectorStates = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"] as const;

/** What the station can measure; a configured measurand outside this list is refused. */
const measurands = [
  "Energy.Active.Import.Register", "Energy.Active.Export.Register", "Energy.Active.Import.Interval", "Energy.Active.Export.Interval",
  "Power.Active.Import", "Power.Active.Export", "Power.Reactive.Import", "Power.Reactive.Export", "Power.Offered",
  "Current.Import", "Current.Export", "Current.Offered", "Voltage", "Frequency", "SoC",
] as const;

const readings = "Energy.Active.Import.Register,Energy.Active.Export.Register";
const running = `${readings},Power.Active.Import,Power.Active.Export,SoC`;
/** A list of measurands must not be longer than this, characters. */
const listMax = 1000;

export const variableRows: readonly VariableRow[] = [
  ["AlignedDataCtrlr", "Enabled",                  "", "boolean",      RW, "true"],
  ["AlignedDataCtrlr", "Available",                "", "boolean",      RO, "true", { constant: true }],
  ["AlignedDataCtrlr", "Interval",                 "", "integer",      RW, "900",  { unit: "s", min: 0, max: 86400 }],
  ["AlignedDataCtrlr", "Measurands",               "", "MemberList",   RW, readings, { values: measurands, max: listMax }],
  ["AlignedDataCtrlr", "SendDuringIdle",           "", "boolean",      RW, "false"],
  ["AlignedDataCtrlr", "SignReadings",             "", "boolean",      RW, "false"],
  ["AlignedDataCtrlr", "TxEndedInterval",          "", "integer",      RW, "900",  { unit: "s", min: 0, max: 86400 }],
  ["AlignedDataCtrlr", "TxEndedMeasurands",        "", "MemberList",   RW, "",     { values: measurands, max: listMax }],

  ["AuthCtrlr", "Enabled",                         "", "boolean",      RW, "true"],
  ["AuthCtrlr", "AuthorizeRemoteStart",            "", "boolean",      RW, "false"],
  ["AuthCtrlr", "DisableRemoteAuthorization",      "", "boolean",      RW, "false"],
  ["AuthCtrlr", "LocalAuthorizeOffline",           "", "boolean",      RW, "true"],
  ["AuthCtrlr", "LocalPreAuthorize",               "", "boolean",      RW, "false"],
  ["AuthCtrlr", "MasterPassGroupId",               "", "string",       RW, "",     { max: 36 }],
  ["AuthCtrlr", "OfflineTxForUnknownIdEnabled",    "", "boolean",      RW, "false"],
  ["AuthCtrlr", "AdditionalInfoItemsPerMessage",   "", "integer",      RO, "10",   { constant: true }],

  ["AuthCacheCtrlr", "Enabled",                    "", "boolean",      RW, "true"],
  ["AuthCacheCtrlr", "Available",                  "", "boolean",      RO, "true", { constant: true }],
  ["AuthCacheCtrlr", "LifeTime",                   "", "integer",      RW, "0",    { unit: "s", min: 0 }],
  ["AuthCacheCtrlr", "Storage",                    "", "integer",      RO, null,   { unit: "B", max: 1048576 }],
  ["AuthCacheCtrlr", "Policy",                     "", "OptionList",   RO, "LRU",  { values: ["LRU", "LFU", "FIFO", "CUSTOM"], constant: true }],
  ["AuthCacheCtrlr", "DisablePostAuthorize",       "", "boolean",      RW, "false"],

  ["ClockCtrlr", "DateTime",                       "", "dateTime",     RO, null],
  ["ClockCtrlr", "TimeSource",                     "", "SequenceList", RW, "NTP",  { values: ["Heartbeat", "NTP", "GPS", "RealTimeClock", "MobileNetwork", "RadioTimeTransmitter"] }],
  ["ClockCtrlr", "TimeZone",                       "", "string",       RO, null],
  ["ClockCtrlr", "TimeOffset",                     "", "string",       RO, null],
  ["ClockCtrlr", "TimeAdjustmentReportingThreshold", "", "integer",    RW, "20",   { unit: "s", min: 1 }],

  ["CustomizationCtrlr", "CustomImplementationEnabled", "org.islet", "boolean", RW, "true"],

  ["DeviceDataCtrlr", "BytesPerMessage", "GetReport",          "integer", RO, "65536", { constant: true, max: 65536 }],
  ["DeviceDataCtrlr", "BytesPerMessage", "GetVariables",       "integer", RO, "65536", { constant: true, max: 65536 }],
  ["DeviceDataCtrlr", "BytesPerMessage", "SetVariables",       "integer", RO, "65536", { constant: true, max: 65536 }],
  ["DeviceDataCtrlr", "ItemsPerMessage", "GetReport",          "integer", RO, "100",   { constant: true, max: 100 }],
  ["DeviceDataCtrlr", "ItemsPerMessage", "GetVariables",       "integer", RO, "100",   { constant: true, max: 100 }],
  ["DeviceDataCtrlr", "ItemsPerMessage", "SetVariables",       "integer", RO, "100",   { constant: true, max: 100 }],
  ["DeviceDataCtrlr", "ValueSize",                  "", "integer",     RO, "1000", { constant: true }],

  ["DisplayMessageCtrlr", "Enabled",                "", "boolean",     RW, "true"],
  ["DisplayMessageCtrlr", "Available",              "", "boolean",     RO, "true", { constant: true }],
  ["DisplayMessageCtrlr", "DisplayMessages",        "", "integer",     RO, null,   { max: 100 }],
  ["DisplayMessageCtrlr", "PersonalMessageSize",    "", "integer",     RO, "512",  { constant: true }],
  ["DisplayMessageCtrlr", "SupportedFormats",       "", "MemberList",  RO, "ASCII,UTF8,URI", { values: ["ASCII", "HTML", "URI", "UTF8"], constant: true }],
  ["DisplayMessageCtrlr", "SupportedPriorities",    "", "MemberList",  RO, "AlwaysFront,InFront,NormalCycle", { values: ["AlwaysFront", "InFront", "NormalCycle"], constant: true }],
  ["DisplayMessageCtrlr", "SupportedStates",        "", "MemberList",  RO, "Charging,Faulted,Idle,Unavailable", { values: ["Charging", "Faulted", "Idle", "Unavailable"], constant: true }],

  ["ISO15118Ctrlr", "Enabled",                      "", "boolean",     RW, "true"],
  ["ISO15118Ctrlr", "PnCEnabled",                   "", "boolean",     RW, "true"],
  ["ISO15118Ctrlr", "ContractValidationOffline",    "", "boolean",     RW, "false"],
  ["ISO15118Ctrlr", "CentralContractValidationAllowed", "", "boolean", RW, "true"],
  ["ISO15118Ctrlr", "ContractCertificateInstallationEnabled", "", "boolean", RW, "true"],
  ["ISO15118Ctrlr", "V2GCertificateInstallationEnabled", "", "boolean", RW, "true"],
  ["ISO15118Ctrlr", "RequestMeteringReceipt",       "", "boolean",     RW, "false"],
  ["ISO15118Ctrlr", "ServiceRenegotiationSupport",  "", "boolean",     RO, "false", { constant: true }],
  ["ISO15118Ctrlr", "SeccId",                       "", "string",      RW, "",     { max: 255 }],
  ["ISO15118Ctrlr", "CountryName",                  "", "string",      RW, "US",   { max: 2 }],
  ["ISO15118Ctrlr", "OrganizationName",             "", "string",      RW, "",     { max: 64 }],

  ["LocalAuthListCtrlr", "Enabled",                 "", "boolean",     RW, "true"],
  ["LocalAuthListCtrlr", "Available",               "", "boolean",     RO, "true", { constant: true }],
  ["LocalAuthListCtrlr", "Entries",                 "", "integer",     RO, null,   { max: 10000 }],
  ["LocalAuthListCtrlr", "Storage",                 "", "integer",     RO, null,   { unit: "B", max: 8388608 }],
  ["LocalAuthListCtrlr", "ItemsPerMessage",         "", "integer",     RO, "1000", { constant: true, max: 1000 }],
  ["LocalAuthListCtrlr", "BytesPerMessage",         "", "integer",     RO, "1048576", { constant: true, max: 1048576 }],
  ["LocalAuthListCtrlr", "DisablePostAuthorize",    "", "boolean",     RW, "false"],

  ["MonitoringCtrlr", "Enabled",                    "", "boolean",     RW, "true"],
  ["MonitoringCtrlr", "Available",                  "", "boolean",     RO, "true", { constant: true }],
  ["MonitoringCtrlr", "BytesPerMessage", "SetVariableMonitoring", "integer", RO, "65536", { constant: true, max: 65536 }],
  ["MonitoringCtrlr", "ItemsPerMessage", "SetVariableMonitoring", "integer", RO, "100",   { constant: true, max: 100 }],
  ["MonitoringCtrlr", "BytesPerMessage", "ClearVariableMonitoring", "integer", RO, "65536", { constant: true, max: 65536 }],
  ["MonitoringCtrlr", "ItemsPerMessage", "ClearVariableMonitoring", "integer", RO, "100",   { constant: true, max: 100 }],
  ["MonitoringCtrlr", "OfflineQueuingSeverity",     "", "integer",     RW, "4",    { min: 0, max: 9 }],
  ["MonitoringCtrlr", "ActiveMonitoringBase",       "", "OptionList",  RO, null,   { values: ["All", "FactoryDefault", "HardWiredOnly"] }],
  ["MonitoringCtrlr", "ActiveMonitoringLevel",      "", "integer",     RO, null,   { min: 0, max: 9 }],

  ["OCPPCommCtrlr", "ActiveNetworkProfile",         "", "string",      RO, null],
  ["OCPPCommCtrlr", "FileTransferProtocols",        "", "MemberList",  RO, "HTTP,HTTPS", { values: ["FTP", "FTPS", "HTTP", "HTTPS", "SFTP"], constant: true }],
  ["OCPPCommCtrlr", "HeartbeatInterval",            "", "integer",     RW, "300",  { unit: "s", min: 1, max: 86400 }],
  ["OCPPCommCtrlr", "MessageAttempts",        "TransactionEvent", "integer", RW, "5",   { min: 1, max: 100 }],
  ["OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent", "integer", RW, "10",  { unit: "s", min: 1, max: 3600 }],
  ["OCPPCommCtrlr", "MessageTimeout",         "Default",  "integer",  RW, "30",   { unit: "s", min: 1, max: 600 }],
  ["OCPPCommCtrlr", "NetworkConfigurationPriority", "", "SequenceList", RW, null,  { values: ["1", "2", "3", "4", "5"], reboot: true }],
  ["OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "", "integer", RW, "3",    { min: 1, max: 100 }],
  ["OCPPCommCtrlr", "OfflineThreshold",             "", "integer",     RW, "300",  { unit: "s", min: 0 }],
  ["OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", "", "OptionList", RW, "OncePerTransaction", { values: ["Never", "OncePerTransaction", "EveryMeterValue"] }],
  ["OCPPCommCtrlr", "ResetRetries",                 "", "integer",     RW, "3",    { min: 0, max: 10 }],
  ["OCPPCommCtrlr", "RetryBackOffRepeatTimes",      "", "integer",     RW, "4",    { min: 0, max: 10 }],
  ["OCPPCommCtrlr", "RetryBackOffRandomRange",      "", "integer",     RW, "5",    { unit: "s", min: 0, max: 600 }],
  ["OCPPCommCtrlr", "RetryBackOffWaitMinimum",      "", "integer",     RW, "3",    { unit: "s", min: 1, max: 600 }],
  ["OCPPCommCtrlr", "UnlockOnEVSideDisconnect",     "", "boolean",     RW, "true"],
  ["OCPPCommCtrlr", "WebSocketPingInterval",        "", "integer",     RW, "30",   { unit: "s", min: 0, max: 3600, reboot: true }],

  ["ReservationCtrlr", "Enabled",                   "", "boolean",     RW, "true"],
  ["ReservationCtrlr", "Available",                 "", "boolean",     RO, "true", { constant: true }],
  ["ReservationCtrlr", "NonEvseSpecific",           "", "boolean",     RO, "true", { constant: true }],

  ["SampledDataCtrlr", "Enabled",                   "", "boolean",     RW, "true"],
  ["SampledDataCtrlr", "Available",                 "", "boolean",     RO, "true", { constant: true }],
  ["SampledDataCtrlr", "SignReadings",              "", "boolean",     RW, "false"],
  ["SampledDataCtrlr", "TxStartedMeasurands",       "", "MemberList",  RW, running, { values: measurands, max: listMax }],
  ["SampledDataCtrlr", "TxUpdatedMeasurands",       "", "MemberList",  RW, running, { values: measurands, max: listMax }],
  ["SampledDataCtrlr", "TxUpdatedInterval",         "", "integer",     RW, "60",   { unit: "s", min: 0, max: 86400 }],
  ["SampledDataCtrlr", "TxEndedMeasurands",         "", "MemberList",  RW, running, { values: measurands, max: listMax }],
  ["SampledDataCtrlr", "TxEndedInterval",           "", "integer",     RW, "0",    { unit: "s", min: 0, max: 86400 }],
  ["SampledDataCtrlr", "RegisterValuesWithoutPhases", "", "boolean",   RO, "true", { constant: true }],

  ["SecurityCtrlr", "BasicAuthPassword",            "", "string",      WO, "",     { min: 16, max: 40 }],
  ["SecurityCtrlr", "Identity",                     "", "string",      RO, null],
  ["SecurityCtrlr", "OrganizationName",             "", "string",      RW, "",     { max: 64 }],
  ["SecurityCtrlr", "SecurityProfile",              "", "integer",     RO, null,   { min: 1, max: 3 }],
  ["SecurityCtrlr", "CertificateEntries",           "", "integer",     RO, null,   { max: 100 }],
  ["SecurityCtrlr", "CertSigningWaitMinimum",       "", "integer",     RW, "30",   { unit: "s", min: 1 }],
  ["SecurityCtrlr", "CertSigningRepeatTimes",       "", "integer",     RW, "3",    { min: 0, max: 10 }],
  ["SecurityCtrlr", "AdditionalRootCertificateCheck", "", "boolean",   RO, "false", { constant: true }],
  ["SecurityCtrlr", "MaxCertificateChainSize",      "", "integer",     RO, "10000", { constant: true }],

  ["SmartChargingCtrlr", "Enabled",                 "", "boolean",     RW, "true"],
  ["SmartChargingCtrlr", "Available",               "", "boolean",     RO, "true", { constant: true }],
  ["SmartChargingCtrlr", "ACPhaseSwitchingSupported", "", "boolean",   RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "Phases3to1",              "", "boolean",     RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "Entries", "ChargingProfiles", "integer",     RO, null,   { max: 1000 }],
  ["SmartChargingCtrlr", "ExternalControlSignalsEnabled", "", "boolean", RW, "true"],
  ["SmartChargingCtrlr", "NotifyChargingLimitWithSchedules", "", "boolean", RW, "true"],
  ["SmartChargingCtrlr", "LimitChangeSignificance", "", "decimal",     RW, "1",    { unit: "Percent", min: 0, max: 100 }],
  ["SmartChargingCtrlr", "PeriodsPerSchedule",      "", "integer",     RO, "1024", { constant: true }],
  ["SmartChargingCtrlr", "ProfileStackLevel",       "", "integer",     RO, "99",   { constant: true }],
  ["SmartChargingCtrlr", "SupportsDynamicProfiles", "", "boolean",     RO, "true", { constant: true }],
  ["SmartChargingCtrlr", "SupportsUseLocalTime",    "", "boolean",     RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "SupportsRandomizedDelay", "", "boolean",     RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "SupportsLimitAtSoC",      "", "boolean",     RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "SupportsEvseSleep",       "", "boolean",     RO, "false", { constant: true }],
  ["SmartChargingCtrlr", "SupportedAdditionalPurposes", "", "MemberList", RO, "PriorityCharging", { values: ["PriorityCharging", "LocalGeneration"], constant: true }],
  ["SmartChargingCtrlr", "RateUnit",                "", "MemberList",  RO, "A,W",  { values: ["A", "W"], constant: true }],

  ["TariffCostCtrlr", "Enabled",     "Tariff",          "boolean",     RW, "true"],
  ["TariffCostCtrlr", "Available",   "Tariff",          "boolean",     RO, "true", { constant: true }],
  ["TariffCostCtrlr", "Enabled",     "Cost",            "boolean",     RW, "true"],
  ["TariffCostCtrlr", "Available",   "Cost",            "boolean",     RO, "true", { constant: true }],
  ["TariffCostCtrlr", "Currency",                   "", "string",      RW, "USD",  { max: 3 }],
  ["TariffCostCtrlr", "TariffFallbackMessage",      "", "string",      RW, "",     { max: 255 }],
  ["TariffCostCtrlr", "TotalCostFallbackMessage",   "", "string",      RW, "",     { max: 255 }],

  ["TxCtrlr", "EVConnectionTimeOut",                "", "integer",     RW, "120",  { unit: "s", min: 1 }],
  ["TxCtrlr", "MaxEnergyOnInvalidId",               "", "integer",     RW, "0",    { unit: "Wh", min: 0 }],
  ["TxCtrlr", "StopTxOnEVSideDisconnect",           "", "boolean",     RW, "true"],
  ["TxCtrlr", "StopTxOnInvalidId",                  "", "boolean",     RW, "true"],
  ["TxCtrlr", "TxBeforeAcceptedEnabled",            "", "boolean",     RW, "false"],
  ["TxCtrlr", "TxStartPoint",                       "", "MemberList",  RW, "EVConnected,Authorized", { values: points }],
  ["TxCtrlr", "TxStopPoint",                        "", "MemberList",  RW, "EVConnected,Authorized", { values: points }],

  ["ChargingStation", "AvailabilityState",          "", "OptionList",  RO, null,   { values: connectorStates, monitor: true }],
  ["ChargingStation", "Available",                  "", "boolean",     RO, "true", { constant: true }],
  ["ChargingStation", "Model",                      "", "string",      RO, null],
  ["ChargingStation", "VendorName",                 "", "string",      RO, null],
  ["ChargingStation", "SerialNumber",               "", "string",      RO, null],
  ["ChargingStation", "FirmwareVersion",            "", "string",      RO, null],
  ["ChargingStation", "SupplyPhases",               "", "integer",     RO, "3",    { constant: true }],
  ["ChargingStation", "PhaseRotation",              "", "string",      RW, "RST",  { min: 3, max: 3 }],
  ["ChargingStation", "Problem",                    "", "boolean",     RO, null,   { monitor: true }],
  ["ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", "", "boolean", RW, "false"],

  ["Site", "Mode",                                  "", "string",      RO, null,   { monitor: true }],
  ["Site", "ServiceMode",                           "", "string",      RO, null,   { monitor: true }],
  ["Site", "PermitValid",                           "", "boolean",     RO, null,   { monitor: true }],
  ["Site", "ExportLimit",                           "", "decimal",     RO, null,   { unit: "W", monitor: true }],
  ["Site", "ImportLimit",                           "", "decimal",     RO, null,   { unit: "W", monitor: true }],
  ["Site", "Power",                                 "", "decimal",     RO, null,   { unit: "W", monitor: true }],
  ["Site", "Islanded",                              "", "boolean",     RO, null,   { monitor: true }],
  ["Site", "Alarms",                                "", "string",      RO, null,   { monitor: true }],
  ["Site", "Explanation",                           "", "string",      RO, null,   { monitor: true }],
];

/** Present once for each EVSE. */
export const evseRows: readonly VariableRow[] = [
  ["EVSE", "AvailabilityState",                     "", "OptionList",  RO, null,   { values: connectorStates, monitor: true }],
  ["EVSE", "Available",                             "", "boolean",     RO, "true", { constant: true }],
  ["EVSE", "Power",                                 "", "decimal",     RO, null,   { unit: "W", monitor: true }],
  ["EVSE", "SupplyPhases",                          "", "integer",     RO, null,   { constant: true }],
  ["EVSE", "Setpoint",                              "", "decimal",     RO, null,   { unit: "W", monitor: true }],
  ["EVSE", "Explanation",                           "", "string",      RO, null,   { monitor: true }],
  ["EVSE", "Alarms",                                "", "string",      RO, null,   { monitor: true }],
  ["EVSE", "Problem",                               "", "boolean",     RO, null,   { monitor: true }],
  // The station's own switch, shown where 2.1 looks for it.
  ["ISO15118Ctrlr", "Enabled",                      "", "boolean",     RO, null],
  ["ISO15118Ctrlr", "ServiceRenegotiationSupport",  "", "boolean",     RO, "false", { constant: true }],
  ["V2XChargingCtrlr", "Available",                 "", "boolean",     RO, null],
  ["V2XChargingCtrlr", "Enabled",                   "", "boolean",     RW, "true"],
  ["V2XChargingCtrlr", "SupportedOperationModes",   "", "MemberList",  RO, supportedModes.join(","), { values: [...supportedModes, "LocalLoadBalancing"], constant: true }],
  ["V2XChargingCtrlr", "SupportedEnergyTransferModes", "", "MemberList", RO, null, { values: ["AC_single_phase", "AC_three_phase", "DC", "AC_BPT", "DC_BPT"] }],
  ["V2XChargingCtrlr", "LocalFrequencyUpdateThreshold", "", "integer", RW, "10",   { min: 1, max: 1000 }],
  ["DCDERCtrlr", "Available",                       "", "boolean",     RO, null],
  ["DCDERCtrlr", "Enabled",                         "", "boolean",     RO, "true", { constant: true }],
  ["DCDERCtrlr", "ModesSupported",                  "", "MemberList",  RO, null,   { values: Object.keys(derRows) }],
  ["DCDERCtrlr", "MaxW",                            "", "decimal",     RO, null,   { unit: "W" }],
  ["DCDERCtrlr", "MaxChargeRateW",                  "", "decimal",     RO, null,   { unit: "W" }],
  ["ConnectedEV", "Available",                      "", "boolean",     RO, "true", { constant: true }],
  ["ConnectedEV", "Connected",                      "", "boolean",     RO, null,   { monitor: true }],
  ["ConnectedEV", "StateOfCharge",                  "", "decimal",     RO, null,   { unit: "Percent", monitor: true }],
];

/** Present once for each connector. */
export const connectorRows: readonly VariableRow[] = [
  ["Connector", "AvailabilityState",                "", "OptionList",  RO, null,   { values: connectorStates, monitor: true }],
  ["Connector", "Available",                        "", "boolean",     RO, "true", { constant: true }],
  ["Connector", "ConnectorType",                    "", "string",      RO, null,   { constant: true }],
  ["Connector", "SupplyPhases",                     "", "integer",     RO, null,   { constant: true }],
];
