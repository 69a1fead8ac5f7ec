/** Opens the catalogue: SQLite in WAL mode, migrated, with one repository per aggregate. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import { isDiskFull, StorageError } from "../errors.ts";
import type { JobStore } from "../jobs/job-store.ts";
import type { ProviderStore } from "../jobs/provider-store.ts";
import type { SearchCatalogue } from "../search/types.ts";
import type { IndexSource } from "../vectors/types.ts";
import type { AdministrationRepository } from "./administration-repository.ts";
import { createAdministrationRepository } from "./administration-repository.ts";
import type { AgentRepository } from "./agent-repository.ts";
import { createAgentRepository } from "./agent-repository.ts";
import type { AlbumRepository } from "./album-repository.ts";
import { createAlbumRepository } from "./album-repository.ts";
import type { BacklogRepository } from "./backlog-repository.ts";
import { createBacklogRepository } from "./backlog-repository.ts";
import type { BatchRepository } from "./batch-repository.ts";
import { createBatchRepository } from "./batch-repository.ts";
import type { CalendarRepository } from "./calendar-repository.ts";
import { createCalendarRepository } from "./calendar-repository.ts";
import type { CallLogRepository } from "./call-log.ts";
import { createCallLogRepository } from "./call-log-repository.ts";
import { createCheckpointer } from "./checkpointer.ts";
import type { DocumentRepository } from "./document-repository.ts";
import { createDocumentRepository } from "./document-repository.ts";
import type { EventRepository } from "./event-repository.ts";
import { createEventRepository } from "./event-repository.ts";
import type { ExecutionRepository } from "./execution-repository.ts";
import { createExecutionRepository } from "./execution-repository.ts";
import type { FileRepository } from "./file-repository.ts";
import { createFileRepository } from "./file-repository.ts";
import type { IgnoreFileRepository } from "./ignore-file-repository.ts";
import { createIgnoreFileRepository } from "./ignore-file-repository.ts";
import { createIndexRepository } from "./index-repository.ts";
import { createJobStore } from "./job-store.ts";
import type { LeaseRepository } from "./lease-repository.ts";
import { createLeaseRepository } from "./lease-repository.ts";
import type { LibraryRepository } from "./library-repository.ts";
import { createLibraryRepository } from "./library-repository.ts";
import { migrate, readSchemaVersion, refuseNewerSchema, schemaVersionReader } from "./migrations.ts";
import { NodeSqliteDialect, whenFree } from "./node-sqlite-dialect.ts";
import { createOwner } from "./owner.ts";
import type { NullSetRepository } from "./null-set-repository.ts";
import { createNullSetRepository } from "./null-set-repository.ts";
import { settleGroups } from "./photo-groups.ts";
import type { PhotoRepository } from "./photo-repository.ts";
import { createPhotoRepository } from "./photo-repository.ts";
import type { PresenceRepository } from "./presence-repository.ts";
import { createPresenceRepository } from "./presence-repository.ts";
import type { ProcessJobRepository } from "./process-job-repository.ts";
import { createProcessJobRepository } from "./process-job-repository.ts";
import type { ProposalRepository } from "./proposal-repository.ts";
import { createProposalRepository } from "./proposal-repository.ts";
import { createProviderRepository } from "./provider-repository.ts";
import type { ResultRepository } from "./result-repository.ts";
import { createResultRepository } from "./result-repository.ts";
import type { ReviewRepository } from "./review-repository.ts";
import { createReviewRepository } from "./review-repository.ts";
import type { RootRepository } from "./root-repository.ts";
import { createRootRepository } from "./root-repository.ts";
import type { ScanRepository } from "./scan-repository.ts";
import { createScanRepository } from "./scan-repository.ts";
import { createSearchRepository } from "./search-repository.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { SidecarRepository } from "./sidecar-repository.ts";
import { createSidecarRepository } from "./sidecar-repository.ts";
import type { StatusRepository } from "./status-repository.ts";
import { createStatusRepository } from "./status-repository.ts";
import type { SubjectRepository } from "./subject-repository.ts";
import { createSubjectRepository } from "./subject-repository.ts";
import type { SuggestionRepository } from "./suggestion-repository.ts";
import { createSuggestionRepository } from "./suggestion-repository.ts";
import type { TagRepository } from "./tag-repository.ts";
import { createTagRepository } from "./tag-repository.ts";
import type { TodoRepository } from "./todo-repository.ts";
import { createTodoRepository } from "./todo-repository.ts";
import type { VectorKeyRepository } from "./vector-key-repository.ts";
import { createVectorKeyRepository } from "./vector-key-repository.ts";
import type { WatchRepository } from "./watch-repository.ts";
import { createWatchRepository } from "./watch-repository.ts";

/** Longer waits are asynchronous, see node-sqlite-dialect.ts: this one blocks the thread. */
const BUSY_TIMEOUT_MS = 40;
/** Rows are keyed by hashes, so a commit touches pages all over the file: SQLite's 2 MB would be read again each time. */
const PAGE_CACHE_KIB = 8192;

