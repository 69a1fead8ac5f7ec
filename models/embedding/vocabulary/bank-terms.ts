/** What a label bank holds, without an encoder. */
import { bankPathOf } from "../label-bank.ts";
import { readLabelBank } from "../label-bank-file.ts";

/**
 * @param folders looked into in this order
 * @returns ids in row order; undefined when there is no complete bank of this key
 */
export const readBankTerms = async (
  folders: readonly string[],
  key: string,
): Promise<readonly string[] | undefined> => {
  for (const folder of folders) {
    const bank = await readLabelBank(bankPathOf(folder, key), key);
    if (bank !== undefined) return bank.header.termIds;
  }
  return undefined;
};
