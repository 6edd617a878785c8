import { Button, Icon } from "@/kit";
import { useIsPhone } from "@/kit/media";
import { choose } from "./chooser";
import { useCurrentTarget } from "./target";
import styles from "./UploadButtons.module.css";

/** "Upload", and beside it the same for a folder. On the phone the place in the middle stands for both. */
export function UploadButtons() {
  const isPhone = useIsPhone();
  const target = useCurrentTarget();
  if (isPhone || !target) return null;
  return (
    <span className={styles.join}>
      <Button look="primary" icon="upload" title="Upload (Alt U)" onClick={() => choose("file")}>
        Upload
      </Button>
      <Button look="primary" icon="folder" aria-label="Upload folder" title="Upload a folder" onClick={() => choose("folder")} />
    </span>
  );
}

/** The place in the middle of the phone's places. */
export function UploadTab() {
  const isPhone = useIsPhone();
  const target = useCurrentTarget();
  if (!isPhone) return null;
  return (
    <button type="button" className={styles.tab} aria-label="Upload" disabled={!target} onClick={() => choose("file")}>
      <Icon name="plus" />
    </button>
  );
}
