import { expect, test } from "vitest";
import { DAY } from "../../../src/clock.ts";
import { createJobLibrary } from "../../support/job-library.ts";

const [OLD, WAITING, NEW] = ["1", "2", "3"].map((digit) => `req:${digit.repeat(26)}`) as [string, string, string];
const TEXT = { type: "text", text: "The sea was calm.", sourceLanguage: "en" } as const;

test("a text that was handed in goes after a month, unless a job still waits with it", async () => {
  await using library = await createJobLibrary();
  const { jobs, subjects } = library.catalogue;
  const keep = (scopeId: string) => jobs.transaction((tx) => subjects.keepText(tx, scopeId, TEXT));
  await keep(OLD);
  await keep(WAITING);
  await library.enqueue({ scopeId: WAITING });
  library.clock.advance(31 * DAY);
  await keep(NEW);

  await jobs.removeOld();

  expect(await subjects.text(OLD)).toBeUndefined();
  expect(await subjects.text(WAITING)).toEqual(TEXT);
  expect(await subjects.text(NEW)).toEqual(TEXT);
});
