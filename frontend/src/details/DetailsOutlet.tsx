import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";
import type { BucketWire, ListedEntryWire } from "@/api/schema";

// None of these is part of the first view.
const Panel = lazy(() => import("./Panel"));
const Versions = lazy(() => import("./Versions"));
const Preview = lazy(() => import("@/preview/Preview"));

interface DetailsOutletProps {
  bucket: BucketWire;
  prefix: string;
  entries: readonly ListedEntryWire[]; // as listed: the arrows of a preview follow them
  selection: ReadonlySet<string>; // ids of files, paths of folders with their slash
  onClose: () => void; // takes `details` out of the address
}

/** What the address asks for beside a list: `details` of what is selected, `versions` of a file, a `preview` of it. */
export function DetailsOutlet({ bucket, prefix, entries, selection, onClose }: DetailsOutletProps) {
  const [search, setSearch] = useSearchParams();
  const [details, versions, preview] = [search.get("details"), search.get("versions"), search.get("preview")];
  const change = (name: string, value: string | null): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <Suspense>
      {details !== null && <Panel bucket={bucket} prefix={prefix} entries={entries} selection={selection} asked={details} onClose={onClose} onVersions={(file) => change("versions", file)} onPreview={(file) => change("preview", file)} />}
      {versions && <Versions bucket={bucket} file={versions} onClose={() => change("versions", null)} />}
      {preview && <Preview file={preview} bucket={bucket} entries={entries} onShow={(file) => change("preview", file)} onClose={() => change("preview", null)} />}
    </Suspense>
  );
}
