/** Trains a vector index in the folder it is given, as the committer does or as LanceDB alone does. */
import { systemClock } from "../../../src/clock.ts";
import { maintainTable, VECTOR_INDEX_FROM_ROWS } from "../../../src/vectors/indexes.ts";
import { connectTo, loadLanceDb } from "../../../src/vectors/lancedb.ts";

const DIMENSION = 8;
const [directory = "", way] = process.argv.slice(2);
const connection = await connectTo(directory);
const rows = Array.from({ length: VECTOR_INDEX_FROM_ROWS }, (_, row) => ({
  id: row,
  vector: Array.from({ length: DIMENSION }, (_value, axis) => Math.sin(row * 12.9898 + axis * 78.233)),
}));
const table = await connection.createTable("photos", rows);
if (way === "bare") {
  const { Index: index } = await loadLanceDb();
  await table.createIndex("vector", { config: index.ivfRq({ distanceType: "cosine" }) });
} else {
  const { trained } = await maintainTable(table, { clock: systemClock, dimension: DIMENSION, time: "now" });
  if (!trained) throw new Error("No vector index was trained.");
}
table.close();
connection.close();
