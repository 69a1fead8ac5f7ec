/** A better model lies installed: the library changes to it only when it is told to. */
export const betterModelText = (id: string): string =>
  `${id} is installed and finds more than the model in use: \`photon models use ${id}\` changes to it, with --dry-run it shows what that takes.`;
