export default function CreateAccount() {
  return <main />;
}
