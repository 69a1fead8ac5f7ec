import { expect, test } from "vitest";
import { createCoreWork } from "../../../agent/work-to-do.ts";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";

/** A catalogue of which only these two are asked. */
const catalogueWith = (facts: { files: number; marks: number; asked: number }) =>
  ({
    todo: {
      toProcess: () => {
        facts.asked += 1;
        return Promise.resolve(Array.from({ length: facts.files }, (_, fileId) => ({ fileId })));
      },
    },
    index: { countMarks: () => Promise.resolve(facts.marks) },
  }) as unknown as Pick<Catalogue, "todo" | "index">;

test("the catalogue is asked again only when it has changed", async () => {
  const facts = { files: 0, marks: 0, asked: 0 };
  const work = createCoreWork(catalogueWith(facts));
  expect([await work.isThere(), await work.isThere(), facts.asked]).toEqual([false, false, 1]);
  facts.marks = 1;
  work.changed();
  expect([await work.isThere(), facts.asked]).toEqual([true, 2]);
});

test("an answer that was overtaken by a change is not kept", async () => {
  const facts = { files: 0, marks: 0, asked: 0 };
  const work = createCoreWork(catalogueWith(facts));
  const first = work.isThere();
  facts.files = 1;
  work.changed();
  expect([await first, await work.isThere()]).toEqual([false, true]);
});
