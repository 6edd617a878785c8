export default function DeviceCode() {
  return <main />;
}
