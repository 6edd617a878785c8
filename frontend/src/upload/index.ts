export { useUploadTarget } from "./target";
export { UploadButtons, UploadTab } from "./UploadButtons";
export { Uploads } from "./Uploads";
export { unfinished } from "./uploads";
