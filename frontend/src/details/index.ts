export { DetailsOutlet } from "./DetailsOutlet";
export { contentAddress, downloadArchive, downloadFile, versionAddress } from "./download";
