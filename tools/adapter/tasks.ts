/** Tasks, the extension: the SDK serves none of its methods itself. */
import * as sdk from "@modelcontextprotocol/server";
import type { ServerContext } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Job } from "../edge.ts";
import type { Parts } from "./parts.ts";
import { reported, TASKS } from "./parts.ts";

const TASK_TTL_MS = 86_400_000;
const POLL_MS = 1000;

export const asTask = (taskId: string, job: Job) => ({ taskId, ttlMs: TASK_TTL_MS, pollIntervalMs: POLL_MS, ...job });

export const registerTasks = (parts: Parts): void => {
  const { edge, peer } = parts;
  const { server } = parts.server;
  const params = z.looseObject({ taskId: z.string().max(200) });
  const known = async (taskId: string, ctx: ServerContext): Promise<Job> => {
    if (!peer.speaksTasks(ctx)) {
      throw new sdk.MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
    }
    const job = await reported(parts, () => edge.jobs.find(taskId));
    if (job !== undefined) return job;
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "There is no task with this id.");
  };
  server.setRequestHandler("tasks/get", { params }, async ({ taskId }, ctx) =>
    asTask(taskId, await known(taskId, ctx)),
  );
  server.setRequestHandler("tasks/update", { params }, async ({ taskId }, ctx) => {
    await known(taskId, ctx);
    return {};
  });
  server.setRequestHandler("tasks/cancel", { params }, async ({ taskId }, ctx) => {
    await known(taskId, ctx);
    await reported(parts, () => edge.jobs.cancel(taskId));
    return {};
  });
};
