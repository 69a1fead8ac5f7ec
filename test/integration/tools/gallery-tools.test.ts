import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadGallery } from "../../../tools/gallery/load-gallery.ts";
import { findBrowser, openPage } from "../../support/browser.ts";
import { processWords, runPhotonIn, until } from "../../support/cli.ts";
import { startGalleryHost } from "../../support/gallery-host.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { TestLibrary } from "../../support/library.ts";
import { connectInProcess } from "../../support/mcp.ts";
import { photoBytes, writePhotos } from "../../support/photos.ts";

const browser = findBrowser();
const PHOTOS = 16;
/** Of the photos: one picture in several sizes. */
const ALIKE = 4;

const byText = (left: string, right: string): number => (left < right ? -1 : 1);

let library: TestLibrary;
beforeAll(async () => {
  library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS - ALIKE, seed: 100 });
  for (let number = 0; number < ALIKE; number += 1) {
    await writeFile(join(library.photos, `alike-${number}.jpg`), await photoBytes(1, 160 + 20 * number));
  }
  const { code, stderr } = await runPhotonIn(library, processWords(library));
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => library[Symbol.asyncDispose]());

test.runIf(browser !== undefined)(
  "the gallery works with the tools as they are (skipped without chromium)",
  async () => {
    await using served = await connectInProcess(library, { era: "pin" });
    const { client } = served;
    const found = await client.callTool({ name: "search_by_embedding", arguments: { limit: 50 } });
    const { hits } = found.structuredContent as {
      readonly hits: readonly { readonly id: string; readonly name: string }[];
    }; // checked by its schema
    const ids = hits.map(({ id }) => id);
    const alike = ids.filter((_, position) => hits[position]?.name.startsWith("alike") === true);
    const result = await client.callTool({ name: "view_photos", arguments: { ids, layout: "sheet" } });
    const calls: string[] = [];
    await using host = await startGalleryHost({
      html: await loadGallery(),
      result,
      callTool: (name, input) => {
        calls.push(name);
        return client.callTool({ name, arguments: { ...input } });
      },
    });
    await using page = await openPage(browser ?? "", host.url);
    const pictures = () =>
      page.evaluate<number>(
        `[...document.querySelectorAll(".tile img")].filter((image) => image.naturalWidth > 0).length`,
      );
    const untilPictures = (count: number) =>
      until(`${count} pictures`, async () => ((await pictures()) === count ? true : undefined));

    await untilPictures(12);
    expect(await page.evaluate(`document.querySelectorAll(".tile")[0].dataset.id`)).toBe(ids[0]);
    await page.evaluate(`document.getElementById("more").click()`);
    await untilPictures(PHOTOS);
    await page.evaluate(`document.querySelector('[data-id="${alike[0]}"]').focus()`);
    await page.press("Enter");
    await until("the large picture", async () =>
      (await page.evaluate<number>(`document.getElementById("large").naturalWidth`)) > 0 ? true : undefined,
    );
    await page.press("Escape");
    await page.press("m");
    const shown = () =>
      page.evaluate<readonly string[]>(`[...document.querySelectorAll(".tile")].map(({ dataset }) => dataset.id)`);
    await until("others like it", async () => ((await shown()).includes(alike[0] ?? "") ? undefined : true));
    const similar = await shown();
    expect(similar.slice(0, ALIKE - 1).toSorted(byText)).toEqual(alike.slice(1).toSorted(byText));
    await untilPictures(similar.length);
    expect(new Set(calls)).toEqual(new Set(["gallery_page", "view_photos", "search_by_embedding"]));
    expect(page.complaints).toEqual([]);
  },
);
