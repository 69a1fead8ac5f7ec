/**
 * Changing the model of a library. The new key is built beside the one in use:
 *
 *   embed what has no vector ──▶ fill the index table ──▶ self-check ──▶ switch ──▶ embed what came meanwhile
 *         ▲──────────────── photos came before the switch ◀──────────────┘
 *
 * Everything before the switch can be stopped or killed and goes on from the stored vectors; the switch is one
 * transaction of the catalogue. Runs of `process` embed with the model that was in use when they began: what they add
 * is picked up here until the switch, and by themselves at their end (see `followModel`).
 */
import type { DualEncoder } from "../../models/embedding/encoder.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { openInstalledModel } from "../../models/embedding/installed-models.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { RoleLease } from "../catalogue/lease-repository.ts";
import type { VectorKey } from "../catalogue/library-repository.ts";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { StorageError } from "../errors.ts";
import type {
  ChangeModelOptions,
  ModelChangeReport,
  ModelSelfCheck,
  PhotoNotEmbedded,
} from "../library/model-change.ts";
import { embed } from "../pipeline/stages/embed.ts";
import type { EmbedPhotosDeps, PhotoThatFailed } from "./embed-photos.ts";
import { embedPhotos, embedStageOf } from "./embed-photos.ts";
import type { Inference } from "./inference.ts";
import type { LibraryIndex } from "./library-index.ts";
import { readFacts, recallOf } from "./model-self-check.ts";

/** Vectors of one transaction, at most; with a slow model each second's. */
const STORE_BATCH = 16;
const STORE_INTERVAL_MS = SECOND;
/** Photos may come faster than the last look and the switch follow each other: after some rounds a few may be left. */
const STRICT_ROUNDS = 3;
const TOLERATED_PHOTOS = 256;
/** More photos than this lost, and more than this share: something is wrong with a disk or the model, not with photos. */
const MANY_PHOTOS = 10;
const MANY_SHARE = 0.1;

export interface MigrationDeps extends Omit<EmbedPhotosDeps, "filesOf"> {
  readonly catalogue: Catalogue;
  readonly index: LibraryIndex;
  readonly inference: Inference;
  readonly clock: Clock;
  /** Installed model of a key; undefined when its files are gone. */
  readonly installedOf: (key: VectorKey) => Promise<InstalledModel | undefined>;
}

const cancelled = (model: InstalledModel): StorageError =>
  new StorageError(`The change to ${model.manifest.id} was cancelled; the model in use stays.`, {
    hint: `Run \`photon models use ${model.manifest.id}\` to begin again; photos that were embedded are not embedded again.`,
  });

const overtaken = (model: InstalledModel): StorageError =>
  new StorageError(`Another photon process has taken over the change to ${model.manifest.id}.`, {
    hint: "Run `photon status` to see how far it is.",
  });

/** The work on one key, in one process. */
export class ModelMigration {
  readonly #deps: MigrationDeps;
  readonly #model: InstalledModel;
  readonly #lease: RoleLease;
  readonly #options: ChangeModelOptions;
  readonly #encoder: DualEncoder;
  readonly #failed = new Map<string, PhotoNotEmbedded>();
  #indexed: Map<string, number> | undefined;
  #embedded = 0;
  #total = 0;

  constructor(deps: MigrationDeps, model: InstalledModel, lease: RoleLease, options: ChangeModelOptions) {
    this.#deps = deps;
    this.#model = model;
    this.#lease = lease;
    this.#options = options;
    this.#encoder = deps.inference.encoderOf(model);
  }

  /** From whatever state the key is in to active. */
  async run(active: VectorKey | undefined): Promise<Omit<ModelChangeReport, "seconds">> {
    const { catalogue } = this.#deps;
    const { vectorKey, manifest } = this.#model;
    const key = { vectorKey, modelId: manifest.id, dimension: manifest.dimension };
    const state = await catalogue.vectorKeys.startBuilding(key);
    const switched = state !== "active";
    const selfCheck = switched ? await this.#buildAndSwitch(active) : undefined;
    const filled = await this.fill();
    await this.#deps.index.waitUntilIndexed(() => undefined, this.#options.signal);
    const { photos } = await catalogue.administration.count();
    return {
      modelId: manifest.id,
      vectorKey,
      previous: switched ? active : undefined,
      switched,
      photos,
      ...filled,
      selfCheck,
    };
  }

  /** Embeds what has no vector of the model in use. */
  async fill(): Promise<Pick<ModelChangeReport, "embedded" | "notEmbedded">> {
    await this.#embedMissing();
    return { embedded: this.#embedded, notEmbedded: [...this.#failed.values()] };
  }

  /** Until none is left that could be embedded; photos that come meanwhile too. */
  async #embedMissing(): Promise<void> {
    for (;;) {
      const missing = await this.#missing();
      if (missing.length === 0) return;
      this.#total = this.#embedded + this.#failed.size + missing.length;
      await this.#embed(missing);
      this.#options.signal.throwIfAborted();
    }
  }

  async #missing(): Promise<readonly string[]> {
    const missing = await this.#deps.catalogue.vectorKeys.withoutVector(this.#model.vectorKey);
    return missing.filter((hash) => !this.#failed.has(hash));
  }

