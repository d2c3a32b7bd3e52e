/** Settings of the link to a utility's IEEE 2030.5 server (CSIP, and CSIP-AUS). */
import { choiceOr, group, integerOr, number, text } from "../setting.ts";

export const csipSettings = group(
  {
    url: text({
      sentence: "The utility's server, with the path of its device capability.",
      maxLength: 300,
      pattern: /^https:\/\/[^@\s?#]+\/[^@\s?#]*$/,
      example: "https://utility.example:8443/dcap",
    }),
    profile: choiceOr("csip-aus", ["csip-aus", "csip"], {
      sentence: "`csip-aus`: Australia, with limits at the grid connection. `csip`: California.",
    }),
    certificateFile: text({
      sentence: "Own certificate (PEM) as the utility's authority has issued it; LFDI and SFDI follow from it.",
      maxLength: 300,
      example: "/etc/islet/csip.pem",
    }),
    keyFile: text({
      sentence: "Its private key (PEM), without a passphrase.",
      maxLength: 300,
      example: "/etc/islet/csip.key",
    }),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the server's.",
      maxLength: 300,
      example: "/etc/islet/csip-ca.pem",
    }),
    serverName: text({
      sentence:
        "Name that the server's certificate must have; without it the issuer alone is checked, since such certificates often carry no name.",
      maxLength: 200,
      example: "utility.example",
    }).optional(),
    registration: choiceOr("in-band", ["in-band", "out-of-band"], {
      sentence: "`in-band`: the device registers itself at the server. `out-of-band`: the utility has entered it.",
    }),
    pin: text({
      sentence:
        "Registration number that the utility has given, in quotes. A server that has another one is not spoken to.",
      maxLength: 6,
      pattern: /^\d{6}$/,
      example: "111115",
    }).optional(),
    enterpriseNumber: integerOr(0, {
      sentence: "Private enterprise number (IANA) with which the names of what is measured end; 0 for none.",
      min: 0,
      max: 99_999_999,
    }),
    connectionPointId: text({
      sentence: "Number of the grid connection (NMI), told to the server.",
      maxLength: 64,
      pattern: /^[A-Za-z0-9_-]+$/,
      example: "4102123456",
    }).optional(),
    failSafe: group(
      {
        afterS: integerOr(600, {
          sentence: "The server counts as lost when it has not answered for so long.",
          unit: "s",
          min: 60,
          max: 86_400,
        }),
        exportLimitW: number({
          sentence: "Export limit while the server is lost and neither a control nor a default control limits export.",
          unit: "W",
          min: 0,
          max: 1e7,
        }).optional(),
        importLimitW: number({
          sentence: "Import limit while the server is lost and neither a control nor a default control limits import.",
          unit: "W",
          min: 0,
          max: 1e7,
        }).optional(),
      },
      "What holds while the utility's server is lost.",
    ).prefault({}),
  },
  "The utility's server, IEEE 2030.5.",
);
