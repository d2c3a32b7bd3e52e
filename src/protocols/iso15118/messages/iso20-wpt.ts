/**
 * ISO 15118-20: wireless power transfer. SECC, primary device and supply device are the charger; secondary device
 * and EVPC the vehicle. LF: low-frequency positioning.
 */
import { choice, namespace, optional, repeat, schemaSet } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";
import {
  ChargeLoopReq,
  ChargeLoopRes,
  commonElements,
  commonTypes,
  Identifier,
  NumericID,
  Processing,
  RationalNumber,
  V2GRequest,
  V2GResponse,
} from "./iso20-common-types.ts";

const { elements, sequence } = namespace("urn:iso:std:iso:15118:-20:WPT", { prefix: "wpt" });
const WPT_FinePositioningMethod = enumeration("Manual", "LF_TxEV", "LF_TxPrimaryDevice", "LPE", "Proprietary");
const WPT_FinePositioningMethodList = sequence({
  WPT_FinePositioningMethod: repeat(WPT_FinePositioningMethod, 1, 8),
});

const WPT_PairingMethod = enumeration(
  "External confirmation",
  "LPE",
  "LF_TxEV",
  "LF_TxPrimaryDevice",
  "Optical",
  "Proprietary",
);

const WPT_PairingMethodList = sequence({ WPT_PairingMethod: repeat(WPT_PairingMethod, 1, 8) });
const WPT_AlignmentCheckMethod = enumeration("PowerCheck", "LPE", "Proprietary");
const WPT_AlignmentCheckMethodList = sequence({
  WPT_AlignmentCheckMethod: repeat(WPT_AlignmentCheckMethod, 1, 8),
});

const WPT_CoordinateXYZ = sequence({ Coord_X: xs.short, Coord_Y: xs.short, Coord_Z: xs.short });
const WPT_TxRxSpecData = sequence({
  TxRxIdentifier: NumericID,
  TxRxPosition: WPT_CoordinateXYZ,
  TxRxOrientation: WPT_CoordinateXYZ,
});

const WPT_TxRxPulseOrder = sequence({ IndexNumber: xs.unsignedShort, TxRxIdentifier: NumericID });
const WPT_TxRxPackageSpecData = sequence({
  PulseSequenceOrder: repeat(WPT_TxRxPulseOrder, 2, 255),
  PulseSeparationTime: xs.unsignedShort,
  PulseDuration: xs.unsignedShort,
  PackageSeparationTime: xs.unsignedShort,
});

const WPT_LF_TransmitterData = sequence({
  NumberOfTransmitters: xs.unsignedByte,
  SignalFrequency: RationalNumber,
  TxSpecData: repeat(WPT_TxRxSpecData, 2, 255),
  TxPackageSpecData: optional(WPT_TxRxPackageSpecData),
});

const WPT_LF_ReceiverData = sequence({
  NumberOfReceivers: xs.unsignedByte,
  RxSpecData: repeat(WPT_TxRxSpecData, 2, 255),
});

const WPT_LF_SystemSetupData = sequence({
  LF_SetupData: choice({ LF_TransmitterSetupData: WPT_LF_TransmitterData, LF_ReceiverSetupData: WPT_LF_ReceiverData }),
});

const WPT_DataContainer = restrict(xs.base64Binary, { maxLength: 256 });

/** The vehicle offers methods of fine positioning, pairing and alignment check. */
const WPT_FinePositioningSetupReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  EVDeviceFinePositioningMethodList: WPT_FinePositioningMethodList,
  EVDevicePairingMethodList: WPT_PairingMethodList,
  EVDeviceAlignmentCheckMethodList: WPT_AlignmentCheckMethodList,
  NaturalOffset: xs.unsignedShort,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
  LF_SystemSetupData: optional(WPT_LF_SystemSetupData),
});

/** The charger selects among the methods. */
const WPT_FinePositioningSetupRes = sequence({
  ...V2GResponse,
  PrimaryDeviceFinePositioningMethodList: WPT_FinePositioningMethodList,
  PrimaryDevicePairingMethodList: WPT_PairingMethodList,
  PrimaryDeviceAlignmentCheckMethodList: WPT_AlignmentCheckMethodList,
  NaturalOffset: xs.unsignedShort,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
  LF_SystemSetupData: optional(WPT_LF_SystemSetupData),
});

const WPT_EVResult = enumeration("EVResultUnknown", "EVResultSuccess", "EVResultFailed");
const WPT_LF_TxData = sequence({ TxIdentifier: NumericID, EIRP: RationalNumber });
const WPT_LF_TxDataList = sequence({ WPT_LF_TxDataList: WPT_LF_TxData });
const WPT_LF_RxRSSI = sequence({ TxIdentifier: NumericID, RSSI: RationalNumber });
const WPT_LF_RxRSSIList = sequence({ RSSIDataList: WPT_LF_RxRSSI });
const WPT_LF_RxData = sequence({ RxIdentifier: NumericID, RSSIData: WPT_LF_RxRSSIList });
const WPT_LF_RxDataList = sequence({ WPT_LF_RxDataList: WPT_LF_RxData });
const WPT_LF_DataPackage = sequence({
  PackageIndex: xs.unsignedByte,
  LF_Data: choice({ LF_TxData: WPT_LF_TxDataList, LF_RxData: WPT_LF_RxDataList }),
});

const WPT_LF_DataPackageList = sequence({ NumPackages: xs.unsignedByte, WPT_LF_DataPackage });

/** The vehicle reports during fine positioning. */
const WPT_FinePositioningReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  EVResultCode: WPT_EVResult,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
  WPT_LF_DataPackageList: optional(WPT_LF_DataPackageList),
});

