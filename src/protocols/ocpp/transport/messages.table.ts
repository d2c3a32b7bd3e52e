/** Every message of OCPP 2.0.1 with the types of its request and its response. Types only: checking is done by `validators.ts`. */
import type { OCPP20 } from "typed-ocpp";

/** Every message with its request and its response. */
export interface Messages {
  Authorize:                         { request: OCPP20.AuthorizeRequest; response: OCPP20.AuthorizeResponse };
  BootNotification:                  { request: OCPP20.BootNotificationRequest; response: OCPP20.BootNotificationResponse };
  CancelReservation:                 { request: OCPP20.CancelReservationRequest; response: OCPP20.CancelReservationResponse };
  CertificateSigned:                 { request: OCPP20.CertificateSignedRequest; response: OCPP20.CertificateSignedResponse };
  ChangeAvailability:                { request: OCPP20.ChangeAvailabilityRequest; response: OCPP20.ChangeAvailabilityResponse };
  ClearCache:                        { request: OCPP20.ClearCacheRequest; response: OCPP20.ClearCacheResponse };
  ClearChargingProfile:              { request: OCPP20.ClearChargingProfileRequest; response: OCPP20.ClearChargingProfileResponse };
  ClearDisplayMessage:               { request: OCPP20.ClearDisplayMessageRequest; response: OCPP20.ClearDisplayMessageResponse };
  ClearVariableMonitoring:           { request: OCPP20.ClearVariableMonitoringRequest; response: OCPP20.ClearVariableMonitoringResponse };
  ClearedChargingLimit:              { request: OCPP20.ClearedChargingLimitRequest; response: OCPP20.ClearedChargingLimitResponse };
  CostUpdated:                       { request: OCPP20.CostUpdatedRequest; response: OCPP20.CostUpdatedResponse };
  CustomerInformation:               { request: OCPP20.CustomerInformationRequest; response: OCPP20.CustomerInformationResponse };
  DataTransfer:                      { request: OCPP20.DataTransferRequest; response: OCPP20.DataTransferResponse };
  DeleteCertificate:                 { request: OCPP20.DeleteCertificateRequest; response: OCPP20.DeleteCertificateResponse };
  FirmwareStatusNotification:        { request: OCPP20.FirmwareStatusNotificationRequest; response: OCPP20.FirmwareStatusNotificationResponse };
  Get15118EVCertificate:             { request: OCPP20.Get15118EVCertificateRequest; response: OCPP20.Get15118EVCertificateResponse };
  GetBaseReport:                     { request: OCPP20.GetBaseReportRequest; response: OCPP20.GetBaseReportResponse };
  GetCertificateStatus:              { request: OCPP20.GetCertificateStatusRequest; response: OCPP20.GetCertificateStatusResponse };
  GetChargingProfiles:               { request: OCPP20.GetChargingProfilesRequest; response: OCPP20.GetChargingProfilesResponse };
  GetCompositeSchedule:              { request: OCPP20.GetCompositeScheduleRequest; response: OCPP20.GetCompositeScheduleResponse };
  GetDisplayMessages:                { request: OCPP20.GetDisplayMessagesRequest; response: OCPP20.GetDisplayMessagesResponse };
  GetInstalledCertificateIds:        { request: OCPP20.GetInstalledCertificateIdsRequest; response: OCPP20.GetInstalledCertificateIdsResponse };
  GetLocalListVersion:               { request: OCPP20.GetLocalListVersionRequest; response: OCPP20.GetLocalListVersionResponse };
  GetLog:                            { request: OCPP20.GetLogRequest; response: OCPP20.GetLogResponse };
  GetMonitoringReport:               { request: OCPP20.GetMonitoringReportRequest; response: OCPP20.GetMonitoringReportResponse };
  GetReport:                         { request: OCPP20.GetReportRequest; response: OCPP20.GetReportResponse };
  GetTransactionStatus:              { request: OCPP20.GetTransactionStatusRequest; response: OCPP20.GetTransactionStatusResponse };
  GetVariables:                      { request: OCPP20.GetVariablesRequest; response: OCPP20.GetVariablesResponse };
  Heartbeat:                         { request: OCPP20.HeartbeatRequest; response: OCPP20.HeartbeatResponse };
  InstallCertificate:                { request: OCPP20.InstallCertificateRequest; response: OCPP20.InstallCertificateResponse };
  LogStatusNotification:             { request: OCPP20.LogStatusNotificationRequest; response: OCPP20.LogStatusNotificationResponse };
  MeterValues:                       { request: OCPP20.MeterValuesRequest; response: OCPP20.MeterValuesResponse };
  NotifyChargingLimit:               { request: OCPP20.NotifyChargingLimitRequest; response: OCPP20.NotifyChargingLimitResponse };
  NotifyCustomerInformation:         { request: OCPP20.NotifyCustomerInformationRequest; response: OCPP20.NotifyCustomerInformationResponse };
  NotifyDisplayMessages:             { request: OCPP20.NotifyDisplayMessagesRequest; response: OCPP20.NotifyDisplayMessagesResponse };
  NotifyEVChargingNeeds:             { request: OCPP20.NotifyEVChargingNeedsRequest; response: OCPP20.NotifyEVChargingNeedsResponse };
  NotifyEVChargingSchedule:          { request: OCPP20.NotifyEVChargingScheduleRequest; response: OCPP20.NotifyEVChargingScheduleResponse };
  NotifyEvent:                       { request: OCPP20.NotifyEventRequest; response: OCPP20.NotifyEventResponse };
  NotifyMonitoringReport:            { request: OCPP20.NotifyMonitoringReportRequest; response: OCPP20.NotifyMonitoringReportResponse };
  NotifyReport:                      { request: OCPP20.NotifyReportRequest; response: OCPP20.NotifyReportResponse };
  PublishFirmware:                   { request: OCPP20.PublishFirmwareRequest; response: OCPP20.PublishFirmwareResponse };
  PublishFirmwareStatusNotification: { request: OCPP20.PublishFirmwareStatusNotificationRequest; response: OCPP20.PublishFirmwareStatusNotificationResponse };
  ReportChargingProfiles:            { request: OCPP20.ReportChargingProfilesRequest; response: OCPP20.ReportChargingProfilesResponse };
  RequestStartTransaction:           { request: OCPP20.RequestStartTransactionRequest; response: OCPP20.RequestStartTransactionResponse };
  RequestStopTransaction:            { request: OCPP20.RequestStopTransactionRequest; response: OCPP20.RequestStopTransactionResponse };
  ReservationStatusUpdate:           { request: OCPP20.ReservationStatusUpdateRequest; response: OCPP20.ReservationStatusUpdateResponse };
  ReserveNow:                        { request: OCPP20.ReserveNowRequest; response: OCPP20.ReserveNowResponse };
  Reset:                             { request: OCPP20.ResetRequest; response: OCPP20.ResetResponse };
  SecurityEventNotification:         { request: OCPP20.SecurityEventNotificationRequest; response: OCPP20.SecurityEventNotificationResponse };
  SendLocalList:                     { request: OCPP20.SendLocalListRequest; response: OCPP20.SendLocalListResponse };
  SetChargingProfile:                { request: OCPP20.SetChargingProfileRequest; response: OCPP20.SetChargingProfileResponse };
  SetDisplayMessage:                 { request: OCPP20.SetDisplayMessageRequest; response: OCPP20.SetDisplayMessageResponse };
  SetMonitoringBase:                 { request: OCPP20.SetMonitoringBaseRequest; response: OCPP20.SetMonitoringBaseResponse };
  SetMonitoringLevel:                { request: OCPP20.SetMonitoringLevelRequest; response: OCPP20.SetMonitoringLevelResponse };
  SetNetworkProfile:                 { request: OCPP20.SetNetworkProfileRequest; response: OCPP20.SetNetworkProfileResponse };
  SetVariableMonitoring:             { request: OCPP20.SetVariableMonitoringRequest; response: OCPP20.SetVariableMonitoringResponse };
  SetVariables:                      { request: OCPP20.SetVariablesRequest; response: OCPP20.SetVariablesResponse };
  SignCertificate:                   { request: OCPP20.SignCertificateRequest; response: OCPP20.SignCertificateResponse };
  StatusNotification:                { request: OCPP20.StatusNotificationRequest; response: OCPP20.StatusNotificationResponse };
  TransactionEvent:                  { request: OCPP20.TransactionEventRequest; response: OCPP20.TransactionEventResponse };
  TriggerMessage:                    { request: OCPP20.TriggerMessageRequest; response: OCPP20.TriggerMessageResponse };
  UnlockConnector:                   { request: OCPP20.UnlockConnectorRequest; response: OCPP20.UnlockConnectorResponse };
  UnpublishFirmware:                 { request: OCPP20.UnpublishFirmwareRequest; response: OCPP20.UnpublishFirmwareResponse };
  UpdateFirmware:                    { request: OCPP20.UpdateFirmwareRequest; response: OCPP20.UpdateFirmwareResponse };
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
export type IdToken = NonNullable<OCPP20.TransactionEventRequest["idToken"]>;
/** What the backend says of a token. */
export type IdTokenInfo = OCPP20.AuthorizeResponse["idTokenInfo"];
/** Whether a token may charge, or why not. */
export type AuthorizationStatus = IdTokenInfo["status"];
/** Values measured at one moment. */
export type MeterValue = OCPP20.MeterValueType;
/** One value with its measurand, phase and unit. */
export type SampledValue = OCPP20.SampledValueType;
/** What is measured. */
export type Measurand = OCPP20.MeasurandEnumType;
/** Why a value was sampled. */
export type ReadingContext = OCPP20.ReadingContextEnumType;
/** Why a transaction event is sent. */
export type TriggerReason = OCPP20.TransactionEventRequest["triggerReason"];
/** A transaction's state as its events tell it. */
export type TransactionInfo = OCPP20.TransactionEventRequest["transactionInfo"];
/** Why a transaction has ended. */
export type StoppedReason = NonNullable<TransactionInfo["stoppedReason"]>;
/** How far charging is within a transaction. */
export type ChargingState = NonNullable<TransactionInfo["chargingState"]>;
/** A connector's status. */
export type ConnectorStatus = OCPP20.StatusNotificationRequest["connectorStatus"];
/** Why the station has started. */
export type BootReason = OCPP20.BootNotificationRequest["reason"];
/** Schedules with purpose, stack level and validity. */
export type ChargingProfile = OCPP20.SetChargingProfileRequest["chargingProfile"];
/** Limits over time. */
export type ChargingSchedule = ChargingProfile["chargingSchedule"][number];
/** A limit and when it begins, s from the schedule's start. */
export type SchedulePeriod = ChargingSchedule["chargingSchedulePeriod"][number];
/** The unit of a schedule's limits, W or A. */
export type RateUnit = ChargingSchedule["chargingRateUnit"];
/** A component of the device model. */
export type Component = OCPP20.GetVariablesRequest["getVariableData"][number]["component"];
/** A variable of a component. */
export type Variable = OCPP20.GetVariablesRequest["getVariableData"][number]["variable"];
/** Which certificate is meant. */
export type CertificateHashData = OCPP20.DeleteCertificateRequest["certificateHashData"];
/** A message for people. */
export type MessageContent = NonNullable<OCPP20.TransactionEventResponse["updatedPersonalMessage"]>;
