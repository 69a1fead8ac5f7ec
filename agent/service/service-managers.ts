/** Every service manager; one for each platform. */
import { launchd } from "./launchd.ts";
import type { ServiceManager } from "./service-manager.ts";
import { systemd } from "./systemd.ts";
import { taskScheduler } from "./task-scheduler.ts";

const serviceManagers = [systemd, launchd, taskScheduler] as const satisfies readonly ServiceManager[];

export const serviceManagerOf = (platform: NodeJS.Platform): ServiceManager | undefined =>
  serviceManagers.find((manager) => manager.platform === platform);
