/** Holds a lock of a database, `immediate` (against writers) or `exclusive`: says "held", lets go when stdin ends. */
import { DatabaseSync } from "node:sqlite";

const [path = "", lock = "immediate"] = process.argv.slice(2);
const database = new DatabaseSync(path);
database.exec(`begin ${lock}`);
process.stdout.write("held\n");
process.stdin.resume();
process.stdin.once("end", () => {
  database.exec("rollback");
  database.close();
});
