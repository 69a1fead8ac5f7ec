/** Asks before something that costs time, space or data volume. */
import { createInterface } from "node:readline/promises";
import { InvalidInputError } from "../../errors.ts";
import type { Output } from "../terminal.ts";

/**
 * @param input where the answer comes from
 * @throws InvalidInputError when nobody can answer
 */
export const confirm = async (
  question: string,
  {
    input,
    stderr,
    signal,
  }: { readonly input: NodeJS.ReadStream; readonly stderr: Output; readonly signal: AbortSignal },
): Promise<boolean> => {
  if (!input.isTTY || !stderr.isTerminal) {
    throw new InvalidInputError("Expected --yes where nobody can be asked, received no answer.", {
      hint: "Add --yes to agree to what is shown above, or --dry-run to only see it.",
    });
  }
  const lines = createInterface({ input, output: stderr.stream });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
};
