import { describe, expect, test } from "vitest";
import type { CatalogueHealth, IndexReport, ModelListing } from "../../../src/library/administration.ts";
import { doctorChecks } from "../../../src/cli/doctor/checks.ts";
import { deviceFinding } from "../../../src/cli/doctor/device-check.ts";
import { formatsFinding } from "../../../src/cli/doctor/format-check.ts";
import { languageModelFinding } from "../../../src/cli/doctor/language-model-check.ts";
import { catalogueFinding, indexFinding, modelsFinding } from "../../../src/cli/doctor/library-checks.ts";
import { diskFinding, nodeFinding, watchFinding } from "../../../src/cli/doctor/system-checks.ts";

test("every check has a name of its own", () => {
  const names = doctorChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe("machine", () => {
  test("an old Node fails", () => {
    expect(nodeFinding("22.1.0")).toMatchObject({ status: "fail" });
    expect(nodeFinding("24.0.0")).toMatchObject({ status: "ok" });
  });

  test("little space warns, hardly any fails", () => {
    expect(diskFinding(10e9, "/x").status).toBe("ok");
    expect(diskFinding(1e9, "/x").status).toBe("warn");
    expect(diskFinding(1e8, "/x").status).toBe("fail");
  });

  test("few watches warn with the line that raises the limit", () => {
    expect(watchFinding(524_288).status).toBe("ok");
    expect(watchFinding(8192)).toMatchObject({ status: "warn", repair: expect.stringContaining("max_user_watches") });
  });
});

describe("inference", () => {
  test("the device in use is named", () => {
    const finding = deviceFinding({ wanted: "auto", inUse: "cpu", reason: undefined });
    expect(finding).toMatchObject({ status: "ok", message: expect.stringContaining("the CPU") });
    expect(deviceFinding({ wanted: "cuda", inUse: "cuda", reason: undefined }).message).toContain("CUDA");
  });

  test("a fallback warns with its reason, what the device needs, and the way back", () => {
    const finding = deviceFinding({ wanted: "coreml", inUse: "cpu", reason: "There is no coreml here." });
    expect(finding).toMatchObject({ status: "warn", message: expect.stringContaining("There is no coreml here.") });
    expect(finding.repair).toMatch(/macOS.*embedding\.device to auto/);
  });
});

describe("catalogue", () => {
  const health: CatalogueHealth = {
    path: "/x/catalogue.db",
    exists: true,
    schemaVersion: 2,
    expectedSchemaVersion: 2,
    problems: [],
  };

  test("no library yet is fine", () => {
    expect(catalogueFinding({ ...health, exists: false }).status).toBe("ok");
  });

  test("an older schema is fine, a newer one fails", () => {
    expect(catalogueFinding({ ...health, schemaVersion: 1 }).status).toBe("ok");
    expect(catalogueFinding({ ...health, schemaVersion: 3 })).toMatchObject({ status: "fail" });
  });

  test("damage fails and is named", () => {
    const finding = catalogueFinding({ ...health, problems: ["row 3 missing from index"] });
    expect(finding).toMatchObject({ status: "fail", message: expect.stringContaining("row 3") });
  });
});

describe("index", () => {
  const table = {
    active: true,
    vectorKey: "m@12345678/fp32/p1",
    dimension: 4,
    rows: 10,
    fragments: 1,
    version: 1,
    vectorIndex: "none",
    unindexedRows: 0,
    bytes: 1,
  } as const;
  const report: IndexReport = { tables: [table], photosInCatalogue: 10, pending: 0, committer: undefined };

  test("as many rows as photos is fine", () => {
    expect(indexFinding(report).status).toBe("ok");
  });

  test("photos that wait warn, and are fine while somebody writes them", () => {
    const behind = { ...report, photosInCatalogue: 12, pending: 2 };
    expect(indexFinding(behind)).toMatchObject({ status: "warn", repair: expect.stringContaining("photon process") });
    expect(indexFinding({ ...behind, committer: "host:1" }).status).toBe("ok");
  });

  test("rows that are missing without a mark need a rebuild", () => {
    const lost = { ...report, photosInCatalogue: 12 };
    expect(indexFinding(lost)).toMatchObject({ status: "warn", repair: expect.stringContaining("index rebuild") });
  });
});

describe("models", () => {
  const model: ModelListing = {
    id: "photon-mini",
    state: "verified",
    revision: "0".repeat(40),
    variant: "int8",
    directory: "/m/photon-mini",
    bytes: 1,
    licence: "MIT",
    languages: [],
    figures: [],
    active: true,
    basic: false,
    problem: undefined,
  };

  test("an installed model is fine", () => {
    expect(modelsFinding([model], "auto").status).toBe("ok");
    expect(modelsFinding([model], "photon-mini").status).toBe("ok");
  });

  test("the built-in model is enough, under auto and by name", () => {
    const builtIn = { ...model, id: "photon-mini", state: "built-in" } as const;
    expect(modelsFinding([builtIn], "auto")).toEqual({ status: "ok", message: "photon-mini." });
    expect(modelsFinding([builtIn], "photon-mini").status).toBe("ok");
  });

  test("a named model that is not there fails", () => {
    expect(modelsFinding([model], "other").status).toBe("fail");
    expect(modelsFinding([{ ...model, state: "damaged", problem: "Wrong hash." }], "photon-mini").status).toBe("fail");
  });

  test("a broken model warns with its reason", () => {
    const broken = { ...model, id: "clip", state: "partial", problem: "Missing: text.onnx." } as const;
    expect(modelsFinding([model, broken], "auto")).toMatchObject({
      status: "warn",
      message: expect.stringContaining("text.onnx"),
    });
  });
});

describe("formats", () => {
  const sharpReads = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif"]);

  test("every decoder at work is fine", () => {
    expect(formatsFinding(new Set(), sharpReads)).toMatchObject({
      status: "ok",
      message: expect.stringContaining("RAW"),
    });
  });

  test("a decoder that does not load is named by its formats", () => {
    expect(formatsFinding(new Set(["heic"]), sharpReads)).toMatchObject({
      status: "warn",
      message: "HEIC cannot be decoded here.",
    });
    expect(formatsFinding(new Set(["sharp"]), new Set())).toMatchObject({ status: "fail" });
  });
});

describe("language models", () => {
  const status = { ready: false, problem: "openai has no key.", providers: [], models: [], pauses: [], workers: [] };
  const none = { ...status, queue: { states: {}, kinds: {}, unserved: [] } };

  test("none is no fault; one that is chosen and cannot be called warns", () => {
    expect(languageModelFinding(none, false).status).toBe("ok");
    expect(languageModelFinding(none, true)).toMatchObject({ status: "warn", message: "openai has no key." });
    expect(languageModelFinding({ ...none, ready: true, problem: null }, true).status).toBe("ok");
  });
});
