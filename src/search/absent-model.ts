/** What people are told when the files of the library's model are gone. Its vectors are kept. */

export const absentModelText = (modelId: string): string =>
  `The files of this library's model ${modelId} are not installed, so pictures cannot be searched by what they show; nothing of the library is lost.`;

export const absentModelHint = (modelId: string): string =>
  `Install it again ("photon models download ${modelId}"), or turn to another one: "photon models list", then "photon models use <id>". Words and filters work meanwhile.`;
