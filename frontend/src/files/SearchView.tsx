import { View } from "@/frame/View";

export default function SearchView() {
  return (
    <View title="Search" heading="Search">
      <p />
    </View>
  );
}