/** The charger reports during fine positioning. */
const WPT_FinePositioningRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
  WPT_LF_DataPackageList: optional(WPT_LF_DataPackageList),
});

/** The vehicle tells the code that it observed, to prove that it stands over this device. */
const WPT_PairingReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  ObservedIDCode: optional(NumericID),
  EVResultCode: WPT_EVResult,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

const BSSID = restrict(xs.string, { maxLength: 12 });
const IPAddress = restrict(xs.string, { maxLength: 39 });
const AlternativeSECC = sequence({
  SSID: optional(Identifier),
  BSSID: optional(BSSID),
  IPAddress: optional(IPAddress),
  Port: optional(xs.unsignedShort),
});

const AlternativeSECCList = sequence({ AlternativeSECC: repeat(AlternativeSECC, 1, 8) });

/** The charger tells its own code, or which other chargers may be meant. */
const WPT_PairingRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  ObservedIDCode: optional(NumericID),
  AlternativeSECCList: optional(AlternativeSECCList),
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

/** The vehicle tells its power, ground clearance and natural frequency. */
const WPT_ChargeParameterDiscoveryReq = sequence({
  ...V2GRequest,
  EVPCMaxReceivablePower: RationalNumber,
  SDMaxGroundClearence: xs.unsignedShort,
  SDMinGroundClearence: xs.unsignedShort,
  EVPCNaturalFrequency: RationalNumber,
  EVPCDeviceLocalControl: xs.boolean,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

const WPT_PowerClass = enumeration("MF-WPT1", "MF-WPT2", "MF-WPT3", "MF-WPT4");

/** The charger tells its power class, ground clearance and coil currents. */
const WPT_ChargeParameterDiscoveryRes = sequence({
  ...V2GResponse,
  PDInputPowerClass: WPT_PowerClass,
  SDMinOutputPower: RationalNumber,
  SDMaxOutputPower: RationalNumber,
  SDMaxGroundClearanceSupport: xs.unsignedShort,
  SDMinGroundClearanceSupport: xs.unsignedShort,
  PDMinCoilCurrent: RationalNumber,
  PDMaxCoilCurrent: RationalNumber,
  SDManufacturerSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

/** The vehicle asks for a little power, to check the alignment of the coils. */
const WPT_AlignmentCheckReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  TargetCoilCurrent: optional(RationalNumber),
  EVResultCode: WPT_EVResult,
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

/** The charger tells the power that it transmitted. */
const WPT_AlignmentCheckRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  PowerTransmitted: optional(RationalNumber),
  SupplyDeviceCurrent: optional(RationalNumber),
  VendorSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

const WPT_EVPCChargeDiagnostics = enumeration(
  "EVPCNoIssue",
  "EVPCTempOverheatDetected",
  "EVPCPowerTransferAnomalyDetected",
  "EVPCAnomalyDetected",
);

const WPT_EVPCPowerControlParameter = sequence({
  EVPCCoilCurrentRequest: RationalNumber,
  EVPCCoilCurrentInformation: RationalNumber,
  EVPCCurrentOutputInformation: RationalNumber,
  EVPCVoltageOutputInformation: RationalNumber,
});

/** The vehicle asks for power and tells what it receives. */
const WPT_ChargeLoopReq = sequence({
  ...ChargeLoopReq,
  EVPCPowerRequest: RationalNumber,
  EVPCPowerOutput: RationalNumber,
  EVPCChargeDiagnostics: WPT_EVPCChargeDiagnostics,
  EVPCOperatingFrequency: optional(RationalNumber),
  EVPCPowerControlParameter: optional(WPT_EVPCPowerControlParameter),
  ManufacturerSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

const WPT_SPCChargeDiagnostics = enumeration(
  "SPCNoIssue",
  "SPCFODDetected",
  "SPCLOPDetected",
  "SPCTempOverheatDetected",
  "SPCPowerTransferAnomalyDetected",
  "SPCAnomalyDetected",
);

const WPT_SPCPowerControlParameter = sequence({ SPCPrimaryDeviceCoilCurrentInformation: RationalNumber });

/** The charger tells what it puts in and its limits. */
const WPT_ChargeLoopRes = sequence({
  ...ChargeLoopRes,
  EVPCPowerRequest: RationalNumber,
  SDPowerInput: optional(RationalNumber),
  SPCMaxOutputPowerLimit: RationalNumber,
  SPCMinOutputPowerLimit: RationalNumber,
  SPCChargeDiagnostics: WPT_SPCChargeDiagnostics,
  SPCOperatingFrequency: optional(RationalNumber),
  SPCPowerControlParameter: optional(WPT_SPCPowerControlParameter),
  ManufacturerSpecificDataContainer: repeat(WPT_DataContainer, 0, 16),
});

/** The global elements of this schema. */
const wptElements = elements({
  WPT_FinePositioningSetupReq,
  WPT_FinePositioningSetupRes,
  WPT_FinePositioningReq,
  WPT_FinePositioningRes,
  WPT_PairingReq,
  WPT_PairingRes,
  WPT_ChargeParameterDiscoveryReq,
  WPT_ChargeParameterDiscoveryRes,
  WPT_AlignmentCheckReq,
  WPT_AlignmentCheckRes,
  WPT_ChargeLoopReq,
  WPT_ChargeLoopRes,
});

/** All messages of ISO 15118-20 for wireless power transfer. */
export const iso20Wpt = schemaSet("iso20-wpt", { ...wptElements, ...commonElements }, commonTypes);
