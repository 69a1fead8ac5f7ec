/** Holds the write lock of a database: says "held", lets go when stdin ends. */
import { DatabaseSync } from "node:sqlite";

const [path = ""] = process.argv.slice(2);
const database = new DatabaseSync(path);
database.exec("begin immediate");
process.stdout.write("held\n");
process.stdin.resume();
process.stdin.once("end", () => {
  database.exec("rollback");
  database.close();
});
