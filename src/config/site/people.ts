/** Settings of what people see and sign: the page and the permission to operate. */
import { z } from "zod";
import { choiceOr, group, integerOr, text } from "../setting.ts";

export const dashboardSettings = group(
  {
    host: text({
      sentence: "Address to listen on; loopback unless you decide otherwise.",
      maxLength: 253,
      example: "127.0.0.1",
    }).default("127.0.0.1"),
    port: integerOr(8080, { sentence: "TCP port; 0 takes any free one.", min: 0, max: 65_535 }),
    certificateFile: text({
      sentence: "Certificate of the page, PEM. Without it one is made and kept where the page listens beyond loopback.",
      maxLength: 300,
      example: "/etc/islet/page.pem",
    }).optional(),
    keyFile: text({
      sentence: "Its private key, PEM, without a passphrase.",
      maxLength: 300,
      example: "/etc/islet/page.key",
    }).optional(),
    hostNames: z
      .array(text({ sentence: "A name under which the page is reached.", maxLength: 253, example: "depot.example" }))
      .max(16, "must list at most 16 names")
      .default([]),
    onSiteAddresses: z
      .array(
        text({
          sentence:
            "A local address of this machine (the service port in the cabinet) whose visitors count as being on site.",
          maxLength: 45,
          example: "192.168.99.1",
        }),
      )
      .max(8, "must list at most 8 addresses")
      .default([]),
    language: choiceOr("en", ["en", "de", "es"], {
      sentence:
        "Language of the page for people who have chosen none and whose browser asks for none of these: English, German or Spanish.",
    }),
  },
  "The page for people.",
);

export const permitSettings = group(
  {
    file: text({
      sentence: "The signed permission to operate. Without it the site is a load and nothing else.",
      maxLength: 300,
      example: "/etc/islet/permit.json",
    }).optional(),
    anchors: z
      .array(
        text({
          sentence: "Public key (PEM file) that may sign permits.",
          maxLength: 300,
          example: "/etc/islet/utility.pem",
        }),
      )
      .max(16, "must hold at most 16 trust anchors")
      .default([]),
  },
  "The permission to operate.",
);
