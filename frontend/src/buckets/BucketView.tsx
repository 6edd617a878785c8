import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { addresses, refOf } from "@/addresses";
import { ApiProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { View } from "@/frame/View";
import { Blank, Button, Name } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { shownName } from "@/kit/names";
import { BucketStatistics } from "./BucketStatistics";
import styles from "./Buckets.module.css";
import { DeletedBucket } from "./DeletedBucket";
import { DeleteSection } from "./DeleteSection";
import { Members } from "./Members";
import { Naming } from "./Naming";
import { bucketQuery } from "./queries";
import { Retention } from "./Retention";
import { Section, Sections } from "./Section";
import { Twins } from "./Twins";
import { VerifyAll } from "./VerifyAll";

/** The settings of one bucket. */
export default function BucketView() {
  const { bucket: ref = "" } = useParams();
  const found = useQuery(bucketQuery(ref));
  const bucket = found.data;
  const title = bucket ? bucket.title || bucket.name : ref;
  return (
    <View
      title={shownName(title)}
      heading={<Name name={title} />}
      crumbs={bucket && bucket.deleted_at === null && <Link to={addresses.files(refOf(bucket))}>Files of this bucket</Link>}
      facts={bucket && `${counted(bucket.files, "file")} · ${formatBytes(bucket.logical_bytes)} · ${counted(bucket.versions, "version")}`}
    >
      {bucket ? bucket.deleted_at === null ? <Settings key={bucket.id} bucket={bucket} /> : <Sections><DeletedBucket bucket={bucket} /></Sections> : found.error && <Missing error={found.error} onRetry={() => void found.refetch()} />}
    </View>
  );
}

function Settings({ bucket }: { bucket: BucketWire }) {
  const isOwner = bucket.role === "owner";
  return (
    <Sections>
      {!isOwner && <p className={styles.note}>This bucket is shared with you. Only its owner changes its settings.</p>}
      <Naming bucket={bucket} mayChange={isOwner} />
      <Retention bucket={bucket} mayChange={isOwner} />
      <Section title="Parts" hint="Chosen when the bucket was made; it stays.">
        <p className={styles.note}>
          {bucket.chunking === "fixed"
            ? "Files are cut every 1 MiB. What changes in the middle of a file sends little; what is inserted sends the rest."
            : "Files are cut by their content. What is inserted into a file sends little more than itself."}
        </p>
      </Section>
      {isOwner && <Members bucket={bucket} />}
      <BucketStatistics bucket={bucket} />
      <Twins bucket={bucket} />
      {bucket.role !== "viewer" && <VerifyAll bucket={bucket} />}
      {isOwner && <DeleteSection bucket={bucket} />}
    </Sections>
  );
}

function Missing({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiProblem && error.status === 404) return <Blank title="There is no such bucket">It may have been renamed or deleted, or it is shared with you no more.</Blank>;
  return (
    <Blank title="These settings cannot be shown" alert acts={<Button onClick={onRetry}>Try again</Button>}>
      The catalogue does not answer. Your files are not affected.
    </Blank>
  );
}