  async #embed(contentHashes: readonly string[]): Promise<void> {
    const { catalogue, clock } = this.#deps;
    const { signal } = this.#options;
    const startedAt = clock.now();
    const before = this.#embedded;
    let batch = new Map<string, Float32Array>();
    let storedAt = startedAt;
    const store = async (): Promise<void> => {
      const vectors = batch;
      batch = new Map();
      storedAt = clock.now();
      if (vectors.size === 0) return;
      const seconds = Math.max(1, storedAt - startedAt) / SECOND;
      await this.#store(vectors, (this.#embedded - before + vectors.size) / seconds);
    };
    const deps = { ...this.#deps, filesOf: catalogue.vectorKeys.filesOf };
    for await (const result of embedPhotos(deps, this.#encoder, { contentHashes, signal })) {
      if ("vector" in result) batch.set(result.contentHash, result.vector);
      else await this.#fail(result);
      if (batch.size >= STORE_BATCH || clock.now() - storedAt >= STORE_INTERVAL_MS) await store();
      this.#report("embedding");
    }
    await store();
    this.#report("embedding");
  }

  async #store(vectors: ReadonlyMap<string, Float32Array>, photosPerSecond: number): Promise<void> {
    const { vectorKey } = this.#model;
    const stage = embedStageOf(vectorKey);
    const stored = await this.#deps.catalogue.vectorKeys.store({ vectorKey, vectors, stage, photosPerSecond });
    if (!stored) throw cancelled(this.#model);
    this.#embedded += vectors.size;
    for (const hash of vectors.keys()) this.#indexed?.delete(hash);
  }

  /** A model that broke makes every photo fail: that is not the photos' trouble. */
  async #fail({ contentHash, path, failure: { code, message, stage } }: PhotoThatFailed): Promise<void> {
    if (stage === embed.name) await openInstalledModel(this.#model.directory);
    this.#failed.set(contentHash, { path, code, message });
  }

  #report(phase: "embedding" | "indexing", done = this.#embedded + this.#failed.size, total = this.#total): void {
    this.#options.onProgress?.({ phase, done, failed: this.#failed.size, total });
  }

  async #buildAndSwitch(active: VectorKey | undefined): Promise<ModelSelfCheck | undefined> {
    const { catalogue } = this.#deps;
    const { vectorKey } = this.#model;
    let selfCheck: ModelSelfCheck | undefined;
    for (let round = 1; ; round += 1) {
      await this.#embedMissing();
      await this.#refuseManyLost(active);
      await this.#buildIndex();
      if (!(await catalogue.vectorKeys.markReady(vectorKey))) throw cancelled(this.#model);
      selfCheck ??= await this.#check(active);
      await openInstalledModel(this.#model.directory); // without its files the library could not be searched
      this.#options.signal.throwIfAborted();
      const result = await catalogue.vectorKeys.activate({
        vectorKey,
        stage: embedStageOf(vectorKey),
        indexed: this.#indexed ?? new Map(),
        unreadable: new Set(this.#failed.keys()),
        tolerated: round <= STRICT_ROUNDS ? 0 : TOLERATED_PHOTOS,
        lease: this.#lease,
      });
      if (result.outcome === "active") return selfCheck;
      if (result.outcome === "cancelled") throw cancelled(this.#model);
      if (result.outcome === "overtaken") throw overtaken(this.#model);
    }
  }

  async #refuseManyLost(active: VectorKey | undefined): Promise<void> {
    if (active === undefined || this.#options.acceptMissing === true) return;
    const { photos, administration } = this.#deps.catalogue;
    const lost = await photos.vectors([...this.#failed.keys()], active.vectorKey);
    const before = await administration.countVectors(active.vectorKey);
    if (lost.size <= MANY_PHOTOS || lost.size <= before * MANY_SHARE) return;
    const example = this.#failed.get([...lost.keys()][0] ?? "");
    throw new StorageError(
      `Expected to embed the ${before} photos that can be found by meaning now, but ${lost.size} of them could not be; the model in use stays.`,
      {
        hint: `For example ${example?.path ?? ""}: ${example?.message ?? ""} Connect the disk that holds them and run the command again, or add --accept-missing to switch without them.`,
        details: { lost: lost.size, photos: before },
      },
    );
  }

  async #buildIndex(): Promise<void> {
    const { vectorKey, manifest } = this.#model;
    if (!(await this.#deps.catalogue.leases.extend(this.#lease))) throw overtaken(this.#model);
    const indexed = await this.#deps.index.build({
      vectorKey,
      dimension: manifest.dimension,
      ...(this.#indexed === undefined ? {} : { known: this.#indexed }),
      signal: this.#options.signal,
      onProgress: ({ done, total }) => this.#report("indexing", done, total),
    });
    this.#indexed = new Map(indexed);
  }

  async #check(active: VectorKey | undefined): Promise<ModelSelfCheck | undefined> {
    const { catalogue, index, inference, installedOf } = this.#deps;
    const { signal } = this.#options;
    const facts = await readFacts(catalogue, signal);
    if (facts.length === 0) return undefined;
    const recall = async (model: InstalledModel): Promise<number> => {
      const { vectorKey, manifest } = model;
      const table = await index.readerOf({ vectorKey, dimension: manifest.dimension });
      return recallOf(facts, { model, index: table, inference, signal });
    };
    const before = active === undefined ? undefined : await installedOf(active);
    return {
      queries: facts.length,
      recallBefore: before === undefined ? undefined : await recall(before),
      recallAfter: await recall(this.#model),
    };
  }
}
