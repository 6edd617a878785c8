import { Link } from "react-router";
import { addresses, refOf } from "@/addresses";
import type { BucketWire, EventWire } from "@/api/schema";
import { Name } from "@/kit";
import { parentOf } from "@/kit/names";

/** The file that an event is about, as a link to its details where the reader may see it. */
export function EventName({ event, buckets }: { event: EventWire; buckets: readonly BucketWire[] }) {
  const bucket = buckets.find((one) => one.id === event.bucket_id);
  const title = bucket ? bucket.title || bucket.name : (event.bucket ?? "A bucket that is gone");
  if (event.path === null) return <Name name={title} />;
  const name = `${title} / ${event.path.replaceAll("/", " / ")}`;
  if (!bucket) return <Name name={name} />;
  return (
    <Link to={placeOf(event, bucket, "details")}>
      <Name name={name} />
    </Link>
  );
}

/** The file's folder, with its details or versions open. */
export const placeOf = (event: EventWire, bucket: BucketWire, what: "details" | "versions"): string =>
  `${addresses.files(refOf(bucket), parentOf(event.path ?? ""))}?${what}=${event.file_id ?? ""}`;
