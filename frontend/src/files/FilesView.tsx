import { useQuery } from "@tanstack/react-query";
import { isCalled } from "@/addresses";
import { bucketsQuery } from "@/api/queries";
import { View } from "@/frame/View";
import { Folder } from "./Folder";
import { NoSuch, Skeletons, Unreachable } from "./FolderStates";
import { useLate } from "./lately";
import { nameKnown, primeListing } from "./listing";
import { type Place, usePlace } from "./place";

/** A folder of a bucket, as the address names it. */
export function FilesView() {
  const place = usePlace();
  return place ? <AtPlace place={place} /> : <NoSuch what="folder" />;
}

function AtPlace({ place }: { place: Place }) {
  const buckets = useQuery(bucketsQuery);
  const isLate = useLate(buckets.isPending);
  if (!buckets.data) {
    if (!buckets.error) primeListing(place.bucket, place.prefix);
    return (
      <View title="Files" heading="">
        {buckets.error ? <Unreachable what="This folder" query={buckets} /> : isLate && <Skeletons />}
      </View>
    );
  }
  const known = buckets.data;
  const called = known.find((one) => isCalled(one, place.bucket));
  const bucket = called ?? known.find((one) => one.name === place.bucket);
  if (!bucket) return <NoSuch what="bucket" />;
  if (called) nameKnown(bucket.id, place.bucket);
  // Another folder is another list: nothing of the last one's selection or scrolling is left.
  return <Folder key={`${bucket.id}/${place.prefix}`} bucket={bucket} prefix={place.prefix} />;
}
