/** Who is told of events beyond the page: people by e-mail, programs by a webhook. */
import { z } from "zod";
import { choiceOr, group, integerOr, text } from "../setting.ts";

const address = /^[^\s<>"(),:;@\\]+@[A-Za-z0-9.-]+$/;

const mailSettings = group(
  {
    host: text({ sentence: "The mail server that takes the messages.", maxLength: 253, example: "mail.example" }),
    port: integerOr(587, { sentence: "Its TCP port.", min: 1, max: 65_535 }),
    security: choiceOr("starttls", ["starttls", "tls", "none"], {
      sentence:
        "TLS from the first byte, after STARTTLS, or none; a password is sent over TLS or on this machine only.",
    }),
    user: text({
      sentence: "Name to sign in with; without one nobody signs in.",
      maxLength: 200,
      example: "depot",
    }).optional(),
    passwordFile: text({
      sentence: "File that holds its password.",
      maxLength: 300,
      example: "/etc/islet/mail.password",
    }).optional(),
    caFile: text({
      sentence: "Roots (PEM) that its certificate hangs on, instead of the public ones.",
      maxLength: 300,
      example: "/etc/islet/mail-ca.pem",
    }).optional(),
    sender: text({
      sentence: "Who the messages are from.",
      maxLength: 200,
      pattern: address,
      example: "depot@example.com",
    }),
    to: z
      .array(text({ sentence: "Who gets them.", maxLength: 200, pattern: address, example: "fitter@example.com" }))
      .min(1, "must name at least one address")
      .max(20, "must name at most 20 addresses"),
  },
  "Events by e-mail.",
);

const webhookSettings = group(
  {
    url: text({
      sentence: "Where each message is posted to, as JSON.",
      maxLength: 1_000,
      pattern: /^https?:\/\/\S+$/,
      example: "https://hooks.example/islet",
    }),
    secretFile: text({
      sentence: "File whose content signs each message: HMAC-SHA256, in the header x-islet-signature.",
      maxLength: 300,
      example: "/etc/islet/webhook.secret",
    }).optional(),
  },
  "Events by webhook.",
);

export const alertSettings = group(
  {
    severity: choiceOr("warning", ["notice", "warning", "critical"], { sentence: "The least that is told." }),
    digestMin: integerOr(10, {
      sentence: "After a message, what follows is collected for so long and told in one.",
      unit: "min",
      min: 1,
      max: 1_440,
    }),
    mail: mailSettings.optional(),
    webhook: webhookSettings.optional(),
  },
  "Who is told of events.",
);
