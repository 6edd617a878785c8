import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, Navigate } from "react-router";
import { addresses, refOf } from "@/addresses";
import { bucketsQuery } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { useIsPhone } from "@/kit/media";
import { View } from "@/frame/View";
import { Blank, Button, Icon, type IconName, Name } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { BucketIcon } from "./FileIcon";
import styles from "./FirstView.module.css";
import { Skeletons, Unreachable } from "./FolderStates";
import { useLate } from "./lately";

const NewBucketDialog = lazy(() => import("./NewBucketDialog"));

/** All files: on wide screens, where the places are beside it, the first bucket; on the phone the buckets. Who has none is shown how to begin. */
export function FirstView() {
  const buckets = useQuery(bucketsQuery);
  const isPhone = useIsPhone();
  const isLate = useLate(buckets.isPending);
  const [isMaking, make] = useState(false);
  const first = buckets.data?.[0];
  if (first && !isPhone) return <Navigate to={addresses.files(refOf(first))} replace />;
  return (
    <View title="All files" heading="All files">
      {first && buckets.data ? (
        <Buckets buckets={buckets.data} onNew={() => make(true)} />
      ) : buckets.data ? (
        <Welcome onNew={() => make(true)} />
      ) : buckets.error ? (
        <Unreachable what="Your files" query={buckets} />
      ) : (
        isLate && <Skeletons />
      )}
      <Suspense>{isMaking && <NewBucketDialog onClose={() => make(false)} />}</Suspense>
    </View>
  );
}

function Buckets({ buckets, onNew }: { buckets: readonly BucketWire[]; onNew: () => void }) {
  return (
    <div className={styles.buckets}>
      <ul>
        {buckets.map((bucket) => (
          <li key={bucket.id} data-drop-bucket={refOf(bucket)} data-drop-prefix="">
            <Link to={addresses.files(refOf(bucket))}>
              <BucketIcon />
              <span className={styles.title}>
                <Name name={bucket.title || bucket.name} />
                <span className={styles.facts}>
                  {counted(bucket.files, "file")} · {formatBytes(bucket.logical_bytes)}
                </span>
              </span>
            </Link>
          </li>
        ))}
        <li>
          <Link to={addresses.trash}>
            <span className={styles.kind}>
              <Icon name="trash" />
            </span>
            <span className={styles.title}>Trash</span>
          </Link>
        </li>
      </ul>
      <Button icon="plus" onClick={onNew}>
        New bucket
      </Button>
    </div>
  );
}

function Welcome({ onNew }: { onNew: () => void }) {
  const ways: [IconName, string, string, string][] = [
    ["terminal", "Use the command line", "Copy whole folders, from any computer.", `cairn login ${location.origin}`],
    ["user", "Share a bucket", "Others see its files, or change them too.", "Bucket settings → Members"],
    ["key", "Use the API", "Every button here is a request you can make.", "Account → Tokens"],
  ];
  return (
    <div className={styles.welcome}>
      <Blank
        title="Welcome. Put your first files here."
        acts={
          <Button look="primary" icon="plus" onClick={onNew}>
            New bucket
          </Button>
        }
      >
        Make a bucket, a top folder of your own. Then drop files or folders anywhere on this page: each part is checked when it arrives, and again later.
      </Blank>
      <ul className={styles.ways}>
        {ways.map(([icon, title, text, code]) => (
          <li key={title}>
            <h3>
              <Icon name={icon} small /> {title}
            </h3>
            <p>{text}</p>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
