/** What this process holds of the system for watching (Linux). */
import { readFileSync, readdirSync } from "node:fs";
import { systemCode } from "../../src/errors.ts";

/** One `inotify` line for each watch, see proc(5). @param pid of a process of ours */
export const inotifyWatches = (pid: number | "self" = "self"): number => {
  const folder = `/proc/${pid}/fdinfo`;
  let watches = 0;
  for (const descriptor of readdirSync(folder)) {
    try {
      const lines = readFileSync(`${folder}/${descriptor}`, "utf8").split("\n");
      watches += lines.filter((line) => line.startsWith("inotify ")).length;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error; // closed meanwhile
    }
  }
  return watches;
};
