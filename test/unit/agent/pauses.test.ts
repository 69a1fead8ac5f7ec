import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PauseFacts, PauseWhen } from "../../../agent/pause-rules.ts";
import { isQuiet, pauseReason } from "../../../agent/pause-rules.ts";
import { linuxPowerSource, macPowerSource } from "../../../agent/power.ts";
import { temporaryFolder } from "../../support/photos.ts";

const noRules: PauseWhen = { battery: false, load: undefined, quietHours: undefined };
const noon: PauseFacts = { power: "mains", load: 0.1, minuteOfDay: 12 * 60 };

describe("reasons to do nothing", () => {
  test("without rules there are none", () => {
    expect(pauseReason(noRules, { ...noon, power: "battery", load: 9 })).toBeUndefined();
  });

  test("the battery, and not a system that does not tell", () => {
    const rules = { ...noRules, battery: true };
    expect(pauseReason(rules, { ...noon, power: "battery" })).toContain("battery");
    expect(pauseReason(rules, { ...noon, power: "unknown" })).toBeUndefined();
  });

  test("a load above the limit", () => {
    const rules = { ...noRules, load: 0.8 };
    expect(pauseReason(rules, { ...noon, load: 0.81 })).toContain("busy");
    expect(pauseReason(rules, { ...noon, load: 0.8 })).toBeUndefined();
  });

  test("quiet hours, also over midnight", () => {
    const at = (hours: string, time: string): boolean => {
      const [hour, minute] = time.split(":").map(Number);
      return isQuiet(hours, (hour ?? 0) * 60 + (minute ?? 0));
    };
    expect(["21:59", "22:00", "03:00", "06:59", "07:00"].map((time) => at("22:00-07:00", time))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(["8:59", "9:00", "16:59", "17:00"].map((time) => at("9:00-17:00", time))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(pauseReason({ ...noRules, quietHours: "11:00-13:00" }, noon)).toContain("11:00-13:00");
  });
});

describe("the power of the machine", () => {
  const supplies = async (folder: string, all: Readonly<Record<string, Readonly<Record<string, string>>>>) => {
    for (const [name, fields] of Object.entries(all)) {
      await mkdir(join(folder, name));
      for (const [field, text] of Object.entries(fields)) await writeFile(join(folder, name, field), `${text}\n`);
    }
  };
  test.each([
    ["mains", { AC: { type: "Mains", online: "1" }, BAT0: { type: "Battery", status: "Discharging" } }],
    ["battery", { AC: { type: "Mains", online: "0" }, BAT0: { type: "Battery", status: "Discharging" } }],
    ["mains", { BAT0: { type: "Battery", status: "Full" } }],
    ["mains", { AC: { type: "Mains", online: "0" } }],
    ["unknown", { mouse: { type: "Battery", status: "Discharging", scope: "Device" } }],
  ] as const)("is %s on Linux with %j", async (expected, all) => {
    await using folder = await temporaryFolder();
    await supplies(folder.path, all);
    expect(await linuxPowerSource(folder.path)).toBe(expected);
  });

  test("is unknown on a Linux that does not tell", async () => {
    expect(await linuxPowerSource("/nowhere")).toBe("unknown");
  });

  test("is what macOS says first", () => {
    expect(macPowerSource("Now drawing from 'Battery Power'\n -InternalBattery-0 85%; discharging")).toBe("battery");
    expect(macPowerSource("Now drawing from 'AC Power'\n -InternalBattery-0 100%; charged")).toBe("mains");
    expect(macPowerSource("")).toBe("unknown");
  });
});
