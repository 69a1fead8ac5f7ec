/** Opens a catalogue, writes into it, and says which schema it found. */
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";

const [path = "", folder = ""] = process.argv.slice(2);
await using catalogue = await openCatalogue({ path });
const root = await catalogue.roots.visit(Buffer.from(folder));
process.stdout.write(`${await catalogue.library.id()} ${root.path.toString()}\n`);
