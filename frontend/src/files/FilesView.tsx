import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import { View } from "@/frame/View";
import { Name } from "@/kit";
import { shownName } from "@/kit/names";

/** A folder of a bucket. */
export function FilesView() {
  const { bucket = "", "*": path = "" } = useParams();
  const prefix = path && !path.endsWith("/") ? `${path}/` : path;
  const listing = useQuery({
    queryKey: keys.files(bucket, prefix),
    queryFn: () => held(api.GET("/api/v1/buckets/{bucket}/files", { params: { path: { bucket }, query: { prefix, delimiter: "/" } } })),
  });
  return (
    <View title={shownName(bucket)} heading={<Name name={bucket} />}>
      <ul>{listing.data?.items.map((file) => <li key={file.file_id}><Name name={file.path} /></li>)}</ul>
    </View>
  );
}
