/**
 * The messages that this station knows, with the types of request and response in the form of OCPP 2.1, of which 2.0.1 is a
 * part (`shapes.ts`). Types only: checking is done by `validators.ts`, by the version of each connection.
 */
import type { OCPP21 } from "typed-ocpp";

/** Every message with its request and its response. */
export interface Messages {
  AFRRSignal:                        { request: OCPP21.AFRRSignalRequest; response: OCPP21.AFRRSignalResponse };
  Authorize:                         { request: OCPP21.AuthorizeRequest; response: OCPP21.AuthorizeResponse };
  BootNotification:                  { request: OCPP21.BootNotificationRequest; response: OCPP21.BootNotificationResponse };
  CancelReservation:                 { request: OCPP21.CancelReservationRequest; response: OCPP21.CancelReservationResponse };
  CertificateSigned:                 { request: OCPP21.CertificateSignedRequest; response: OCPP21.CertificateSignedResponse };
  ChangeAvailability:                { request: OCPP21.ChangeAvailabilityRequest; response: OCPP21.ChangeAvailabilityResponse };
  ClearCache:                        { request: OCPP21.ClearCacheRequest; response: OCPP21.ClearCacheResponse };
  ClearChargingProfile:              { request: OCPP21.ClearChargingProfileRequest; response: OCPP21.ClearChargingProfileResponse };
  ClearDERControl:                   { request: OCPP21.ClearDERControlRequest; response: OCPP21.ClearDERControlResponse };
  ClearDisplayMessage:               { request: OCPP21.ClearDisplayMessageRequest; response: OCPP21.ClearDisplayMessageResponse };
  ClearedChargingLimit:              { request: OCPP21.ClearedChargingLimitRequest; response: OCPP21.ClearedChargingLimitResponse };
  ClearVariableMonitoring:           { request: OCPP21.ClearVariableMonitoringRequest; response: OCPP21.ClearVariableMonitoringResponse };
  CostUpdated:                       { request: OCPP21.CostUpdatedRequest; response: OCPP21.CostUpdatedResponse };
  CustomerInformation:               { request: OCPP21.CustomerInformationRequest; response: OCPP21.CustomerInformationResponse };
  DataTransfer:                      { request: OCPP21.DataTransferRequest; response: OCPP21.DataTransferResponse };
  DeleteCertificate:                 { request: OCPP21.DeleteCertificateRequest; response: OCPP21.DeleteCertificateResponse };
  FirmwareStatusNotification:        { request: OCPP21.FirmwareStatusNotificationRequest; response: OCPP21.FirmwareStatusNotificationResponse };
  Get15118EVCertificate:             { request: OCPP21.Get15118EVCertificateRequest; response: OCPP21.Get15118EVCertificateResponse };
  GetBaseReport:                     { request: OCPP21.GetBaseReportRequest; response: OCPP21.GetBaseReportResponse };
  GetCertificateStatus:              { request: OCPP21.GetCertificateStatusRequest; response: OCPP21.GetCertificateStatusResponse };
  GetChargingProfiles:               { request: OCPP21.GetChargingProfilesRequest; response: OCPP21.GetChargingProfilesResponse };
  GetCompositeSchedule:              { request: OCPP21.GetCompositeScheduleRequest; response: OCPP21.GetCompositeScheduleResponse };
  GetDERControl:                     { request: OCPP21.GetDERControlRequest; response: OCPP21.GetDERControlResponse };
  GetDisplayMessages:                { request: OCPP21.GetDisplayMessagesRequest; response: OCPP21.GetDisplayMessagesResponse };
  GetInstalledCertificateIds:        { request: OCPP21.GetInstalledCertificateIdsRequest; response: OCPP21.GetInstalledCertificateIdsResponse };
  GetLocalListVersion:               { request: OCPP21.GetLocalListVersionRequest; response: OCPP21.GetLocalListVersionResponse };
  GetLog:                            { request: OCPP21.GetLogRequest; response: OCPP21.GetLogResponse };
  GetMonitoringReport:               { request: OCPP21.GetMonitoringReportRequest; response: OCPP21.GetMonitoringReportResponse };
  GetReport:                         { request: OCPP21.GetReportRequest; response: OCPP21.GetReportResponse };
  GetTransactionStatus:              { request: OCPP21.GetTransactionStatusRequest; response: OCPP21.GetTransactionStatusResponse };
  GetVariables:                      { request: OCPP21.GetVariablesRequest; response: OCPP21.GetVariablesResponse };
  Heartbeat:                         { request: OCPP21.HeartbeatRequest; response: OCPP21.HeartbeatResponse };
  InstallCertificate:                { request: OCPP21.InstallCertificateRequest; response: OCPP21.InstallCertificateResponse };
  LogStatusNotification:             { request: OCPP21.LogStatusNotificationRequest; response: OCPP21.LogStatusNotificationResponse };
  MeterValues:                       { request: OCPP21.MeterValuesRequest; response: OCPP21.MeterValuesResponse };
  NotifyAllowedEnergyTransfer:       { request: OCPP21.NotifyAllowedEnergyTransferRequest; response: OCPP21.NotifyAllowedEnergyTransferResponse };
  NotifyChargingLimit:               { request: OCPP21.NotifyChargingLimitRequest; response: OCPP21.NotifyChargingLimitResponse };
  NotifyCustomerInformation:         { request: OCPP21.NotifyCustomerInformationRequest; response: OCPP21.NotifyCustomerInformationResponse };
  NotifyDERAlarm:                    { request: OCPP21.NotifyDERAlarmRequest; response: OCPP21.NotifyDERAlarmResponse };
  NotifyDERStartStop:                { request: OCPP21.NotifyDERStartStopRequest; response: OCPP21.NotifyDERStartStopResponse };
  NotifyDisplayMessages:             { request: OCPP21.NotifyDisplayMessagesRequest; response: OCPP21.NotifyDisplayMessagesResponse };
  NotifyEVChargingNeeds:             { request: OCPP21.NotifyEVChargingNeedsRequest; response: OCPP21.NotifyEVChargingNeedsResponse };
  NotifyEVChargingSchedule:          { request: OCPP21.NotifyEVChargingScheduleRequest; response: OCPP21.NotifyEVChargingScheduleResponse };
  NotifyEvent:                       { request: OCPP21.NotifyEventRequest; response: OCPP21.NotifyEventResponse };
  NotifyMonitoringReport:            { request: OCPP21.NotifyMonitoringReportRequest; response: OCPP21.NotifyMonitoringReportResponse };
  NotifyPriorityCharging:            { request: OCPP21.NotifyPriorityChargingRequest; response: OCPP21.NotifyPriorityChargingResponse };
  NotifyReport:                      { request: OCPP21.NotifyReportRequest; response: OCPP21.NotifyReportResponse };
  PublishFirmware:                   { request: OCPP21.PublishFirmwareRequest; response: OCPP21.PublishFirmwareResponse };
  PublishFirmwareStatusNotification: { request: OCPP21.PublishFirmwareStatusNotificationRequest; response: OCPP21.PublishFirmwareStatusNotificationResponse };
  PullDynamicScheduleUpdate:         { request: OCPP21.PullDynamicScheduleUpdateRequest; response: OCPP21.PullDynamicScheduleUpdateResponse };
  ReportChargingProfiles:            { request: OCPP21.ReportChargingProfilesRequest; response: OCPP21.ReportChargingProfilesResponse };
  ReportDERControl:                  { request: OCPP21.ReportDERControlRequest; response: OCPP21.ReportDERControlResponse };
  RequestStartTransaction:           { request: OCPP21.RequestStartTransactionRequest; response: OCPP21.RequestStartTransactionResponse };
  RequestStopTransaction:            { request: OCPP21.RequestStopTransactionRequest; response: OCPP21.RequestStopTransactionResponse };
  ReservationStatusUpdate:           { request: OCPP21.ReservationStatusUpdateRequest; response: OCPP21.ReservationStatusUpdateResponse };
  ReserveNow:                        { request: OCPP21.ReserveNowRequest; response: OCPP21.ReserveNowResponse };
  Reset:                             { request: OCPP21.ResetRequest; response: OCPP21.ResetResponse };
  SecurityEventNotification:         { request: OCPP21.SecurityEventNotificationRequest; response: OCPP21.SecurityEventNotificationResponse };
  SendLocalList:                     { request: OCPP21.SendLocalListRequest; response: OCPP21.SendLocalListResponse };
  SetChargingProfile:                { request: OCPP21.SetChargingProfileRequest; response: OCPP21.SetChargingProfileResponse };
  SetDERControl:                     { request: OCPP21.SetDERControlRequest; response: OCPP21.SetDERControlResponse };
  SetDisplayMessage:                 { request: OCPP21.SetDisplayMessageRequest; response: OCPP21.SetDisplayMessageResponse };
  SetMonitoringBase:                 { request: OCPP21.SetMonitoringBaseRequest; response: OCPP21.SetMonitoringBaseResponse };
  SetMonitoringLevel:                { request: OCPP21.SetMonitoringLevelRequest; response: OCPP21.SetMonitoringLevelResponse };
  SetNetworkProfile:                 { request: OCPP21.SetNetworkProfileRequest; response: OCPP21.SetNetworkProfileResponse };
  SetVariableMonitoring:             { request: OCPP21.SetVariableMonitoringRequest; response: OCPP21.SetVariableMonitoringResponse };
  SetVariables:                      { request: OCPP21.SetVariablesRequest; response: OCPP21.SetVariablesResponse };
  SignCertificate:                   { request: OCPP21.SignCertificateRequest; response: OCPP21.SignCertificateResponse };
  StatusNotification:                { request: OCPP21.StatusNotificationRequest; response: OCPP21.StatusNotificationResponse };
  TransactionEvent:                  { request: OCPP21.TransactionEventRequest; response: OCPP21.TransactionEventResponse };
  TriggerMessage:                    { request: OCPP21.TriggerMessageRequest; response: OCPP21.TriggerMessageResponse };
  UnlockConnector:                   { request: OCPP21.UnlockConnectorRequest; response: OCPP21.UnlockConnectorResponse };
  UnpublishFirmware:                 { request: OCPP21.UnpublishFirmwareRequest; response: OCPP21.UnpublishFirmwareResponse };
  UpdateDynamicSchedule:             { request: OCPP21.UpdateDynamicScheduleRequest; response: OCPP21.UpdateDynamicScheduleResponse };
  UpdateFirmware:                    { request: OCPP21.UpdateFirmwareRequest; response: OCPP21.UpdateFirmwareResponse };
  UsePriorityCharging:               { request: OCPP21.UsePriorityChargingRequest; response: OCPP21.UsePriorityChargingResponse };
}

