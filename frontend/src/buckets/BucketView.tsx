import { View } from "@/frame/View";

export default function BucketView() {
  return (
    <View title="Bucket" heading="Bucket">
      <p />
    </View>
  );
}
