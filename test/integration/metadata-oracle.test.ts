import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PhotoFormat } from "../../src/photo/types.ts";
import type { FileMetadata } from "../../src/pipeline/metadata/read-metadata.ts";
import { readMetadata } from "../../src/pipeline/metadata/read-metadata.ts";

const ORACLE = join(import.meta.dirname, "../../../shared/photos/oracle");
const FORMATS: Readonly<Record<string, PhotoFormat>> = {
  jpg: "jpeg",
  webp: "webp",
  heic: "heic",
  avif: "avif",
  nef: "raw",
};
const ORIENTATIONS = [
  "Top, left side",
  "Top, right side",
  "Bottom, right side",
  "Bottom, left side",
  "Left side, top",
  "Right side, top",
  "Right side, bottom",
  "Left side, bottom",
];

/** `Exif IFD0 0x010f` -> value, first directory of a name only. */
type Report = ReadonlyMap<string, string>;

const parseReport = (text: string): Report => {
  const report = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\[([^\]]+) - (0x[0-9a-f]{4})\] (.*?) = (.*)$/.exec(line);
    if (match === null) continue;
    const key = `${match[1]} ${match[2]}`;
    if (!report.has(key)) report.set(key, match[4] ?? "");
  }
  return report;
};

/** What both readers say, or undefined. */
const agreed = (java: Report, dotnet: Report, key: string): string | undefined => {
  const value = java.get(key);
  return value !== undefined && value === dotnet.get(key) ? value : undefined;
};

const parseFraction = (text: string): number => {
  const [numerator, denominator = "1"] = text.split("/");
  return Number(numerator) / Number(denominator);
};

const parseDegrees = (text: string): number => {
  const [, sign, degree, minute, second] = /^(-?)(\d+)° (\d+)' ([\d.]+)"$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(degree) + Number(minute) / 60 + Number(second) / 3600);
};

const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const isDate = (text: string): boolean => /^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/.test(text) && !text.startsWith("0000");

interface Check {
  readonly field: string;
  readonly keys: readonly string[];
  /** What the text of the readers means in photon's units; undefined = nothing to compare. */
  readonly expected: (text: string) => number | string | undefined;
  readonly actual: (ours: FileMetadata) => number | string | undefined;
  readonly tolerance?: number;
}

const number =
  (pattern: RegExp, parse = parseFraction) =>
  (text: string): number | undefined => {
    const value = parse(pattern.exec(text)?.[1] ?? "NaN");
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };

const CHECKS: readonly Check[] = [
  {
    field: "captured_at",
    keys: ["Exif SubIFD 0x9003", "Exif IFD0 0x0132"],
    expected: (text) => (isDate(text) ? text.replace(":", "-").replace(":", "-") : undefined),
    actual: ({ exif }) => exif.captured_at,
  },
  {
    field: "capturedAt",
    keys: ["Exif SubIFD 0x9003", "Exif SubIFD 0x9004"],
    expected: (text) => (isDate(text) ? text.replace(":", "-").replace(":", "-").replace(" ", "T") : undefined),
    actual: ({ metadata }) => metadata.capturedAt?.local.slice(0, 19),
  },
  {
    field: "make",
    keys: ["Exif IFD0 0x010f"],
    expected: (text) => plain(text) || undefined,
    actual: ({ metadata }) => metadata.cameraMake,
  },
  {
    field: "model",
    keys: ["Exif IFD0 0x0110"],
    expected: (text) => plain(text) || undefined,
    actual: ({ metadata }) => metadata.cameraModel,
  },
  {
    field: "lens",
    keys: ["Exif SubIFD 0xa434"],
    expected: (text) => plain(text) || undefined,
    actual: ({ metadata }) => metadata.lens,
  },
  {
    field: "exposure",
    keys: ["Exif SubIFD 0x829a"],
    expected: number(/^([\d./]+) sec$/),
    actual: ({ metadata }) => metadata.exposureSeconds,
    tolerance: 0.02,
  },
  {
    field: "aperture",
    keys: ["Exif SubIFD 0x829d", "Exif SubIFD 0x9202"],
    expected: number(/^f\/([\d.]+)$/),
    actual: ({ metadata }) => metadata.aperture,
    tolerance: 0.03,
  },
  {
    field: "focal length",
    keys: ["Exif SubIFD 0x920a"],
    expected: number(/^([\d.]+) mm$/),
    actual: ({ metadata }) => metadata.focalLengthMm,
    tolerance: 0.02,
  },
  {
    field: "iso",
    keys: ["Exif SubIFD 0x8827"],
    expected: number(/^(\d+)/),
    actual: ({ metadata }) => metadata.iso,
  },
  {
    field: "latitude",
    keys: ["GPS 0x0002"],
    expected: parseDegrees,
    actual: ({ metadata }) => metadata.gps?.latitude,
    tolerance: 0.00002,
  },
  {
    field: "longitude",
    keys: ["GPS 0x0004"],
    expected: parseDegrees,
    actual: ({ metadata }) => metadata.gps?.longitude,
    tolerance: 0.00002,
  },
  {
    field: "altitude",
    keys: ["GPS 0x0006"],
    expected: (text) => Number(/^(-?[\d.]+) metres$/.exec(text)?.[1]),
    actual: ({ metadata }) => metadata.gps?.altitude,
    tolerance: 0.02,
  },
  {
    field: "orientation",
    keys: ["Exif IFD0 0x0112"],
    expected: (text) => ORIENTATIONS.findIndex((name) => text.startsWith(name)) + 1 || undefined,
    actual: ({ exif }) => exif.orientation,
  },
];

const isSame = (expected: number | string, actual: number | string | undefined, tolerance = 0): boolean =>
  typeof expected === "number" && typeof actual === "number"
    ? Math.abs(expected - actual) <= Math.max(tolerance * Math.max(1, Math.abs(expected)), 1e-9)
    : expected === actual;

const isPresent = existsSync(ORACLE);

test.skipIf(!isPresent)(
  "agrees with both reference readers on every real file (skipped when ../shared/photos/oracle is absent)",
  async () => {
    const disagreements: string[] = [];
    let compared = 0;
    for (const name of readdirSync(ORACLE).filter((file) => !file.endsWith(".txt"))) {
      const format = FORMATS[name.split(".").at(-1)?.toLowerCase() ?? ""];
      if (format === undefined) throw new Error(`expected a known extension, received ${name}`);
      const ours = await readMetadata(readFileSync(join(ORACLE, name)), format);
      const [java, dotnet] = ["java", "dotnet"].map((reader) =>
        parseReport(readFileSync(join(ORACLE, `${name}.${reader}.txt`), "utf8")),
      );
      if (java === undefined || dotnet === undefined) throw new Error("two readers");
      for (const check of CHECKS) {
        const key = check.keys.find((candidate) => {
          const text = agreed(java, dotnet, candidate);
          return text !== undefined && check.expected(text) !== undefined;
        });
        const text = key === undefined ? undefined : agreed(java, dotnet, key);
        const expected = text === undefined ? undefined : check.expected(text);
        if (expected === undefined) continue;
        compared += 1;
        const actual = check.actual(ours);
        if (!isSame(expected, actual, check.tolerance)) {
          disagreements.push(`${name}: ${check.field} expected ${expected}, received ${actual}`);
        }
      }
    }
    expect(disagreements).toEqual([]);
    expect(compared).toBeGreaterThan(200);
  },
);
