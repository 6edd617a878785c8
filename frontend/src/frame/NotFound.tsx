import { Link } from "react-router";
import { Blank } from "@/kit";

export function NotFound() {
  return (
    <Blank title="There is no such page">
      The address may be mistyped, or what it led to was moved. <Link to="/">Go to your files</Link>
    </Blank>
  );
}
