/** Times of a session on the charger's side, ms. Sources: public implementations and recorded sessions; where they are silent, ours. */
import { secondMs } from "../../../domain/units.ts";

/** No request for so long: power off, contactors open, connection closed. */
export const sequenceMaxMs = 60 * secondMs;
/** In the charging loop nothing is heard for so long: no more power, although the session goes on (ours; vehicles pause 2.3 s at most in recordings). */
export const loopSilentMs = 3 * secondMs;
/** And for so long: contactors open, connection closed (ours: a vehicle that is silent while it charges is gone). */
export const loopMaxMs = 10 * secondMs;
/** "Processing" may be answered for so long; vehicles give up after 60 s. */
export const processingMaxMs = 55 * secondMs;
/** A person may take so long to pay while the vehicle waits. */
export const paymentMaxMs = 300 * secondMs;
/** The output reaches the vehicle's voltage within this. */
export const prechargeMaxMs = 10 * secondMs;
/** An answer that waits for contactors: within 1.5 s in the loop of DIN SPEC 70121 and of ISO 15118-2 (DC). */
export const contactorAnswerMaxMs = 1_400;
/** AC contactors close within 3 s. */
export const acContactorMaxMs = 3 * secondMs;
/** The vehicle changes its pilot to C or D within this of asking for power. */
export const pilotMaxMs = 500;
