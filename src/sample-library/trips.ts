/** The invented life of the library's owner: where and when, with which camera, and what there was to see. */
import type { SampleCamera, SamplePlace } from "./manifest.ts";
import type { SceneName } from "./scenes.ts";

export interface Trip {
  readonly folder: string;
  /** First day, `2024-07-12`. */
  readonly start: string;
  readonly days: number;
  readonly camera: SampleCamera | undefined;
  readonly place?: SamplePlace;
  /** Stated by the camera; older cameras know none. */
  readonly offset?: string;
  /** Name of the n-th picture without extension. */
  readonly fileName: (index: number, local: string) => string;
  readonly scenes: readonly SceneName[];
}

const FUJI: SampleCamera = { make: "FUJIFILM", model: "X-T5", lens: "XF16-55mmF2.8 R LM WR" };
const CANON: SampleCamera = { make: "Canon", model: "Canon EOS R6", lens: "RF24-105mm F4 L IS USM" };
const NIKON: SampleCamera = { make: "NIKON CORPORATION", model: "NIKON D750", lens: "24.0-120.0 mm f/4.0" };
const PHONE: SampleCamera = { make: "Google", model: "Pixel 8", lens: "Pixel 8 back camera 6.9mm f/1.68" };

const numbered =
  (prefix: string, start: number) =>
  (index: number): string =>
    `${prefix}${String(start + index * 5).padStart(4, "0")}`;
/** The last digits are milliseconds in real names; here they keep names apart. */
const stamped = (index: number, local: string): string =>
  `PXL_${local.replaceAll(/[-:]/g, "").replace("T", "_")}${String(index).padStart(3, "0")}`;

export const TRIPS: readonly Trip[] = [
  {
    folder: "2024/2024-07 Lisbon",
    start: "2024-07-12",
    days: 6,
    camera: FUJI,
    place: { name: "Lisbon", latitude: 38.7139, longitude: -9.1394 },
    offset: "+01:00",
    fileName: numbered("DSCF", 2041),
    scenes: ["harbour", "sunset", "beach", "food", "red-car", "city-night", "portrait"],
  },
  {
    folder: "2020/2020-01 Zermatt",
    start: "2020-01-18",
    days: 4,
    camera: NIKON,
    place: { name: "Zermatt", latitude: 46.0207, longitude: 7.7491 },
    fileName: numbered("DSC_", 512),
    scenes: ["snowy-mountains", "portrait", "food"],
  },
  {
    folder: "2022/2022-10 Kyoto",
    start: "2022-10-28",
    days: 7,
    camera: FUJI,
    place: { name: "Kyoto", latitude: 35.0116, longitude: 135.7681 },
    offset: "+09:00",
    fileName: numbered("DSCF", 811),
    scenes: ["autumn-alley", "rainy-window", "city-night", "food"],
  },
  {
    folder: "2021/2021-05 Black Forest",
    start: "2021-05-13",
    days: 3,
    camera: NIKON,
    place: { name: "Black Forest", latitude: 48.0736, longitude: 8.2112 },
    fileName: numbered("DSC_", 1204),
    scenes: ["forest", "flower-meadow", "dog", "camping-night"],
  },
  {
    folder: "2019/2019-08 Brittany",
    start: "2019-08-03",
    days: 9,
    camera: NIKON,
    fileName: numbered("DSC_", 88),
    scenes: ["lighthouse", "beach", "harbour", "sunset"],
  },
  {
    folder: "2023/2023-03 Wadi Rum",
    start: "2023-03-21",
    days: 4,
    camera: CANON,
    place: { name: "Wadi Rum", latitude: 29.5765, longitude: 35.42 },
    offset: "+03:00",
    fileName: numbered("IMG_", 3311),
    scenes: ["desert", "camping-night", "hot-air-balloons"],
  },
  {
    folder: "2023/2023-11 Birthday Mia",
    start: "2023-11-25",
    days: 1,
    camera: PHONE,
    offset: "+01:00",
    fileName: stamped,
    scenes: ["birthday-cake", "portrait", "cat"],
  },
  {
    folder: "2024/2024-12 New Year Berlin",
    start: "2024-12-31",
    days: 1,
    camera: CANON,
    place: { name: "Berlin", latitude: 52.5163, longitude: 13.3777 },
    offset: "+01:00",
    fileName: numbered("IMG_", 5120),
    scenes: ["fireworks", "city-night"],
  },
  {
    folder: "Phone/Camera",
    start: "2024-01-06",
    days: 80,
    camera: PHONE,
    place: { name: "Freiburg", latitude: 47.999, longitude: 7.8421 },
    offset: "+01:00",
    fileName: stamped,
    scenes: ["cat", "dog", "flower-meadow", "rainy-window", "red-car", "food"],
  },
  {
    folder: "Phone/Screenshots",
    start: "2024-07-10",
    days: 60,
    camera: undefined,
    fileName: (index, local) => stamped(index, local).replace("PXL_", "Screenshot_"),
    scenes: ["screenshot"],
  },
  {
    folder: "Documents",
    start: "2024-03-05",
    days: 120,
    camera: PHONE,
    fileName: (index) => `Scan ${index + 1}`,
    scenes: ["receipt"],
  },
];
