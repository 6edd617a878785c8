import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { bucketChanged, keys } from "@/api/queries";
import type { BucketWire, FileRecordWire, ListedEntryWire } from "@/api/schema";
import { iconOf } from "@/files/FileIcon";
import { FileStatus } from "@/files/FileStatus";
import { Button, Icon, IconButton, Name, Problem, When } from "@/kit";
import { formatExactBytes } from "@/kit/format";
import { baseOf } from "@/kit/names";
import { kindOf, typeName } from "@/preview/kinds";
import { isSmallImage } from "@/preview/Thumbnail";
import { Description } from "./Description";
import { downloadFile, versionAddress } from "./download";
import styles from "./Panel.module.css";
import { Parts } from "./Parts";
import { fileQuery } from "./queries";
import { ShortVersions } from "./ShortVersions";
import { Tags } from "./Tags";

interface FileDetailsProps {
  bucket: BucketWire;
  file: string;
  listed: ListedEntryWire | undefined; // shown until all is known
  onVersions: (file: string) => void;
  onPreview: (file: string) => void;
}

/** All that is known of one file. */
export function FileDetails({ bucket, file, listed, onVersions, onPreview }: FileDetailsProps) {
  const found = useQuery(fileQuery(bucket.id, file));
  const record = found.data;
  const entry = record ?? listed;
  if (!entry) {
    return found.error ? <Problem>{found.error instanceof ApiProblem && found.error.status === 404 ? "This file is not here any more." : "The details cannot be shown. The catalogue does not answer."}</Problem> : null;
  }
  const mayWrite = bucket.role !== "viewer" && entry.deleted_at === null;
  return (
    <>
      <Picture entry={entry} onPreview={() => onPreview(file)} />
      <p className={styles.name}>
        <Name name={baseOf(entry.path)} clip={false} />
      </p>
      <FileStatus entry={entry} />
      {entry.sync?.reason && <p className={styles.says}>{entry.sync.reason}</p>}
      <div className={styles.acts}>
        <Button size="small" icon="download" onClick={() => downloadFile(entry)}>
          Download
        </Button>
        <VerifyNow bucket={bucket.id} file={file} />
      </div>
      {record && (
        <>
          <Tags bucket={bucket.id} record={record} mayWrite={mayWrite} />
          <Description bucket={bucket.id} record={record} mayWrite={mayWrite} />
          <Parts bucket={bucket.id} record={record} />
          <ShortVersions bucket={bucket.id} file={file} onAll={() => onVersions(file)} />
          <About record={record} />
        </>
      )}
    </>
  );
}

/** The picture itself, or that there is something to look at. Nothing where the page cannot show what is in the file. */
function Picture({ entry, onPreview }: { entry: ListedEntryWire; onPreview: () => void }) {
  const kind = kindOf(entry);
  const [failed, setFailed] = useState("");
  const isPicture = kind === "image" && isSmallImage(entry) && failed !== entry.version_id;
  if (kind === null) return null;
  return (
    <button type="button" className={[styles.picture, isPicture ? "" : styles.plain].join(" ")} onClick={onPreview} aria-label="Preview">
      {isPicture ? <img src={versionAddress(entry.file_id, entry.version_id)} alt="" decoding="async" onError={() => setFailed(entry.version_id)} /> : <Icon name={iconOf(baseOf(entry.path), entry.content_type)} />}
    </button>
  );
}

/** Every byte is read again; how that goes is told by the status. */
function VerifyNow({ bucket, file }: { bucket: string; file: string }) {
  const [problem, setProblem] = useState<string>();
  const [isAsked, setAsked] = useState(false);
  const client = useQueryClient();
  async function verify() {
    setAsked(true);
    setProblem(undefined);
    try {
      await api.POST("/api/v1/files/{file_id}/verify", { params: { path: { file_id: file } } });
      await client.invalidateQueries({ queryKey: keys.file(bucket, file) });
      void bucketChanged(client, bucket);
    } catch (error) {
      setProblem(error instanceof ApiProblem ? error.message : "The check could not be asked for.");
    } finally {
      setAsked(false);
    }
  }
  return (
    <>
      <Button size="small" icon="shield" disabled={isAsked} onClick={() => void verify()}>
        Verify now
      </Button>
      {problem && <Problem>{problem}</Problem>}
    </>
  );
}

function About({ record }: { record: FileRecordWire }) {
  return (
    <>
      <h3>About</h3>
      <dl className={styles.facts}>
        <Fact name="Size" copy={`${record.size}`}>
          {formatExactBytes(record.size)}
        </Fact>
        <Fact name="Type">{typeName(record)}</Fact>
        <Fact name="Changed">
          <When at={record.modified_at ?? record.created_at} />
        </Fact>
        <Fact name="Here since">
          <When at={record.created_at} />
        </Fact>
        <Fact name="Verified">{record.verified_at === null ? "not yet" : <When at={record.verified_at} />}</Fact>
        <Fact name="Where" copy={record.path}>
          <Name name={record.path} clip={false} />
        </Fact>
        {record.content_hash !== null && (
          <Fact name="Content hash" copy={record.content_hash}>
            <span className={styles.hash}>{record.content_hash}</span>
          </Fact>
        )}
        {record.access === "public" && <Fact name="Access">anybody with the address</Fact>}
      </dl>
    </>
  );
}

function Fact({ name, copy, children }: { name: string; copy?: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={copy === undefined ? undefined : styles.copied}>
        {copy === undefined ? (
          children
        ) : (
          <>
            <span>{children}</span>
            <CopyButton what={name} text={copy} />
          </>
        )}
      </dd>
    </>
  );
}

/** Says for a moment that it has copied. The clipboard is there over HTTPS and on this machine only. */
function CopyButton({ what, text }: { what: string; text: string }) {
  const [isDone, setDone] = useState(false);
  if (!window.isSecureContext) return null;
  const label = `Copy ${what.toLocaleLowerCase()}`;
  return (
    <>
      <IconButton
        icon={isDone ? "ok" : "copy"}
        label={label}
        size="small"
        onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
        onBlur={() => setDone(false)}
      />
      <output className="visually-hidden">{isDone ? "Copied" : ""}</output>
    </>
  );
}
