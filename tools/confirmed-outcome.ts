/** Preview and token: what costs, leaves the machine in bulk or removes is done in a second call, about exactly that set. */
import { z } from "zod";
import { InvalidInputError } from "../src/errors.ts";
import { digestOf } from "./confirm-token.ts";
import type { ToolContext, ToolOutcome } from "./outcome.ts";

/** What previews add to a result. */
export const previewFields = {
  confirm_token: z.string().optional(),
  expires_at: z.string().optional(),
  note: z.string().optional(),
};

export interface Confirmed<Data extends object> {
  readonly tool: string;
  readonly action: string;
  /** What it is about; another set needs another preview. */
  readonly members: readonly string[];
  readonly token: string | undefined;
  /** For a dialog, where the client has one. */
  readonly message: string;
  readonly preview: Data;
  readonly carryOut: () => Promise<Data>;
}

/** Data of a result, or of its preview. */
type WithToken<Data> = Data & { readonly confirm_token?: string; readonly expires_at?: string; readonly note?: string };

export const confirmedOutcome = async <Data extends object>(
  { confirm, reply }: ToolContext,
  { tool, action, members, token, message, preview, carryOut }: Confirmed<Data>,
): Promise<ToolOutcome<WithToken<Data>>> => {
  const digest = digestOf(tool, action, members);
  if (token !== undefined && !(await confirm.fits(token, digest))) {
    throw new InvalidInputError(
      "Expected the confirm_token of a preview of exactly this, received one that does not fit.",
      {
        hint: "It is valid for ten minutes and for the set that was previewed. Call again without it for a new preview.",
      },
    );
  }
  if (token !== undefined || reply(digest) === true) return { kind: "data", data: await carryOut() };
  const minted = await confirm.mint(digest);
  const otherwise = {
    ...preview,
    confirm_token: minted.token,
    expires_at: new Date(minted.expiresAt).toISOString(),
    note: "Nothing was done yet. Tell the user what would happen; on their yes call again with the same arguments and confirm_token.",
  };
  return { kind: "ask", digest, message, expects: "yes", otherwise };
};
