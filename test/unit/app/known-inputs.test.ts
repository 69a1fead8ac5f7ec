import { expect, test } from "vitest";
import { knownInputs, resultOf, spread } from "../../../src/app/enrichment/known-inputs.ts";
import type { KnownScope } from "../../../src/app/enrichment/known-inputs.ts";
import type { PhotoSubject, SubjectDocument } from "../../../src/catalogue/subject-repository.ts";

const HASH = "a".repeat(64);

const document = (content: object, state: SubjectDocument["state"] = "CONFIRMED"): SubjectDocument => ({
  state,
  content: JSON.stringify(content),
});

const photo = (given: Partial<PhotoSubject> = {}): PhotoSubject => ({
  contentHash: HASH,
  isForgotten: false,
  files: [
    {
      root: "/home/me/Pictures",
      path: "Trips/2024/IMG_1.jpg",
      absolutePath: Buffer.from("/x"),
      isPresent: true,
      options: {},
    },
  ],
  zeroShotTags: ["dog", "beach"],
  capturedAt: "2024-07-15T14:32:00",
  camera: "Canon EOS R6",
  caption: "Rex at the sea",
  documents: new Map(),
  ...given,
});

const scopeOf = (subject: PhotoSubject): KnownScope => ({
  type: "photo",
  photo: subject,
  photos: [subject],
  contentHashes: [HASH],
});

const OPTIONS = {
  scopeId: HASH,
  language: "en",
  targetLanguage: undefined,
  sourceLanguage: undefined,
  watches: undefined,
};

const TAGGED = { status: "ok", title: "A dog", summary: "It runs.", tags: ["dog"], text_in_image: "EXIT" };

test("a photo is known by what its file and the library say; folders begin below the root", () => {
  expect(knownInputs(scopeOf(photo()), OPTIONS)).toEqual({
    scopeId: HASH,
    language: "en",
    tags: ["dog", "beach"],
    captureTime: "2024-07-15T14:32:00",
    camera: "Canon EOS R6",
    fileName: "IMG_1.jpg",
    folder: "Trips/2024",
    caption: { text: "Rex at the sea", source: "file" },
    documents: {},
  });
});

test("earlier results and the text read in the picture come along, questions do not", () => {
  const documents = new Map([
    ["image_tag", document(TAGGED)],
    ["photo_story", document({ status: "needs_clarification", question: "Who is it?" }, "READY_TO_CONFIRM")],
    ["caption_clean", { state: "FAILED", content: undefined } as const],
  ]);

  const inputs = knownInputs(scopeOf(photo({ documents })), OPTIONS);

  expect(inputs.documents).toEqual({ image_tag: TAGGED });
  expect(inputs.pictureText).toBe("EXIT");
});

test("a translation answers in its target language and has the photo's texts", () => {
  const documents = new Map([["image_tag", document(TAGGED)]]);

  const inputs = knownInputs(scopeOf(photo({ documents })), { ...OPTIONS, targetLanguage: "es" });

  expect(inputs.language).toBe("es");
  expect(inputs.sourceTexts).toEqual({
    title: "A dog",
    summary: "It runs.",
    caption: "Rex at the sea",
    sourceLanguage: "auto",
    targetLanguage: "es",
  });
});

test("a photo without any text has nothing to translate", () => {
  const { sourceTexts } = knownInputs(scopeOf(photo({ caption: undefined })), { ...OPTIONS, targetLanguage: "es" });
  expect(sourceTexts).toBeUndefined();
});

test("an album is told by those of its photos that have a title", () => {
  const told = photo({ documents: new Map([["image_tag", document(TAGGED)]]) });
  const scope: KnownScope = { type: "album", photos: [told, photo()], contentHashes: [HASH] };

  const { members } = knownInputs(scope, { ...OPTIONS, scopeId: "album:trip" });

  expect(members).toEqual([{ title: "A dog", tags: ["dog"], date: "2024-07-15", summary: "It runs." }]);
});

test("a document that only asks back is no result", () => {
  expect(resultOf(document({ status: "needs_clarification", question: "?" }))).toBeUndefined();
  expect(resultOf(document({ status: "none" }))).toEqual({ status: "none" });
  expect(resultOf(undefined)).toBeUndefined();
});

test.each([
  { count: 5, most: 12, places: [0, 1, 2, 3, 4] },
  { count: 24, most: 4, places: [0, 6, 12, 18] },
  { count: 13, most: 12, places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
])("$most of $count photos lie evenly", ({ count, most, places }) => {
  const items = Array.from({ length: count }, (_, index) => index);
  expect(spread(items, most)).toEqual(places);
});
