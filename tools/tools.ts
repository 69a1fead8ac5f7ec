/** Every tool, in the order of `tools/list`. A row here makes it exist. */
import { getStatus } from "./get-status.ts";
import type { Tool } from "./tool.ts";

export const tools = [getStatus] as const satisfies readonly Tool[];
