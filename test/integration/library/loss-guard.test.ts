/** How many photos a scan may miss before somebody is asked. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writePhotos } from "../../support/photos.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

test.each([
  [99, "done"],
  [20, "held"],
])("with loss_guard_percent = %i a scan that misses nine of ten photos is %s", async (percent, end) => {
  await using watched = await openWatchedLibrary(`[watch]\nloss_guard_percent = ${percent}\n`);
  const names = await writePhotos(watched.library.photos, { count: 60, longEdge: 24 });
  await watched.scan();
  await watched.workOff();
  await Promise.all(names.slice(0, 54).map((name) => rm(join(watched.library.photos, name))));
  expect(await watched.scan()).toMatchObject({ end });
  await watched.workOff();
  expect(await watched.shown()).toBe(end === "held" ? 60 : 6);
});
