import { describe, expect, test } from "vitest";
import type { AuthorizationStatus } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { createHarness, type Harness, startMs, token } from "./harness.ts";

const local = { "AuthCtrlr.LocalPreAuthorize": "true", "OCPPCommCtrlr.RetryBackOffRandomRange": "0" };

const answering = (h: Harness, status: AuthorizationStatus, group?: string): void => {
  h.core.answers.Authorize = () => ({
    idTokenInfo: { status, ...(group !== undefined && { groupIdToken: { idToken: group, type: "Central" } }) },
  });
};
const authorizations = (h: Harness): number => h.sent("Authorize").length;

describe("authorisation online", () => {
  test.each([
    ["Accepted", "started", true],
    ["Invalid", "refused", false],
    ["Unknown", "refused", false],
    ["Blocked", "refused", false],
    ["Expired", "refused", false],
    ["ConcurrentTx", "refused", false],
    ["NotAllowedTypeEVSE", "refused", false],
  ] as const)("%s → %s (TC_C_02, TC_C_06, TC_C_07, TC_C_56)", async (status, outcome, allowed) => {
    const h = await createHarness();
    answering(h, status);
    await h.plug(1);
    expect((await h.present(token(), 1)).outcome).toBe(outcome);
    expect(h.site.allowed[0]).toBe(allowed);
  });

  test("an accepted token in the cache starts without asking (TC_C_08)", async () => {
    const h = await createHarness({ variables: local });
    await h.plug(1);
    await h.present(token(), 1);
    await h.present(token(), 1);
    await h.unplug(1);
    await h.plug(1);
    expect((await h.present(token(), 1)).decision?.source).toBe("cache");
    expect(authorizations(h)).toBe(1);
  });

  test("a refused token in the cache is asked for again, and then accepted (TC_C_12)", async () => {
    const h = await createHarness({ variables: local });
    await h.plug(1);
    answering(h, "Invalid");
    await h.present(token(), 1);
    answering(h, "Accepted");
    expect((await h.present(token(), 1)).outcome).toBe("started");
    expect(authorizations(h)).toBe(2);
  });

  test("a refused token in the cache is not asked for again when that is disabled (TC_C_57)", async () => {
    const h = await createHarness({ variables: { ...local, "AuthCacheCtrlr.DisablePostAuthorize": "true" } });
    await h.plug(1);
    answering(h, "Invalid");
    await h.present(token(), 1);
    expect((await h.present(token(), 1)).outcome).toBe("refused");
    expect(authorizations(h)).toBe(1);
  });

  test("the cache outlives a restart, its entries do not outlive their time (TC_C_32, TC_C_46)", async () => {
    const h = await createHarness({
      variables: { ...local, "AuthCacheCtrlr.LifeTime": "3600" },
      config: { pollMs: 1000 },
    });
    await h.plug(1);
    await h.present(token(), 1);
    await h.present(token(), 1);
    await h.restart();
    await h.unplug(1);
    await h.plug(1);
    expect((await h.present(token(), 1)).decision?.source).toBe("cache");
    await h.present(token(), 1);
    await h.run(3_700_000, 60_000);
    await h.unplug(1);
    await h.plug(1);
    expect((await h.present(token(), 1)).decision?.source).toBe("backend");
  });

  test("clearing the cache (TC_C_37, TC_C_38)", async () => {
    const h = await createHarness({ variables: local });
    expect((await h.call("ClearCache", {})).status).toBe("Accepted");
    h.station.model.put("AuthCacheCtrlr", "Enabled", "false");
    expect((await h.call("ClearCache", {})).status).toBe("Rejected");
  });

  test("without remote authorisation only list and cache decide (TC_E_52)", async () => {
    const h = await createHarness({ variables: { "AuthCtrlr.DisableRemoteAuthorization": "true" } });
    await h.plug(1);
    expect((await h.present(token(), 1)).outcome).toBe("refused");
    expect(authorizations(h)).toBe(0);
    await h.call("SendLocalList", {
      versionNumber: 1,
      updateType: "Full",
      localAuthorizationList: [{ idToken: token(), idTokenInfo: { status: "Accepted" } }],
    });
    expect((await h.present(token(), 1)).decision?.source).toBe("local-list");
  });

  test("with authorisation switched off everybody may charge", async () => {
    const h = await createHarness({ variables: { "AuthCtrlr.Enabled": "false" } });
    await h.plug(1);
    await h.run(1000);
    expect(h.site.allowed).toEqual([true, false]);
    expect((await h.present({ idToken: "", type: "NoAuthorization" }, 1)).outcome).toBe("refused");
    expect(h.site.allowed[0]).toBe(true);
    expect(h.events().find((event) => event.idToken)?.idToken).toEqual({ idToken: "", type: "NoAuthorization" });
    expect(authorizations(h)).toBe(0);
  });
});

