/** Whether the machine runs on its battery. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../src/errors.ts";

const SUPPLIES = "/sys/class/power_supply";
const PMSET_TIMEOUT_MS = 5000;

/** unknown: the system does not tell. */
export type PowerSource = "battery" | "mains" | "unknown";

const readField = async (folder: string, field: string): Promise<string> => {
  try {
    return (await readFile(join(folder, field), "utf8")).trim();
  } catch (error) {
    if (systemCode(error) !== undefined) return ""; // not every supply has every field, and some come and go
    throw error;
  }
};

interface Supply {
  readonly type: string;
  readonly online: string;
  readonly status: string;
  /** `Device`: the battery of a mouse or a phone. */
  readonly scope: string;
}

const readSupply = async (folder: string): Promise<Supply> => ({
  type: await readField(folder, "type"),
  online: await readField(folder, "online"),
  status: await readField(folder, "status"),
  scope: await readField(folder, "scope"),
});

/** @param supplies folder as described in the kernel's ABI/testing/sysfs-class-power */
export const linuxPowerSource = async (supplies = SUPPLIES): Promise<PowerSource> => {
  let names: readonly string[];
  try {
    names = await readdir(supplies);
  } catch {
    return "unknown"; // a container without it
  }
  const all = (await Promise.all(names.map((name) => readSupply(join(supplies, name))))).filter(
    ({ scope }) => scope !== "Device",
  );
  if (all.some(({ type, online }) => type !== "Battery" && online === "1")) return "mains";
  const batteries = all.filter(({ type }) => type === "Battery");
  if (batteries.length === 0) return all.length === 0 ? "unknown" : "mains";
  return batteries.some(({ status }) => status === "Discharging") ? "battery" : "mains";
};

/** @param text what `pmset -g batt` prints: its first line names the source */
export const macPowerSource = (text: string): PowerSource =>
  text.includes("'Battery Power'") ? "battery" : text.includes("'AC Power'") ? "mains" : "unknown";

const askPmset = (): Promise<string> =>
  new Promise((resolve) => {
    execFile("pmset", ["-g", "batt"], { timeout: PMSET_TIMEOUT_MS }, (error, stdout) =>
      resolve(error === null ? stdout : ""),
    );
  });

export const powerSource = async (platform: NodeJS.Platform = process.platform): Promise<PowerSource> => {
  if (platform === "linux") return linuxPowerSource();
  return platform === "darwin" ? macPowerSource(await askPmset()) : "unknown";
};
