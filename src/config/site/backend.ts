/** Settings of the link to the OCPP backend. */
import { z } from "zod";
import { choice, group, integerOr, text } from "../setting.ts";

export const backendSettings = group(
  {
    url: text({
      sentence: "OCPP endpoint; the identity is appended.",
      maxLength: 500,
      pattern: /^wss?:\/\/.+/,
      example: "wss://backend.example/ocpp",
    }),
    identity: text({
      sentence: "Charging station identity.",
      maxLength: 48,
      pattern: /^[A-Za-z0-9_.:-]+$/,
      example: "DEPOT-1",
    }),
    serialNumber: text({
      sentence:
        "Serial number of the charging station, also in its certificate; otherwise the board's own or one made by chance at the first start, and kept.",
      maxLength: 25,
      pattern: /^[A-Za-z0-9_.:-]+$/,
      example: "DEPOT-0001",
    }).optional(),
    versions: z
      .array(choice(["2.1", "2.0.1"], { sentence: "A version of OCPP." }))
      .min(1, "must list at least one version")
      .max(2, "must list each version once")
      .refine((listed) => new Set(listed).size === listed.length, "must list each version once")
      .optional()
      .meta({
        sentence:
          "Versions of OCPP that are offered, the preferred one first; the backend picks one at each connection. Both, 2.1 first, unless said.",
      }),
    securityProfile: integerOr(1, {
      sentence: "OCPP security profile: 1 password, 2 password over TLS, 3 client certificate.",
      min: 1,
      max: 3,
    }),
    caFile: text({
      sentence: "Certificates (PEM) that may sign the backend's; the system's where none is given.",
      maxLength: 300,
      example: "/etc/islet/backend-ca.pem",
    }).optional(),
    certificateFile: text({
      sentence: "The station's own certificate (PEM), for security profile 3.",
      maxLength: 300,
      example: "/etc/islet/station.pem",
    }).optional(),
    keyFile: text({
      sentence: "Key of the station's own certificate (PEM).",
      maxLength: 300,
      example: "/etc/islet/station.key",
    }).optional(),
    manufacturerCaFile: text({
      sentence: "Certificates (PEM) that may sign firmware; without any, unsigned images are accepted.",
      maxLength: 300,
      example: "/etc/islet/manufacturer-ca.pem",
    }).optional(),
    v2gCaFile: text({
      sentence: "Roots (PEM) of the certificates that are shown to vehicles.",
      maxLength: 300,
      example: "/etc/islet/v2g-ca.pem",
    }).optional(),
    contractCaFile: text({
      sentence: "Roots (PEM) of mobility operators, for vehicles' contracts.",
      maxLength: 300,
      example: "/etc/islet/contract-ca.pem",
    }).optional(),
    connectorType: text({ sentence: "OCPP name of the connectors.", maxLength: 20, example: "cCCS1" }).default("cCCS1"),
    passwordFile: text({
      sentence: "File that holds the basic-authentication password.",
      maxLength: 300,
      example: "/etc/islet/backend.password",
    }).optional(),
    fileHosts: z
      .array(
        text({
          sentence: "Host, or host and port.",
          maxLength: 260,
          pattern: /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.:-]+)$/,
          example: "files.depot.local:8443",
        }),
      )
      .max(20, "must list at most 20 hosts")
      .optional()
      .meta({
        sentence:
          "Hosts (`host` or `host:port`) on this machine or in its own network that logs may go to and firmware may come from; without, only public addresses.",
      }),
    certificatesOverPlainLink: z.boolean({ error: "must be true or false" }).optional().meta({
      sentence:
        "Whether a backend on an unencrypted connection may manage certificates of every kind; unless true, only those that the change to TLS needs.",
    }),
    fallbacks: z
      .array(
        group(
          {
            url: text({
              sentence: "Another endpoint of the backend, tried in this order while the ones before it fail.",
              maxLength: 500,
              pattern: /^wss?:\/\/.+/,
              example: "wss://backup.example/ocpp",
            }),
            securityProfile: integerOr(1, { sentence: "OCPP security profile of this endpoint.", min: 1, max: 3 }),
          },
          "A further network profile, in slots 2 to 5.",
        ),
      )
      .max(4, "must list at most 4 further endpoints")
      .optional(),
    transactionsAfterRestart: choice(["resume", "end"], {
      sentence: "What happens to transactions that ran when the controller lost its supply; they resume unless said.",
    }).optional(),
    variables: z.record(z.string().max(200), z.string().max(1_000)).optional().meta({
      sentence:
        "Values of OCPP variables to begin with, as `Component.Variable` or `Component.Variable.Instance`; a backend may change them later.",
    }),
  },
  "The OCPP backend.",
);
