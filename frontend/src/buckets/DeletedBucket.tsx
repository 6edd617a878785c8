import type { BucketWire } from "@/api/schema";
import { When } from "@/kit";
import { Section } from "./Section";
import { Standing, TakeBack } from "./TakeBack";

/** The settings of a bucket that is in the trash: it can be taken back, or one sees how it goes. */
export function DeletedBucket({ bucket }: { bucket: BucketWire }) {
  return (
    <Section title="Deleted" hint={bucket.deleted_at && <When at={bucket.deleted_at} />}>
      <Standing bucket={bucket} />
      <TakeBack bucket={bucket} />
    </Section>
  );
}
