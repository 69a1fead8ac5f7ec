/** `get_status`: what the library holds and what is pending. */
import { z } from "zod";
import type { AdministrationApi } from "../src/library/administration.ts";
import type { ToolContext } from "./outcome.ts";
import { defineTool } from "./tool.ts";

/** Also what `photon://status` shows. */
export const readStatus = async ({ photon, version }: Pick<ToolContext, "photon" | "version">) => {
  const library: Pick<AdministrationApi, "status"> = await photon();
  const status = await library.status();
  return { indexed: status.photos, pending: status.pending.files + status.pending.index, version };
};

export const getStatus = defineTool({
  name: "get_status",
  title: "Library status",
  description: "How many photos are indexed, what is pending or failed, and who works on it.",
  input: z.strictObject({}),
  output: z.looseObject({ indexed: z.number(), pending: z.number() }),
  effect: "read",
  handle: async (_input, context) => ({ kind: "data", data: await readStatus(context) }),
});
