/** What people are told about better models. The library changes to one only when it is told to. */

/** What `photon models download` gets. */
export const RECOMMENDED_MODEL = "siglip2-base-patch16-224";

export const betterModelText = (id: string): string =>
  `${id} is installed and finds more than the model in use: \`photon models use ${id}\` changes to it, with --dry-run it shows what that takes.`;

/** For people whose model is the one that comes with photon. */
export const basicModelText = `photon-mini, which comes with photon, is a basic model: it knows everyday things and gets finer ones wrong. \`photon models download\` installs a better one, ${RECOMMENDED_MODEL}, after showing its size and asking.`;
