import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { temporaryFolder } from "../../support/photos.ts";

test("a library that was opened and asked nothing is closed again", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  await (await openCatalogue({ path }))[Symbol.asyncDispose](); // makes the tables
  using closing = vi.spyOn(DatabaseSync.prototype, "close");
  await (await openCatalogue({ path }))[Symbol.asyncDispose]();
  expect(closing).toHaveBeenCalledTimes(1);
});
