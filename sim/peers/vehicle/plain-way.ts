/** The way of a vehicle of DIN SPEC 70121 or ISO 15118-2: they differ in names before the cable check, and in how power is switched. */
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { physical, step, type VehicleOptions, type Way } from "./steps.ts";

const status = { EVReady: true, EVErrorCode: "NO_ERROR", EVRESSSOC: 50 };
const services = {
  SelectedPaymentOption: "ExternalPayment",
  SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
};
const acVoltageV = 400;

export function plainWay(options: VehicleOptions): Way {
  const { protocol, energy, currentA } = options;
  const din = protocol === "DIN SPEC 70121";
  const power = (on: boolean): Fields =>
    din ? { ReadyToChargeState: on } : { ChargeProgress: on ? "Start" : "Stop", SAScheduleTupleID: 1 };
  const begin = [
    step("SessionSetup", { EVCCID: Uint8Array.of(2, 0, 0, 0, 0, 1) }),
    step("ServiceDiscovery", {}),
    step(din ? "ServicePaymentSelection" : "PaymentServiceSelection", services),
    step(din ? "ContractAuthentication" : "Authorization", {}),
  ];
  const end = step("SessionStop", din ? {} : { ChargingSession: "Terminate" });
  if (energy === "ac") {
    const limits = {
      EAmount: physical(10_000, "Wh"),
      EVMaxVoltage: physical(acVoltageV, "V"),
      EVMaxCurrent: physical(currentA, "A"),
      EVMinCurrent: physical(6, "A"),
    };
    const asked = { RequestedEnergyTransferMode: "AC_three_phase_core", AC_EVChargeParameter: limits };
    return {
      before: [...begin, step("ChargeParameterDiscovery", asked), step("PowerDelivery", power(true))],
      loop: step("ChargingStatus", {}),
      after: [step("PowerDelivery", power(false)), end],
    };
  }
  return {
    ...dcWay(options, power),
    before: [...begin, ...dcWay(options, power).before],
    after: [...dcWay(options, power).after, end],
  };
}

function dcWay({ protocol, voltageV, currentA }: VehicleOptions, power: (on: boolean) => Fields): Way {
  const din = protocol === "DIN SPEC 70121";
  const limits = {
    DC_EVStatus: status,
    EVMaximumCurrentLimit: physical(200, "A"),
    EVMaximumVoltageLimit: physical(voltageV + 50, "V"),
  };
  const mode = { [din ? "EVRequestedEnergyTransferType" : "RequestedEnergyTransferMode"]: "DC_extended" };
  const target = { DC_EVStatus: status, EVTargetVoltage: physical(voltageV, "V"), EVTargetCurrent: physical(1, "A") };
  return {
    before: [
      step("ChargeParameterDiscovery", { ...mode, DC_EVChargeParameter: limits }),
      step("CableCheck", { DC_EVStatus: status }),
      step("PreCharge", target),
      step("PowerDelivery", power(true)),
    ],
    loop: step("CurrentDemand", { ...target, EVTargetCurrent: physical(currentA, "A"), ChargingComplete: false }),
    after: [step("PowerDelivery", power(false)), step("WeldingDetection", { DC_EVStatus: status })],
  };
}
