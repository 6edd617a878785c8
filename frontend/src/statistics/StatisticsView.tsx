import { View } from "@/frame/View";

export default function StatisticsView() {
  return (
    <View title="Statistics" heading="Statistics">
      <p />
    </View>
  );
}
