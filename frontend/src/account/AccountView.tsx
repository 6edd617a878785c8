import { View } from "@/frame/View";

export default function AccountView() {
  return (
    <View title="Account" heading="Account">
      <p />
    </View>
  );
}