describe("groups and master passes", () => {
  test("another token of the same group stops (TC_C_39), one of another group does not (TC_C_42)", async () => {
    const h = await createHarness();
    await h.plug(1);
    answering(h, "Accepted", "fleet");
    await h.present(token("A"), 1);
    await h.run(2000);
    answering(h, "Accepted", "others");
    expect((await h.present(token("B"), 1)).outcome).toBe("refused");
    answering(h, "Accepted", "fleet");
    expect((await h.present(token("C"), 1)).outcome).toBe("stopped");
    expect(h.events().at(-1)).toMatchObject({
      eventType: "Ended",
      triggerReason: "StopAuthorized",
      idToken: { idToken: "C" },
    });
  });

  test("a master pass stops everything and starts nothing (TC_C_45, TC_C_47, TC_C_49)", async () => {
    const h = await createHarness({ variables: { "AuthCtrlr.MasterPassGroupId": "masters" } });
    await h.plug(1);
    await h.present(token("A"), 1);
    await h.plug(2);
    await h.present(token("B"), 2);
    await h.run(2000);
    answering(h, "Accepted", "masters");
    expect((await h.present(token("M"))).outcome).toBe("stopped");
    expect(
      h
        .events()
        .filter((event) => event.eventType === "Ended")
        .map((event) => event.transactionInfo.stoppedReason),
    ).toEqual(["MasterPass", "MasterPass"]);
    expect((await h.present(token("M"), 1)).outcome).toBe("refused");
  });
});

