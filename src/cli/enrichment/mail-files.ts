/** Mail files that are named on the command line. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { SubjectText } from "../../catalogue/subject-repository.ts";
import { parseMail } from "../../enrichment/mail/parse-mail.ts";
import { NotFoundError } from "../../errors.ts";

const MAIL_FILE = /\.eml$/i;

export const isMailFile = (argument: string): boolean => MAIL_FILE.test(argument);

const readMail = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new NotFoundError(`The mail file "${path}" cannot be read.`, {
      cause: error,
      hint: "Check that the file is there and that you may read it.",
    });
  }
};

/**
 * Mails by scope: the same mail under two names is one.
 * @throws NotFoundError, InvalidInputError for a file that is no mail
 */
export const readMails = async (
  paths: readonly string[],
  workingDirectory: string,
): Promise<ReadonlyMap<string, SubjectText>> => {
  const mails = new Map<string, SubjectText>();
  for (const path of paths) {
    const bytes = await readMail(resolve(workingDirectory, path));
    const mail = parseMail(bytes, path);
    mails.set(`eml:${createHash("sha256").update(bytes).digest("hex")}`, { type: "mail", mail });
  }
  return mails;
};
