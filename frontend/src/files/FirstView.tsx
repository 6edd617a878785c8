import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { addresses } from "@/addresses";
import { bucketsQuery } from "@/api/queries";
import { View } from "@/frame/View";
import { Blank } from "@/kit";

/** The first bucket, or what to do where there is none yet. */
export function FirstView() {
  const buckets = useQuery(bucketsQuery);
  const first = buckets.data?.[0];
  if (first) return <Navigate to={addresses.files(first.name)} replace />;
  return (
    <View title="Files" heading="Files">
      {buckets.data && <Blank title="Nothing here yet" />}
    </View>
  );
}