/** The name of a message. */
export type Action = keyof Messages;
/** A message's request. */
export type RequestOf<A extends Action> = Messages[A]["request"];
/** A message's response. */
export type ResponseOf<A extends Action> = Messages[A]["response"];

/** Handlers of what the backend asks: each answers at once, or later through a promise. */
export type Handlers = { [A in Action]?: (request: RequestOf<A>) => ResponseOf<A> | Promise<ResponseOf<A>> };

// The field's own words, taken from the messages that use them.
/** Who wants to charge, and by which kind of identification. */
export type IdToken = NonNullable<OCPP21.TransactionEventRequest["idToken"]>;
/** What the backend says of a token. */
export type IdTokenInfo = OCPP21.AuthorizeResponse["idTokenInfo"];
/** Whether a token may charge, or why not. */
export type AuthorizationStatus = IdTokenInfo["status"];
/** Values measured at one moment. */
export type MeterValue = OCPP21.MeterValueType;
/** One value with its measurand, phase and unit. */
export type SampledValue = OCPP21.SampledValueType;
/** What is measured. */
export type Measurand = OCPP21.MeasurandEnumType;
/** Why a value was sampled. */
export type ReadingContext = OCPP21.ReadingContextEnumType;
/** Why a transaction event is sent. */
export type TriggerReason = OCPP21.TransactionEventRequest["triggerReason"];
/** A transaction's state as its events tell it. */
export type TransactionInfo = OCPP21.TransactionEventRequest["transactionInfo"];
/** Why a transaction has ended. */
export type StoppedReason = NonNullable<TransactionInfo["stoppedReason"]>;
/** How far charging is within a transaction. */
export type ChargingState = NonNullable<TransactionInfo["chargingState"]>;
/** A connector's status. */
export type ConnectorStatus = OCPP21.StatusNotificationRequest["connectorStatus"];
/** Why the station has started. */
export type BootReason = OCPP21.BootNotificationRequest["reason"];
/** Schedules with purpose, stack level and validity. */
export type ChargingProfile = OCPP21.SetChargingProfileRequest["chargingProfile"];
/** Limits over time. */
export type ChargingSchedule = ChargingProfile["chargingSchedule"][number];
/** What a backend asks the exchange of power to follow. */
export type OperationMode = NonNullable<SchedulePeriod["operationMode"]>;
/** How energy passes between station and vehicle, and whether in both directions. */
export type EnergyTransfer = NonNullable<OCPP21.AuthorizeResponse["allowedEnergyTransfer"]>[number];
/** New values for the one period of a dynamic schedule. */
export type ScheduleUpdate = OCPP21.UpdateDynamicScheduleRequest["scheduleUpdate"];
/** A limit and when it begins, s from the schedule's start. */
export type SchedulePeriod = ChargingSchedule["chargingSchedulePeriod"][number];
/** The unit of a schedule's limits, W or A. */
export type RateUnit = ChargingSchedule["chargingRateUnit"];
/** A component of the device model. */
export type Component = OCPP21.GetVariablesRequest["getVariableData"][number]["component"];
/** A variable of a component. */
export type Variable = OCPP21.GetVariablesRequest["getVariableData"][number]["variable"];
/** Which certificate is meant. */
export type CertificateHashData = OCPP21.DeleteCertificateRequest["certificateHashData"];
/** A message for people. */
export type MessageContent = NonNullable<OCPP21.TransactionEventResponse["updatedPersonalMessage"]>;
