import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { photoBytes } from "../../support/photos.ts";

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };

const privateFolder = (library: EnrichmentLibrary): string =>
  `[[roots]]\npath = ${JSON.stringify(library.photos)}\nfolders = { "private" = { local_only = true } }\n`;

const expectForgotten = async (library: EnrichmentLibrary, scopeId: string, type = "image_tag"): Promise<void> => {
  expect(await library.stateOf(scopeId, type)).toBeUndefined();
  expect(await library.sql("select state, error_code from jobs where scope_id = ?", scopeId)).toEqual([
    { state: "cancelled", error_code: "LOCAL_ONLY" },
  ]);
};

test("a photo of a private folder never goes to a provider elsewhere; others do", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await library.configure(provider.config + privateFolder(library));
  const secret = await library.addPhoto("private/a.jpg", await photoBytes(1));
  const open = await library.addPhoto("b.jpg", await photoBytes(2));
  await library.enqueue({ kind: "image_tag", scopeId: secret }, { kind: "image_tag", scopeId: open });

  await library.work();

  await expectForgotten(library, secret);
  expect(await library.stateOf(open)).toBe("CONFIRMED");
  expect(provider.requests).toHaveLength(1);
  expect(await library.sql("select photo from privacy_ledger")).toEqual([{ photo: open }]);
});

test("a folder that becomes private while its photos wait holds them back", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("private/a.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  await library.configure(provider.config + privateFolder(library));

  await library.work();

  await expectForgotten(library, hash);
  expect(provider.requests).toEqual([]);
});

test("one file in a private folder is enough, also when it arrives while the photo waits", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await library.configure(provider.config + privateFolder(library));
  const bytes = await photoBytes(1);
  const hash = await library.addPhoto("open.jpg", bytes);
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  await library.addPhoto("private/copy.jpg", bytes);
  await library.sql("update files set state = 'missing' where path = ?", "private/copy.jpg");

  await library.work();

  await expectForgotten(library, hash);
  expect(provider.requests).toEqual([]);
});

test("a file that arrives in a private folder between claim and sending stops the request", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await library.configure(provider.config + privateFolder(library));
  const bytes = await photoBytes(1);
  const hash = await library.addPhoto("open.jpg", bytes);
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work({
    openCatalogue: async () => {
      const catalogue = await openCatalogue({ path: library.cataloguePath });
      const { admit } = catalogue.calls;
      const admitLate: typeof admit = async (...call) => {
        await library.addPhoto("private/copy.jpg", bytes);
        return admit(...call);
      };
      return { ...catalogue, calls: { ...catalogue.calls, admit: admitLate } };
    },
  });

  await expectForgotten(library, hash);
  expect(provider.requests).toEqual([]);
  expect(await library.sql("select * from llm_call_logs")).toEqual([]);
});

test("a provider on this machine serves private photos, once it was asked whether it is there", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await library.configure(`${provider.config}local = true\n${privateFolder(library)}`);
  const hashes = [
    await library.addPhoto("private/a.jpg", await photoBytes(1)),
    await library.addPhoto("private/b.jpg", await photoBytes(2)),
  ];
  await library.enqueue(...hashes.map((scopeId) => ({ kind: "image_tag", scopeId, route: "vision@local" })));

  await library.work();

  for (const hash of hashes) expect(await library.stateOf(hash)).toBe("CONFIRMED");
  expect(provider.calls()).toHaveLength(2);
  expect(await library.sql("select purpose, photo, loopback from privacy_ledger order by purpose, photo")).toEqual([
    ...hashes.toSorted().map((photo) => ({ purpose: "enrich", photo, loopback: 1 })),
    { purpose: "health", photo: null, loopback: 1 },
  ]);
});

test("a private photo is refused by a local model and does not go to a fallback elsewhere", async () => {
  await using elsewhere = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: elsewhere.config });
  const config = elsewhere.config
    .replace('provider = "openai"', 'provider = "stub"\nmodel = "refuse"\nfallback_models = ["openai/gpt-4o"]')
    .concat(privateFolder(library));
  await library.configure(config);
  const secret = await library.addPhoto("private/a.jpg", await photoBytes(1));
  const open = await library.addPhoto("b.jpg", await photoBytes(2));
  await library.enqueue(
    { kind: "image_tag", scopeId: secret, route: "vision" },
    { kind: "image_tag", scopeId: open, route: "vision" },
  );

  await library.work();

  expect(await library.stateOf(secret)).toBe("FAILED");
  expect(await library.stateOf(open)).toBe("CONFIRMED");
  expect(await library.sql("select photo from privacy_ledger")).toEqual([{ photo: open }]);
});

test("an album with one private photo is private", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await library.configure(provider.config + privateFolder(library));
  await library.sql("insert into albums (album_id, name, kind, created_at) values ('trip', 'Trip', 'manual', 1)");
  for (const [index, name] of ["a.jpg", "b.jpg", "private/c.jpg"].entries()) {
    const hash = await library.addPhoto(name, await photoBytes(index));
    await library.sql("insert into album_photos (album_id, content_hash, added_at) values ('trip', ?, 1)", hash);
  }
  await library.enqueue({ kind: "photo_story", scopeId: "album:trip" });

  await library.work();

  await expectForgotten(library, "album:trip", "photo_story");
  expect(provider.requests).toEqual([]);
});

test("a root that the library knows as private keeps its photos, whatever was planned before", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("a.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  await library.sql("update roots set options = ?", JSON.stringify({ localOnly: true }));

  await library.work();

  await expectForgotten(library, hash);
  expect(provider.requests).toEqual([]);
});
