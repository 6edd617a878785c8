import { View } from "@/frame/View";

export default function TrashView() {
  return (
    <View title="Trash" heading="Trash">
      <p />
    </View>
  );
}
