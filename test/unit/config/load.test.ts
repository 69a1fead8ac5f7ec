import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlagValue, LoadedConfig } from "../../../src/config.ts";
import { configFields, environmentName, environmentNames, loadConfig, shownValue } from "../../../src/config.ts";
import { ConfigError } from "../../../src/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "photon-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Sources {
  readonly toml?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly FlagValue[];
}

const load = ({ toml = "", environment = {}, flags = [] }: Sources): LoadedConfig => {
  const configPath = join(folder, "config.toml");
  writeFileSync(configPath, toml);
  return loadConfig({ environment, flags, configPath, workingDirectory: "/somewhere" });
};
const failure = (sources: Sources): ConfigError => {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("expected a ConfigError");
};

describe("precedence", () => {
  const toml = "[thumbnail]\nsize = 300\n";
  const environment = { PHOTON_THUMBNAIL_SIZE: "400" };
  const flags = [{ key: "thumbnail.size", flag: "--thumbnail-size", value: "500" }] as const;

  test("a default holds when nobody says otherwise", () => {
    const { config, sources } = load({});
    expect(config.thumbnail.size).toBe(256);
    expect(sources["thumbnail.size"]).toEqual({ kind: "default" });
  });

  test("the file beats the default and its line is known", () => {
    const { config, sources } = load({ toml });
    expect(config.thumbnail.size).toBe(300);
    expect(sources["thumbnail.size"]).toEqual({ kind: "file", path: join(folder, "config.toml"), line: 2 });
  });

  test("the environment beats the file", () => {
    const { config, sources } = load({ toml, environment });
    expect(config.thumbnail.size).toBe(400);
    expect(sources["thumbnail.size"]).toEqual({ kind: "environment", variable: "PHOTON_THUMBNAIL_SIZE" });
  });

  test("a flag beats the environment", () => {
    const { config, sources } = load({ toml, environment, flags });
    expect(config.thumbnail.size).toBe(500);
    expect(sources["thumbnail.size"]).toEqual({ kind: "flag", flag: "--thumbnail-size" });
  });

  test("an empty variable counts as unset", () => {
    expect(load({ toml, environment: { PHOTON_THUMBNAIL_SIZE: "" } }).config.thumbnail.size).toBe(300);
  });

  test("a partial section keeps the defaults of its other keys", () => {
    expect(load({ toml }).config.thumbnail).toEqual({ enabled: true, size: 300, format: "webp", quality: 80 });
  });
});

describe("reading text", () => {
  test("every kind of value can come from the environment", () => {
    const { config } = load({
      environment: {
        PHOTON_PROCESSING_SUPPORTED_FORMATS: "jpg, heic",
        PHOTON_EMBEDDING_BATCH_SIZE: "4",
        PHOTON_THUMBNAIL_ENABLED: "no",
        PHOTON_TAGGING_MIN_CONFIDENCE: "0.25",
        PHOTON_LOGGING_LEVEL: "trace",
      },
    });
    expect(config.processing.supported_formats).toEqual(["jpg", "heic"]);
    expect(config.embedding.batch_size).toBe(4);
    expect(config.thumbnail.enabled).toBe(false);
    expect(config.tagging.min_confidence).toBe(0.25);
    expect(config.logging.level).toBe("trace");
  });

  test("every key has a variable of its own", () => {
    const names = configFields.flatMap(environmentNames);
    expect(new Set(names).size).toBe(names.length);
    expect(environmentName("tagging.vocabulary.dir")).toBe("PHOTON_TAGGING_VOCABULARY_DIR");
    expect(environmentName("general.data_dir")).toBe("PHOTON_HOME");
  });
});

describe("folders", () => {
  test("PHOTON_HOME moves the library and what lies in it", () => {
    const { config } = load({ environment: { PHOTON_HOME: "/photos/library" } });
    expect(config.general).toEqual({ data_dir: "/photos/library", model_dir: join("/photos/library", "models") });
    expect(config.tagging.vocabulary.dir).toBe(join("/photos/library", "vocabulary"));
  });

  test("a relative path starts at the file that holds it, else at the working directory", () => {
    expect(load({ toml: '[general]\ndata_dir = "library"' }).config.general.data_dir).toBe(join(folder, "library"));
    expect(load({ environment: { PHOTON_HOME: "library" } }).config.general.data_dir).toBe("/somewhere/library");
  });

  test("~/ is the home folder", () => {
    expect(load({ toml: '[general]\nmodel_dir = "~/models"' }).config.general.model_dir).toBe(
      join(homedir(), "models"),
    );
  });

  test("the default data folder is the platform's, not ~/.photon", () => {
    expect(load({}).config.general.data_dir).not.toContain(".photon");
  });
});