describe("authorisation offline", () => {
  const offline = async (variables: Record<string, string>): Promise<Harness> => {
    const h = await createHarness({ variables: { ...local, ...variables } });
    await h.call("SendLocalList", {
      versionNumber: 1,
      updateType: "Full",
      localAuthorizationList: [
        { idToken: token("LISTED"), idTokenInfo: { status: "Accepted" } },
        { idToken: token("BARRED"), idTokenInfo: { status: "Blocked" } },
      ],
    });
    h.link.up = false;
    h.link.cut();
    await h.plug(1);
    return h;
  };
  test.each([
    ["a listed token may (C13)", "LISTED", {}, "started"],
    [
      "a listed token may not when that is switched off",
      "LISTED",
      { "AuthCtrlr.LocalAuthorizeOffline": "false" },
      "refused",
    ],
    ["a barred token may not", "BARRED", { "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true" }, "refused"],
    ["an unknown token may not", "NOBODY", {}, "refused"],
    [
      "an unknown token may when that is configured (TC_C_26)",
      "NOBODY",
      { "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true" },
      "started",
    ],
  ])("%s", async (_, idToken, variables, outcome) => {
    const h = await offline(variables);
    expect((await h.present(token(idToken), 1)).outcome).toBe(outcome);
  });

  test.each([
    ["ends at once (TC_C_16, TC_E_16)", { "TxCtrlr.StopTxOnInvalidId": "true" }, 0, "Ended", "DeAuthorized"],
    ["is suspended (TC_C_17)", { "TxCtrlr.StopTxOnInvalidId": "false" }, 0, "Updated", undefined],
    [
      "may take its allowance, then ends (TC_C_18)",
      { "TxCtrlr.StopTxOnInvalidId": "true", "TxCtrlr.MaxEnergyOnInvalidId": "500" },
      500,
      "Ended",
      "DeAuthorized",
    ],
    [
      "may take its allowance, then is suspended (TC_C_15)",
      { "TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "500" },
      500,
      "Updated",
      undefined,
    ],
  ])(
    "a transaction that the backend refuses afterwards %s",
    async (_, variables, allowanceWh, eventType, stoppedReason) => {
      const h = await offline({ "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", ...variables });
      await h.present(token("NOBODY"), 1);
      await h.run(60_000, 500);
      h.core.answers.TransactionEvent = (event) => (event.idToken ? { idTokenInfo: { status: "Invalid" } } : {});
      h.link.up = true;
      const beforeWh = h.site.evses[0]!.importWh;
      await h.run(600_000, 500);
      const takenWh = h.site.evses[0]!.importWh - beforeWh;
      expect(h.site.allowed[0]).toBe(false);
      expect(takenWh).toBeGreaterThanOrEqual(allowanceWh);
      expect(takenWh).toBeLessThan(allowanceWh + 250);
      const said = h
        .events()
        .filter(
          (event) =>
            event.transactionInfo.stoppedReason !== undefined ||
            event.triggerReason === "Deauthorized" ||
            event.transactionInfo.chargingState === "SuspendedEVSE",
        );
      expect(said.at(-1)).toMatchObject({ eventType });
      expect(said.at(-1)?.transactionInfo.stoppedReason).toBe(stoppedReason);
      expect(h.core.ledger.report()).toMatchObject({ gaps: 0, conflicting: 0, outOfOrder: 0, malformed: 0 });
    },
  );
});

describe("the local list", () => {
  const item = (idToken: string, status: AuthorizationStatus = "Accepted") => ({
    idToken: token(idToken),
    idTokenInfo: { status },
  });
  test("full and differential updates with versions (D01, D02)", async () => {
    const h = await createHarness();
    expect((await h.call("GetLocalListVersion", {})).versionNumber).toBe(0);
    expect(
      (
        await h.call("SendLocalList", {
          versionNumber: 5,
          updateType: "Full",
          localAuthorizationList: [item("A"), item("B")],
        })
      ).status,
    ).toBe("Accepted");
    expect(
      (
        await h.call("SendLocalList", {
          versionNumber: 5,
          updateType: "Differential",
          localAuthorizationList: [item("C")],
        })
      ).status,
    ).toBe("VersionMismatch");
    expect(
      (
        await h.call("SendLocalList", {
          versionNumber: 6,
          updateType: "Differential",
          localAuthorizationList: [item("C"), { idToken: token("A") }],
        })
      ).status,
    ).toBe("Accepted");
    expect((await h.call("GetLocalListVersion", {})).versionNumber).toBe(6);
    expect(h.station.model.text("LocalAuthListCtrlr", "Entries")).toBe("2");
    expect((await h.call("SendLocalList", { versionNumber: 7, updateType: "Full" })).status).toBe("Accepted");
    expect(h.station.model.text("LocalAuthListCtrlr", "Entries")).toBe("0");
  });
  test.each([
    [
      "the same token twice",
      { versionNumber: 1, updateType: "Full" as const, localAuthorizationList: [item("A"), item("a")] },
    ],
    [
      "a full list whose entry says nothing",
      { versionNumber: 1, updateType: "Full" as const, localAuthorizationList: [{ idToken: token("A") }] },
    ],
    ["a version of zero", { versionNumber: 0, updateType: "Full" as const, localAuthorizationList: [item("A")] }],
  ])("refuses %s and keeps what it had", async (_, request) => {
    const h = await createHarness();
    await h.call("SendLocalList", { versionNumber: 3, updateType: "Full", localAuthorizationList: [item("OLD")] });
    expect((await h.call("SendLocalList", request)).status).toBe("Failed");
    expect((await h.call("GetLocalListVersion", {})).versionNumber).toBe(3);
  });
});

test("customer information is found and cleared (TC_N_27, TC_N_28, TC_N_30, TC_N_32)", async () => {
  const h = await createHarness();
  await h.plug(1);
  await h.present(token("HER"), 1);
  expect(
    (await h.call("CustomerInformation", { requestId: 1, report: true, clear: true, idToken: token("HER") })).status,
  ).toBe("Accepted");
  await h.clock.advance(100);
  expect(h.sent("NotifyCustomerInformation").at(-1)).toMatchObject({ requestId: 1, seqNo: 0, tbc: false });
  expect(h.sent("NotifyCustomerInformation").at(-1)?.data).toContain("Accepted");
  await h.present(token("HER"), 1);
  await h.call("CustomerInformation", { requestId: 2, report: true, clear: false, customerIdentifier: "nobody" });
  await h.clock.advance(100);
  expect(h.sent("NotifyCustomerInformation").at(-1)?.data).toBe("");
  expect((await h.call("CustomerInformation", { requestId: 3, report: true, clear: false })).status).toBe("Invalid");
  expect(startMs).toBeGreaterThan(0);
});