export interface Catalogue extends AsyncDisposable {
  readonly path: string;
  /** Names this handle in the leases it takes. */
  readonly owner: string;
  readonly administration: AdministrationRepository;
  readonly agent: AgentRepository;
  readonly backlog: BacklogRepository;
  readonly batches: BatchRepository;
  readonly calls: CallLogRepository;
  readonly albums: AlbumRepository;
  readonly calendar: CalendarRepository;
  readonly documents: DocumentRepository;
  readonly events: EventRepository;
  readonly executions: ExecutionRepository;
  readonly files: FileRepository;
  readonly ignoreFiles: IgnoreFileRepository;
  readonly index: IndexSource;
  readonly jobs: JobStore;
  readonly leases: LeaseRepository;
  readonly library: LibraryRepository;
  readonly nullSets: NullSetRepository;
  readonly photos: PhotoRepository;
  readonly presence: PresenceRepository;
  readonly processJobs: ProcessJobRepository;
  readonly proposals: ProposalRepository;
  readonly providers: ProviderStore;
  readonly results: ResultRepository;
  readonly reviews: ReviewRepository;
  readonly roots: RootRepository;
  readonly scans: ScanRepository;
  readonly search: SearchCatalogue;
  readonly sidecars: SidecarRepository;
  readonly status: StatusRepository;
  readonly subjects: SubjectRepository;
  readonly suggestions: SuggestionRepository;
  readonly tags: TagRepository;
  readonly todo: TodoRepository;
  readonly vectorKeys: VectorKeyRepository;
  readonly watches: WatchRepository;
}

export interface CatalogueOptions {
  readonly path: string;
  readonly clock?: Clock;
}

const openDatabase = async (path: string): Promise<DatabaseSync> => {
  const { DatabaseSync: Database } = await import("node:sqlite");
  try {
    await mkdir(dirname(path), { recursive: true });
    return new Database(path, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw openFailure(path, error);
  }
};

const openFailure = (path: string, cause: unknown): StorageError => {
  if (isDiskFull(cause)) {
    return new StorageError("The disk is full: the library could not be opened.", {
      cause,
      hint: "Free some space or set PHOTON_HOME to a folder on another disk, then run the command again.",
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`The library's catalogue could not be opened: ${reason}.`, {
    cause,
    hint: existsSync(path)
      ? 'Run "photon doctor". If the file is damaged, restore it from a backup or move it away to start a new library; photos are never touched.'
      : "Check that the data folder exists and is writable, or set PHOTON_HOME to one that is.",
  });
};

const configure = (database: DatabaseSync): void => {
  refuseNewerSchema(readSchemaVersion(database));
  database.exec("pragma journal_mode = wal");
  database.exec("pragma synchronous = normal");
  database.exec("pragma foreign_keys = on");
  database.exec(`pragma cache_size = -${PAGE_CACHE_KIB}`);
};

export const openCatalogue = async (options: CatalogueOptions): Promise<Catalogue> => {
  const { path, clock = systemClock } = options;
  const database = await openDatabase(path);
  try {
    await whenFree(clock, () => configure(database));
    // A newer photon may have migrated the library while this process was running.
    const readVersion = schemaVersionReader(database);
    const beforeWrite = (): void => refuseNewerSchema(readVersion());
    const checkpointer = createCheckpointer(database, path);
    let commits = 0;
    const afterCommit = (): void => {
      commits += 1;
      checkpointer.committed();
    };
    const dialect = new NodeSqliteDialect({ database, clock, beforeWrite, afterCommit });
    const kysely = new Kysely<CatalogueSchema>({ dialect });
    const backupPath = (version: number): string => `${path}.v${version}.${clock.now()}-${process.pid}.bak`;
    await migrate(database, kysely as Kysely<unknown>, backupPath);
    return {
      ...createRepositories(kysely, { path, clock, commits: () => commits }),
      [Symbol.asyncDispose]: async () => {
        await checkpointer[Symbol.asyncDispose]();
        await kysely.destroy();
        if (database.isOpen) database.close(); // Kysely closes nothing when nothing was asked
      },
    };
  } catch (error) {
    if (database.isOpen) database.close();
    throw error instanceof StorageError ? error : openFailure(path, error);
  }
};

const createRepositories = (
  kysely: Kysely<CatalogueSchema>,
  { path, clock, commits }: { readonly path: string; readonly clock: Clock; readonly commits: () => number },
): Omit<Catalogue, keyof AsyncDisposable> => {
  const owner = createOwner();
  const index = createIndexRepository(kysely, clock, () => settleGroups(kysely, clock));
  const library = createLibraryRepository(kysely, clock);
  const photos = createPhotoRepository(kysely, clock);
  return {
    path,
    owner,
    administration: createAdministrationRepository(kysely, clock),
    agent: createAgentRepository(kysely, clock),
    backlog: createBacklogRepository(kysely, clock),
    batches: createBatchRepository(kysely, owner, clock),
    calls: createCallLogRepository(kysely, owner, clock),
    albums: createAlbumRepository(kysely, clock),
    calendar: createCalendarRepository(kysely, clock),
    documents: createDocumentRepository(kysely, clock),
    events: createEventRepository(kysely, clock),
    executions: createExecutionRepository(kysely, owner, clock),
    files: createFileRepository(kysely, owner, clock),
    ignoreFiles: createIgnoreFileRepository(kysely),
    index,
    jobs: createJobStore(kysely, clock, commits),
    leases: createLeaseRepository(kysely, owner, clock),
    library,
    nullSets: createNullSetRepository(kysely, clock),
    photos,
    presence: createPresenceRepository(kysely, owner, clock),
    processJobs: createProcessJobRepository(kysely, owner, clock),
    proposals: createProposalRepository(kysely, clock),
    providers: createProviderRepository(kysely, clock),
    results: createResultRepository(kysely),
    reviews: createReviewRepository(kysely),
    roots: createRootRepository(kysely, clock),
    scans: createScanRepository(kysely, clock),
    search: createSearchRepository(kysely, { index, library, photos, clock }),
    sidecars: createSidecarRepository(kysely, clock),
    status: createStatusRepository(kysely, clock),
    subjects: createSubjectRepository(kysely, clock),
    suggestions: createSuggestionRepository(kysely),
    tags: createTagRepository(kysely, clock),
    todo: createTodoRepository(kysely, clock),
    vectorKeys: createVectorKeyRepository(kysely, clock),
    watches: createWatchRepository(kysely, clock),
  };
};
