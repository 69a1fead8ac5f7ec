/** Photos whose files are gone: kept until a person has them removed, and not before their time. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DAY } from "../../../src/clock.ts";
import { photoBytes, writePhotos } from "../../support/photos.ts";
import type { WatchedLibrary } from "../../support/watched-library.ts";
import { openWatchedLibrary } from "../../support/watched-library.ts";

const deletePhoto = async (watched: WatchedLibrary, name: string): Promise<void> => {
  await rm(join(watched.library.photos, name));
  await watched.scan();
  await watched.workOff();
};

const planned = async ({ photon }: WatchedLibrary): Promise<readonly (readonly string[])[]> =>
  (await photon.planForgetMissing()).photos.map(({ paths }) => paths);

test("a missing photo may be removed after watch.tombstone_days, and a photo with another file may not", async () => {
  await using watched = await openWatchedLibrary("[watch]\ntombstone_days = 3\n");
  const { library, photon, clock } = watched;
  const [name = ""] = await writePhotos(library.photos, { count: 2 });
  await writeFile(join(library.photos, "copy.jpg"), await photoBytes(2));
  await watched.scan();
  await watched.workOff();
  await deletePhoto(watched, name);
  await deletePhoto(watched, "copy.jpg");
  clock.advance(2 * DAY);
  expect(await planned(watched)).toEqual([]);
  clock.advance(2 * DAY);
  expect(await planned(watched)).toEqual([[join(library.photos, name)]]);
  await photon.forget(await photon.planForgetMissing());
  expect(await planned(watched)).toEqual([]);
  expect(await watched.shown()).toBe(1);
});

test("a photo that comes back is not missing any more", async () => {
  await using watched = await openWatchedLibrary();
  const { library, clock } = watched;
  const [name = ""] = await writePhotos(library.photos, { count: 1 });
  await watched.scan();
  await watched.workOff();
  await deletePhoto(watched, name);
  await writePhotos(library.photos, { count: 1 });
  await watched.scan();
  await watched.workOff();
  clock.advance(40 * DAY);
  expect(await planned(watched)).toEqual([]);
});
