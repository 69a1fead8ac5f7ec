import { describe, expect, test } from "vitest";
import { searchJson } from "../../../../src/cli/search/json.ts";
import { explanation, hitText, printable, shownPath, summaryLines } from "../../../../src/cli/search/text.ts";
import type { PhotoSummary, SearchHit, SearchReply } from "../../../../src/search/types.ts";

const photo: PhotoSummary = {
  contentHash: "ab".repeat(32),
  format: "jpeg",
  width: 4000,
  height: 3000,
  fileBytes: 3_000_000,
  places: [
    { path: "/home/anna/photos/beach.jpg", rootPath: "/home/anna/photos", online: true },
    { path: "/disk/beach.jpg", rootPath: "/disk", online: false },
  ],
  capturedAt: { local: "2024-06-15T14:30:05", offset: "+02:00" },
  tags: ["beach", "sea"],
  favourite: false,
  enriched: false,
};
const hit: SearchHit = { rank: 1, id: "abababababab", photo, score: 0.91234567, match: "good" };
const options = { output: { style: (_style: unknown, text: string) => text }, workingDirectory: "/home/anna" };
const reply: SearchReply = {
  match: "good",
  mode: "hybrid",
  hits: [hit],
  total: 12,
  pending: 0,
  undatedExcluded: 0,
  notes: [],
};

describe("a hit", () => {
  test("is rank, score, date, id and path, then its words", () => {
    expect(hitText(hit, options)).toBe(
      "  1  0.91  2024-06-15 14:30  abababababab  photos/beach.jpg (+1 more)\n    beach, sea\n",
    );
  });

  test("says when its disk is not there", () => {
    const offline = { ...photo, places: photo.places.slice(1) };
    expect(hitText({ ...hit, photo: offline }, options)).toContain("/disk/beach.jpg (offline)");
  });

  test("shows no score when browsing", () => {
    const { score: _score, match: _match, ...browsed } = hit;
    expect(hitText(browsed, options)).toMatch(/^ {2}1 {2}2024-06-15 14:30 /);
  });

  test("loses control characters and turned text of photos", () => {
    const hostile = { ...photo, title: "a\u001B[2Jb\nc\u202Ed", tags: [] };
    expect(hitText({ ...hit, photo: hostile }, options).split("\n")[1]).toBe("    a\uFFFD[2Jb\uFFFDc\uFFFDd");
    expect(printable("café 日本 🏖")).toBe("café 日本 🏖");
  });

  test("explains what its place comes from", () => {
    const text = explanation({
      fused: 0.03,
      vector: { cosine: 0.31, rank: 1, score: 0.8, share: 0.02 },
      text: { bm25: 2, rank: 4, coverage: 0.5, score: 0.3, share: 0.01 },
      penalty: 0.25,
    });
    expect(text).toBe(
      "picture: rank 1, 67 %, cosine 0.310, score 0.80; words: rank 4, 33 %, 50 % of the words, score 0.30; avoided: -0.25",
    );
  });
});

test("paths are relative below the working directory only", () => {
  expect(shownPath("/home/anna/a.jpg", "/home/anna")).toBe("a.jpg");
  expect(shownPath("/home/annabel/a.jpg", "/home/anna")).toBe("/home/annabel/a.jpg");
});

describe("the last line", () => {
  test("counts and names the next page", () => {
    expect(summaryLines({ ...reply, nextCursor: "c" }, 1)).toEqual(["1 to 1, 12 photos searched; more with --page 2."]);
    expect(summaryLines({ ...reply, nextCursor: "c" }, 2)).toEqual([
      "1 to 1, 12 photos searched; more with --cursor c.",
    ]);
    expect(summaryLines({ ...reply, mode: "browse" }, 20)).toEqual(["1 to 1, 12 photos in all."]);
  });

  test("is only the notes when nothing is listed", () => {
    expect(summaryLines({ ...reply, hits: [], notes: ["Nothing."] }, 20)).toEqual(["Nothing."]);
  });
});

test("JSON holds the photo flat, the score rounded, the count of the page", () => {
  expect(searchJson(reply)).toMatchObject({
    returned: 1,
    hits: [{ id: "abababababab", score: 0.912346, capturedAt: "2024-06-15T14:30:05+02:00", online: true }],
  });
});
