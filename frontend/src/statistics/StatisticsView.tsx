import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { addresses } from "@/addresses";
import type { BucketFiguresWire, StatisticsWire } from "@/api/schema";
import styles from "@/buckets/Buckets.module.css";
import { statisticsQuery } from "@/buckets/queries";
import { Section, Sections } from "@/buckets/Section";
import { ShareBar } from "@/charts";
import { View } from "@/frame/View";
import { Bar, Blank, Button, Name } from "@/kit";
import { counted, formatBytes, formatCount, formatExactBytes } from "@/kit/format";
import { shownName } from "@/kit/names";
import { Counted } from "./Counted";
import { Growth } from "./Growth";

/** What one keeps, what it takes, and where it grows. */
export default function StatisticsView() {
  const found = useQuery(statisticsQuery());
  const statistics = found.data;
  return (
    <View title="Statistics" heading="Statistics" facts={statistics && `${counted(statistics.num_buckets, "bucket")} · ${counted(statistics.files, "file")} · ${counted(statistics.versions, "version")}`}>
      {statistics ? (
        statistics.versions === 0 ? (
          <Blank title="Nothing to count yet">Once there are files, this page says how much you keep, how much it takes and how it grows.</Blank>
        ) : (
          <Figures statistics={statistics} />
        )
      ) : (
        found.error && (
          <Blank title="The statistics cannot be shown" alert acts={<Button onClick={() => void found.refetch()}>Try again</Button>}>
            The catalogue does not answer. Your files are not affected.
          </Blank>
        )
      )}
    </View>
  );
}

function Figures({ statistics }: { statistics: StatisticsWire }) {
  const { version_bytes: all, stored_bytes: stored, logical_bytes: current, buckets, top } = statistics;
  return (
    <Sections>
      <Section title="Storage" hint="What you keep, and what it takes.">
        <p className={styles.headline}>
          You keep {formatBytes(all)}. {stored === null ? "" : `It takes ${formatBytes(stored)}.`}
        </p>
        <div className={styles.wide}>
          <ShareBar whole={{ label: "All versions", bytes: all }} part={{ label: "On disk, each copy", bytes: stored }} />
        </div>
        <Counted statistics={statistics} />
        <p className={styles.quiet}>
          {current === all ? "All of it is files as they are now; there are no older versions." : `${formatBytes(current)} of it is files as they are now, ${formatBytes(Math.max(0, all - current))} older versions and the trash.`}
        </p>
      </Section>
      <Growth />
      {top.length > 1 && (
        <Section title="The largest" hint={top.length === 10 ? "The ten buckets with the most in them, all versions counted." : "Your buckets by what is in them, all versions counted."}>
          <Largest buckets={top} />
        </Section>
      )}
      <Section title="By bucket" hint="Those of your own. What others share with you counts for them.">
        <ByBucket buckets={buckets} />
      </Section>
    </Sections>
  );
}

function Largest({ buckets }: { buckets: BucketFiguresWire[] }) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.version_bytes));
  return (
    <ol className={styles.bars}>
      {buckets.map((bucket) => (
        <li key={bucket.id}>
          <Link className="clip" to={addresses.settings(bucket.name)}>
            <Name name={bucket.title || bucket.name} />
          </Link>
          <Bar look="quiet" share={bucket.version_bytes / most} label={`${shownName(bucket.title || bucket.name)}, of the largest`} />
          <span className="num" title={formatExactBytes(bucket.version_bytes)}>
            {formatBytes(bucket.version_bytes)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function ByBucket({ buckets }: { buckets: BucketFiguresWire[] }) {
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption className="visually-hidden">Storage by bucket</caption>
        <thead>
          <tr>
            <th scope="col">Bucket</th>
            <th scope="col" className="num">
              Files
            </th>
            <th scope="col" className={`num ${styles.optional ?? ""}`}>
              Versions
            </th>
            <th scope="col" className="num">
              Now
            </th>
            <th scope="col" className="num">
              All versions
            </th>
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket) => (
            <tr key={bucket.id}>
              <td>
                <Link to={addresses.settings(bucket.name)}>
                  <Name name={bucket.title || bucket.name} clip={false} />
                </Link>
              </td>
              <td className="num">{formatCount(bucket.files)}</td>
              <td className={`num ${styles.optional ?? ""}`}>{formatCount(bucket.versions)}</td>
              <td className="num">{formatBytes(bucket.logical_bytes)}</td>
              <td className="num">{formatBytes(bucket.version_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
