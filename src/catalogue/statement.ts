/**
 * Statements that run for every job, call or photo. Building one with Kysely costs several times what SQLite takes to
 * run it, so their text is built once, with named places for the values.
 */
import type {
  CompiledQuery,
  Insertable,
  QueryExecutorProvider,
  QueryResult,
  RawBuilder,
  Selectable,
  Updateable,
} from "kysely";
import { DummyDriver, Kysely, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { InternalError } from "../errors.ts";
import { executeDirectly } from "./node-sqlite-dialect.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

/** Stands for a value while the text is built. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a statement is built with in place of values. */
export type Given<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

interface Buildable<Row> {
  compile(database: QueryExecutorProvider): CompiledQuery<Row>;
}

export interface Statement<Values, Row> {
  readonly all: (database: Database, values: Values) => Promise<readonly Row[]>;
  readonly first: (database: Database, values: Values) => Promise<Row | undefined>;
  /** Returns how many rows it changed. */
  readonly run: (database: Database, values: Values) => Promise<number>;
}

/**
 * Only places are bound. What stays the same is written out: SQLite plans a statement anew for each value bound to a
 * column that a partial index asks about (a state, mostly), which takes ten times as long as running it.
 */
class PlacesOnlyCompiler extends SqliteQueryCompiler {
  protected override appendValue(value: unknown): void {
    if (value instanceof Place) super.appendValue(value);
    else this.appendImmediateValue(value);
  }
}

/** Builds statements, runs none. */
const builder: Database = new Kysely<CatalogueSchema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new PlacesOnlyCompiler(),
  },
});

const placesOf = <Values>(): Given<Values> =>
  new Proxy({} as Given<Values>, {
    get: (_target, name) => sql`${new Place(String(name))}`, // any name is a place
    ownKeys: () => {
      throw new InternalError("Expected the names of places, received a spread: nobody knows which there are.");
    },
  });

/** A missing value would be bound as NULL without a word. */
const valueOf = (values: Readonly<Record<string, unknown>>, { name }: Place): unknown => {
  if (!Object.hasOwn(values, name)) {
    throw new InternalError(`Expected a value for ${name} of a statement, received none.`);
  }
  return values[name];
};

const bound = <Row>(built: CompiledQuery<Row>, values: Readonly<Record<string, unknown>>): CompiledQuery<Row> => ({
  ...built,
  parameters: built.parameters.map((value) => (value instanceof Place ? valueOf(values, value) : value)),
});

/** @param build is called once, at the first use */
export const statement = <Values extends object, Row>(
  build: (database: Database, given: Given<Values>) => Buildable<Row>,
): Statement<Values, Row> => {
  let built: CompiledQuery<Row> | undefined;
  const bind = (values: Values): CompiledQuery<Row> => {
    built ??= build(builder, placesOf<Values>()).compile(builder);
    return bound(built, values as Readonly<Record<string, unknown>>); // places have the names of its keys
  };
  return {
    all: async (database, values) => (await executeDirectly(database, bind(values))).rows,
    first: async (database, values) => (await executeDirectly(database, bind(values))).rows[0],
    run: async (database, values) => Number((await executeDirectly(database, bind(values))).numAffectedRows ?? 0),
  };
};

type Table = keyof CatalogueSchema;
type Columns = Readonly<Record<string, unknown>>;

/** Statements that differ in the columns they are given. */
const statementOfColumns = (build: (columns: Columns) => Buildable<unknown>) => {
  const known = new Map<string, CompiledQuery>();
  return (database: Database, columns: Columns): Promise<QueryResult<unknown>> => {
    const names = Object.keys(columns);
    const key = names.join();
    const before = known.get(key);
    const built = before ?? build(Object.fromEntries(names.map((name) => [name, new Place(name)]))).compile(builder);
    if (before === undefined) known.set(key, built);
    return executeDirectly(database, bound(built, columns));
  };
};

/** Inserts single rows; columns that are left out get their defaults. */
export const insertStatement = <Name extends Table>(
  table: Name,
): ((database: Database, row: Insertable<CatalogueSchema[Name]>) => Promise<void>) => {
  const insert = statementOfColumns(
    (columns) =>
      sql`insert into ${sql.table(table)} (${sql.join(Object.keys(columns).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(columns))})`,
  );
  return async (database, row) => {
    await insert(database, row);
  };
};

/** Changes the row with this key. */
export const updateStatement = <Name extends Table, Key extends keyof Selectable<CatalogueSchema[Name]> & string>(
  table: Name,
  keys: readonly Key[],
): ((
  database: Database,
  key: Pick<Selectable<CatalogueSchema[Name]>, Key>,
  change: Omit<Updateable<CatalogueSchema[Name]>, Key>,
) => Promise<void>) => {
  const update = statementOfColumns((columns) => {
    const equal = (name: string) => sql`${sql.ref(name)} = ${columns[name]}`;
    const changed = Object.keys(columns).filter((name) => !keys.some((key) => key === name));
    return sql`update ${sql.table(table)} set ${sql.join(changed.map(equal))} where ${sql.join(keys.map(equal), sql` and `)}`;
  });
  return async (database, key, change) => {
    await update(database, { ...change, ...key });
  };
};

/** For `column in ...`: a list that is given as the text of a JSON array. */
export const givenList = <Value extends string | number>(json: RawBuilder<string>): RawBuilder<Value> =>
  sql<Value>`(select value from json_each(${json}))`;
