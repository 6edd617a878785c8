import { Link } from "react-router";
import { addresses, refOf } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { Icon, Name } from "@/kit";
import { baseOf } from "@/kit/names";
import styles from "./Crumbs.module.css";
import { useMoveTarget } from "./dragging";
import { waysTo } from "./place";

/** The way to a folder; where one is now is the heading below. */
export function Crumbs({ bucket, prefix }: { bucket: BucketWire; prefix: string }) {
  const ways = prefix === "" ? [] : ["", ...waysTo(prefix).slice(0, -1)];
  return (
    <>
      <Link className={styles.back} to={prefix === "" ? "/" : addresses.files(refOf(bucket), ways.at(-1) ?? "")} aria-label="Up">
        <Icon name="back" />
      </Link>
      <nav className={styles.crumbs} aria-label="Breadcrumb">
        <ol>
          {ways.length === 0 && (
            <li>
              <Link to="/">All files</Link>
            </li>
          )}
          {ways.map((way) => (
            <Crumb key={way} bucket={bucket} prefix={way} />
          ))}
        </ol>
      </nav>
    </>
  );
}

function Crumb({ bucket, prefix }: { bucket: BucketWire; prefix: string }) {
  const target = useMoveTarget(refOf(bucket), prefix);
  return (
    <li data-drop-bucket={refOf(bucket)} data-drop-prefix={prefix} {...target.handlers}>
      <Link className={target.isOver ? styles.target : undefined} to={addresses.files(refOf(bucket), prefix)}>
        <Name name={prefix === "" ? bucket.title || bucket.name : baseOf(prefix)} />
      </Link>
      <Icon name="right" small />
    </li>
  );
}
