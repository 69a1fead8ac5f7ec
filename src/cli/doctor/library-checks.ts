/** Checks of what photon has made: configuration, catalogue, index, models. */
import type { AdministrationApi, CatalogueHealth, IndexReport, ModelListing } from "../../library/administration.ts";
import { formatPlural } from "../terminal.ts";
import type { DoctorCheck, Finding } from "./check.ts";

export const catalogueFinding = (health: CatalogueHealth): Finding => {
  const { path, schemaVersion, expectedSchemaVersion, problems } = health;
  if (!health.exists) return { status: "ok", message: "There is no library yet; `photon process` makes it." };
  if (schemaVersion > expectedSchemaVersion) {
    return {
      status: "fail",
      message: `${path} was written by a newer photon (schema ${schemaVersion}, this one knows ${expectedSchemaVersion}).`,
      repair: "Update photon, or restart a photon that was updated while it ran.",
    };
  }
  if (problems.length > 0) {
    return {
      status: "fail",
      message: `${path} is damaged: ${problems.slice(0, 3).join("; ")}.`,
      repair:
        "Restore catalogue.db from a backup, or move it away and process your folders again; photos are never touched.",
    };
  }
  const note = schemaVersion < expectedSchemaVersion ? ", brought up to date when it is next written" : "";
  return { status: "ok", message: `${path} is sound, schema ${schemaVersion}${note}.` };
};

export const indexFinding = ({ tables, photosInCatalogue, pending, committer }: IndexReport): Finding => {
  const active = tables.find((table) => table.active);
  const rows = active?.rows ?? 0;
  const message = `${formatPlural(photosInCatalogue, "photo")} in the catalogue, ${rows} in the index, ${pending} waiting.`;
  if (rows === photosInCatalogue && pending === 0) return { status: "ok", message };
  if (committer !== undefined) return { status: "ok", message: `${message} ${committer} is writing it.` };
  const isBehind = Math.abs(photosInCatalogue - rows) <= pending;
  return {
    status: "warn",
    message,
    repair: isBehind ? "The next `photon process` catches up." : "Run `photon index rebuild`; it reads no photo.",
  };
};

const UNUSABLE: readonly ModelListing["state"][] = ["partial", "damaged"];

export const modelsFinding = (models: readonly ModelListing[], wanted: string): Finding => {
  const installed = models.filter(({ directory }) => directory !== undefined);
  const broken = installed.filter(({ state }) => UNUSABLE.includes(state));
  const usable = installed.filter((model) => !broken.includes(model));
  const named = wanted === "auto" ? undefined : usable.find(({ id }) => id === wanted);
  if (wanted !== "auto" && named === undefined) {
    return {
      status: "fail",
      message: `embedding.model names ${wanted}, which is not installed or not usable.`,
      repair: models.some(({ id }) => id === wanted)
        ? `Run \`photon models download ${wanted}\`, or set embedding.model to auto.`
        : "Set embedding.model to auto or to a model of `photon models list`.",
    };
  }
  const [first] = broken;
  if (first !== undefined) {
    return {
      status: "warn",
      message: `${first.id} cannot be used: ${first.problem ?? first.state}`,
      repair: first.basic
        ? `Delete ${first.directory ?? ""}; a library that used it moves on with \`photon models use ${first.id}\`.`
        : `Run \`photon models download ${first.id}\` again, or \`photon models remove ${first.id}\`.`,
    };
  }
  return { status: "ok", message: `${usable.map(({ id }) => id).join(", ")}.` };
};

const config: DoctorCheck = {
  name: "config",
  title: "Configuration",
  run({ loadedConfig: { path, exists, warnings } }) {
    const message = exists ? `${path} is valid.` : `No file at ${path}, defaults hold.`;
    const finding: Finding =
      warnings.length === 0
        ? { status: "ok", message }
        : { status: "warn", message: warnings.join(" "), repair: `Correct the names in ${path} or the environment.` };
    return Promise.resolve(finding);
  },
};

const catalogue: DoctorCheck = {
  name: "catalogue",
  title: "Catalogue",
  async run({ photon }) {
    const library: AdministrationApi = await photon();
    return catalogueFinding(await library.checkCatalogue());
  },
};

const index: DoctorCheck = {
  name: "index",
  title: "Search index",
  async run({ photon }) {
    const library: AdministrationApi = await photon();
    const health = await library.checkCatalogue();
    if (!health.exists) return { status: "ok", message: "There is no library yet." };
    return indexFinding(await library.indexReport());
  },
};

const models: DoctorCheck = {
  name: "models",
  title: "Models",
  async run({ photon, config: { embedding } }) {
    const library: AdministrationApi = await photon();
    return modelsFinding(await library.listModels(), embedding.model);
  },
};

export const libraryChecks: readonly DoctorCheck[] = [config, catalogue, index, models];
