/** Opens the tower or scorer that a task names. */
import type { HostTask } from "./host-protocol.ts";
import type { Tower } from "./image-tower.ts";

/** The tower takes items of the task's kind; who opened it knows which these are. */
export const openTask = async (task: HostTask): Promise<Tower<never, unknown>> => {
  switch (task.kind) {
    case "image-tower":
      return (await import("./image-tower.ts")).openImageTower(task.spec);
    case "text-tower":
      return (await import("./text-tower.ts")).openTextTower(task.spec);
    case "tag-scorer":
      return (await import("./tag-scorer.ts")).openTagScorer(task.spec);
    default:
      return task satisfies never;
  }
};