describe("refused values", () => {
  test("the error names key, source, accepted and received value", () => {
    const { message, exitCode, hint } = failure({ toml: "[thumbnail]\n\nquality = 101\n" });
    expect(message).toBe(
      `Expected a whole number from 1 to 100 for thumbnail.quality (${join(folder, "config.toml")} line 3), received 101.`,
    );
    expect(exitCode).toBe(2);
    expect(hint).toContain("photon config init");
  });

  test.each([
    [{ PHOTON_EMBEDDING_DEVICE: "gpu" }, "one of auto, cpu, cuda, coreml, dml for embedding.device"],
    [{ PHOTON_EMBEDDING_BATCH_SIZE: "many" }, '"auto" or a whole number from 1 to 64 for embedding.batch_size'],
    [{ PHOTON_OUTPUT_PRETTY: "maybe" }, "true or false for output.pretty"],
    [{ PHOTON_LIMITS_MAX_FILE_SIZE_MB: "0" }, "a number above 0 up to 1000000 for limits.max_file_size_mb"],
  ])("%j is refused with the accepted values", (environment, expected) => {
    const { message } = failure({ environment });
    expect(message).toContain(expected);
    expect(message).toContain(`environment variable ${Object.keys(environment)[0]}`);
  });

  test("a flag is named as it was typed", () => {
    const flags = [{ key: "processing.parallel_workers", flag: "--parallel", value: "no" }] as const;
    expect(failure({ flags }).message).toContain("processing.parallel_workers (flag --parallel)");
  });

  test("every problem is listed at once", () => {
    const { message, details } = failure({ toml: "[thumbnail]\nsize = 1\nquality = 0\n" });
    expect(message.split("\n")).toHaveLength(2);
    expect(details["problems"]).toHaveLength(2);
  });

  test("a value where a section belongs is refused", () => {
    expect(failure({ toml: "thumbnail = 3\n" }).message).toContain("a section [thumbnail]");
  });

  test("broken TOML is refused with its line, without printing the line", () => {
    const { message } = failure({ toml: '[general]\ndata_dir = "secret-thing\n' });
    expect(message).toContain("config.toml line 2");
    expect(message).not.toContain("secret-thing");
  });

  test("a config file that was named must be there", () => {
    const options = { environment: { PHOTON_CONFIG: join(folder, "none.toml") }, workingDirectory: folder };
    expect(() => loadConfig(options)).toThrow(ConfigError);
  });
});

describe("names that are not settings", () => {
  test("an unknown key is a warning with the nearest name", () => {
    const { warnings, config } = load({ toml: "[thumbnail]\nqualty = 3\n" });
    expect(warnings).toEqual([
      `Unknown config key thumbnail.qualty (${join(folder, "config.toml")} line 2): it is ignored; did you mean thumbnail.quality?`,
    ]);
    expect(config.thumbnail.quality).toBe(80);
  });

  test("an unknown section is a warning, whatever is in it", () => {
    const { warnings } = load({ toml: '[gallery.pages]\nendpoint = "http://localhost"\n' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("section gallery");
  });

  test("a misspelt variable is a warning with the nearest name", () => {
    const { warnings } = load({ environment: { PHOTON_THUMNAIL_SIZE: "3" } });
    expect(warnings).toEqual(["Unknown variable PHOTON_THUMNAIL_SIZE is ignored; did you mean PHOTON_THUMBNAIL_SIZE?"]);
  });

  test("each removed key or section gives one warning", () => {
    const toml =
      "[embedding]\nimage_size = 384\n[tagging.progressive]\nseed_size = 2000\n[tagging.relevance]\npromotion = 2\n";
    const { warnings } = load({ toml });
    expect(warnings).toHaveLength(3);
    expect(warnings.every((warning) => warning.includes("no longer used"))).toBe(true);
  });
});

describe("${VAR}", () => {
  test("expands as a whole value for PHOTON_ names", () => {
    const environment = { PHOTON_LIBRARY_DISK: "/disk/library" };
    const { config } = load({ toml: '[general]\ndata_dir = "${PHOTON_LIBRARY_DISK}"', environment });
    expect(config.general.data_dir).toBe("/disk/library");
  });

  test("an unset variable leaves the default", () => {
    expect(load({ toml: '[embedding]\nmodel = "${PHOTON_NO_MODEL}"' }).config.embedding.model).toBe("auto");
  });

  test("other variables are refused", () => {
    expect(failure({ toml: '[embedding]\nmodel = "${HOME}"' }).message).toContain("embedding.model");
  });

  test("a part of a value stays as it is", () => {
    const environment = { PHOTON_X: "y" };
    expect(load({ toml: '[embedding]\nmodel = "a-${PHOTON_X}"', environment }).config.embedding.model).toBe(
      "a-${PHOTON_X}",
    );
  });

  test("a value out of an API key is masked when shown and when refused", () => {
    const environment = { SOME_API_KEY: "sk-12345" };
    const loaded = load({ toml: '[embedding]\nmodel = "${SOME_API_KEY}"', environment });
    expect(loaded.config.embedding.model).toBe("sk-12345");
    expect(shownValue(loaded, "embedding.model")).toBe("********");
    expect(failure({ toml: '[embedding]\ndevice = "${SOME_API_KEY}"', environment }).message).not.toContain("sk-12345");
  });
});
