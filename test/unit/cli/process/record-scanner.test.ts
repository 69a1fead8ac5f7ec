import fc from "fast-check";
import { expect, test } from "vitest";
import { scanRecord } from "../../../../src/cli/process/record-scanner.ts";

const scan = (text: string, start = 0): ReturnType<typeof scanRecord> => scanRecord(Buffer.from(text), start);

test("finds its fields between values of every kind", () => {
  const text = JSON.stringify({
    type: "core",
    nested: { content_hash: "wrong", list: [{ file_path: "wrong" }, '"}'] },
    file_path: 'a "quoted" \\ path/é\u{1F600}.jpg',
    number: -1.5e-7,
    embedding: [0.1, -2e-8, 3],
    nothing: null,
    yes: true,
    content_hash: "abc",
    tags: [],
    thumbnail: "AAAA",
    schema_version: 1,
    embedding_model: "m@1/fp32/p1",
  });
  expect(scan(`  ${text},`, 2)).toEqual({
    kind: "record",
    end: 2 + Buffer.byteLength(text),
    fields: {
      type: "core",
      filePath: 'a "quoted" \\ path/é\u{1F600}.jpg',
      contentHash: "abc",
      schemaVersion: 1,
      embeddingModel: "m@1/fp32/p1",
    },
  });
});

test("every cut of a record is incomplete, wherever it falls", () => {
  const text = JSON.stringify({
    file_path: 'a\\"b',
    embedding: [1, 2.5],
    exif: { iso: 100 },
    tags: [{ name: "x]" }],
    n: 12,
  });
  for (let length = 1; length < text.length; length += 1) {
    expect(scan(text.slice(0, length)).kind, text.slice(0, length)).toBe("incomplete");
  }
  expect(scan(text).kind).toBe("record");
});

test.each(['{"a" 1}', '{"a":}', '{"a":1 "b":2}', "{a:1}", '{"file_path":"\\x"}', '{"a":1,}'])(
  "%s is invalid",
  (text) => {
    expect(scan(`${text} `).kind).toBe("invalid");
  },
);

test("fields of another type than ours are passed over", () => {
  expect(scan('{"file_path":7,"content_hash":null,"schema_version":"1"}')).toMatchObject({
    kind: "record",
    fields: {},
  });
});

test("an embedding that is no flat list of numbers is passed over whole", () => {
  const text = '{"embedding":[[1,2],["]"]],"file_path":"a"}';
  expect(scan(text)).toEqual({ kind: "record", end: text.length, fields: { filePath: "a" } });
});

test("agrees with JSON.parse on any object, compact or indented", () => {
  const record = fc.record(
    {
      file_path: fc.string({ unit: "binary" }),
      content_hash: fc.string(),
      embedding: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
      other: fc.jsonValue(),
      [`quoted " key`]: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(record, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const expected = JSON.parse(text) as typeof value; // what it was made from
      expect(scan(`${text}\n`)).toEqual({
        kind: "record",
        end: Buffer.byteLength(text),
        fields: {
          ...(expected.file_path === undefined ? {} : { filePath: expected.file_path }),
          ...(expected.content_hash === undefined ? {} : { contentHash: expected.content_hash }),
        },
      });
    }),
    { numRuns: 500 },
  );
});
