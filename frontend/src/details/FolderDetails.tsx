import { useQuery } from "@tanstack/react-query";
import type { BucketWire } from "@/api/schema";
import { Button, Name, Problem, Status, When } from "@/kit";
import { counted, formatBytes, formatCount, formatExactBytes } from "@/kit/format";
import { baseOf } from "@/kit/names";
import { downloadArchive } from "./download";
import styles from "./Panel.module.css";
import { folderQuery } from "./queries";

/** What lies in and below a folder, or in the whole bucket. */
export function FolderDetails({ bucket, prefix }: { bucket: BucketWire; prefix: string }) {
  const found = useQuery(folderQuery(bucket.id, prefix));
  const facts = found.data;
  const more = facts?.is_capped ? "more than " : "";
  return (
    <>
      <p className={styles.name}>
        <Name name={prefix === "" ? bucket.title || bucket.name : baseOf(prefix)} clip={false} />
      </p>
      {facts && <Standing failed={facts.failed} checking={facts.checking} files={facts.files} />}
      {found.error && <Problem>The folder cannot be counted at the moment.</Problem>}
      <div className={styles.acts}>
        <Button size="small" icon="download" onClick={() => downloadArchive(bucket.id, [prefix])}>
          Download
        </Button>
      </div>
      <h3>About</h3>
      <dl className={styles.facts}>
        <dt>Files</dt>
        <dd>{facts ? `${more}${formatCount(facts.files)}` : "being counted"}</dd>
        {facts && (
          <>
            <dt>Size</dt>
            <dd title={formatExactBytes(facts.logical_bytes)}>
              {more}
              {formatBytes(facts.logical_bytes)}
            </dd>
            <dt>Changed</dt>
            <dd>{facts.changed_at === null ? "never" : <When at={facts.changed_at} />}</dd>
          </>
        )}
        {prefix !== "" && (
          <>
            <dt>Where</dt>
            <dd>
              <Name name={prefix} clip={false} />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

function Standing({ failed, checking, files }: { failed: number; checking: number; files: number }) {
  if (failed > 0) return <Status kind="bad" word={`Failed: ${counted(failed, "file")}`} />;
  if (checking > 0) return <Status kind="busy" word="Checking" more={`${formatCount(checking)} of ${formatCount(files)}`} />;
  return files > 0 ? <Status kind="ok" word="Nothing failed" /> : null;
}
