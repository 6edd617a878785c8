import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { addresses, refOf } from "@/addresses";
import { ApiProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { View } from "@/frame/View";
import { Button, Name } from "@/kit";
import { baseOf, shownName } from "@/kit/names";
import { UploadButtons, useUploadTarget } from "@/upload";
import { Crumbs } from "./Crumbs";
import { EmptyFolder } from "./EmptyFolder";
import { FileBrowser } from "./FileBrowser";
import { FolderFacts } from "./FolderFacts";
import { NoSuch, Skeletons, Unreachable } from "./FolderStates";
import { FolderTools } from "./FolderTools";
import { useLate } from "./lately";
import type { Row } from "./rows";
import { orderIn } from "./sorting";
import { useActions } from "./useActions";
import { useFolder } from "./useFolder";
import { useKeptScroll } from "./useKeptScroll";
import { useViewKeys } from "./useViewKeys";

const NewFolderDialog = lazy(() => import("./NewFolderDialog"));

/** One folder, in every state it can be in. */
export function Folder({ bucket, prefix }: { bucket: BucketWire; prefix: string }) {
  const [search] = useSearchParams();
  const order = orderIn(search);
  const { listing, rows, facts, own } = useFolder(bucket, prefix, order);
  const [isNaming, name] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const actions = useActions(bucket);
  const isLate = useLate(listing.isPending);
  useKeptScroll(scroller, `${bucket.id}/${prefix}?${order.column}${order.isDescending ? " down" : ""}`, rows.length);
  const bucketOf = useCallback(() => bucket, [bucket]);
  const addressOf = useCallback((row: Row): string => addressIn(bucket, prefix, search, row), [bucket, prefix, search]);

  const newFolder = bucket.role === "viewer" ? null : () => name(true);
  useViewKeys({ bucket, prefix, actions, newFolder, count: rows.length });
  useUploadTarget(newFolder ? { bucket: refOf(bucket), prefix } : null);

  const isWhole = listing.data?.isWhole ?? false;
  const isEmpty = isWhole && rows.length === 0;
  if (isEmpty && prefix !== "" && listing.data?.marker === null && own.size === 0) return <NoSuch what="folder" />;
  if (listing.error instanceof ApiProblem && listing.error.status === 404 && !listing.data) return <NoSuch what="bucket" />;
  const heading = prefix === "" ? bucket.title || bucket.name : baseOf(prefix);
  return (
    <View
      title={shownName(heading)}
      heading={<Name name={heading} clip={false} />}
      facts={listing.data && <FolderFacts bucket={bucket} prefix={prefix} listing={listing.data} facts={facts} />}
      crumbs={<Crumbs bucket={bucket} prefix={prefix} />}
      tools={<FolderTools bucket={bucket} prefix={prefix} onNewFolder={newFolder} />}
      acts={
        newFolder &&
        listing.data && (
          <>
            {!isEmpty && (
              <Button icon="folder-plus" onClick={newFolder}>
                New folder
              </Button>
            )}
            <UploadButtons />
          </>
        )
      }
      scroller={scroller}
    >
      {isEmpty ? (
        <EmptyFolder onNewFolder={newFolder} />
      ) : listing.data ? (
        <FileBrowser
          label={`Files in ${shownName(heading)}`}
          rows={rows}
          own={own}
          isWhole={isWhole}
          scroller={scroller}
          here={{ bucket, prefix }}
          bucketOf={bucketOf}
          addressOf={addressOf}
        />
      ) : listing.error ? (
        <Unreachable what="This folder" query={listing} />
      ) : (
        isLate && <Skeletons />
      )}
      <Suspense>{isNaming && <NewFolderDialog rows={rows} onClose={() => name(false)} onName={(folder) => void actions.makeFolder(prefix, folder)} />}</Suspense>
    </View>
  );
}

/** Of a folder: its own, in the same order. Of a file: here, with a preview of it. */
function addressIn(bucket: BucketWire, prefix: string, search: URLSearchParams, row: Row): string {
  const after = new URLSearchParams([...search].filter(([name]) => name === "sort" || name === "order" || (name === "details" && row.kind === "file")));
  if (row.kind === "file") after.set("preview", row.key);
  const query = after.size > 0 ? `?${after.toString()}` : "";
  return addresses.files(refOf(bucket), row.kind === "folder" ? row.path : prefix) + query;
}
