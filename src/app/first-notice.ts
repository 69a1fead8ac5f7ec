/** Notices that a library gives once. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";

/** No library yet, or one that may not be written: the notice is given each time. */
const NOT_KEPT = new Set(["ENOENT", "EACCES", "EPERM", "EROFS"]);

/** @returns whether this library gives the notice for the first time */
export type FirstNotice = (name: "basic-model") => Promise<boolean>;

export const createFirstNotice =
  (dataDir: string): FirstNotice =>
  async (name) => {
    try {
      await writeFile(join(dataDir, `${name}.told`), "", { flag: "wx" });
      return true;
    } catch (error) {
      const code = systemCode(error) ?? "";
      if (code === "EEXIST") return false;
      if (NOT_KEPT.has(code)) return true;
      throw error;
    }
  };
