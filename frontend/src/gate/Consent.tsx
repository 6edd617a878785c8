export default function Consent() {
  return <main />;
}
