import { View } from "@/frame/View";

export default function StatusView() {
  return (
    <View title="Sync status" heading="Sync status">
      <p />
    </View>
  );
}
