/** Addresses of resources that are always there. */
export const STATUS_URI = "photon://status";
export const CONFIG_URI = "photon://config";
export const GALLERY_URI = "ui://photon/gallery.html";
