import { useSearchParams } from "react-router";
import { Icon } from "@/kit";
import styles from "./FileList.module.css";
import { type Column, type Order, orderIn } from "./sorting";

const TITLES: [Column, string, string | undefined][] = [
  ["name", "Name", undefined],
  ["status", "Status", undefined],
  ["changed", "Changed", styles.when],
  ["size", "Size", styles.size],
];

/** The names of the columns; each sorts, and sorts the other way round when it is chosen again. The order stands in the address. */
export function ListHead() {
  const [search, setSearch] = useSearchParams();
  const order = orderIn(search);
  const choose = (column: Column): void =>
    setSearch(
      (before) => {
        const { isDescending } = next(order, column);
        const after = new URLSearchParams(before);
        after.delete("order");
        if (column === "name" && !isDescending) after.delete("sort");
        else after.set("sort", column);
        if (isDescending) after.set("order", "desc");
        return after;
      },
      { replace: true },
    );
  return (
    <div className={styles.head} role="row" aria-rowindex={1}>
      <div role="columnheader">
        <span className="visually-hidden">Select</span>
      </div>
      {TITLES.map(([column, title, look]) => {
        const isBy = order.column === column;
        return (
          <div key={column} className={look} role="columnheader" aria-sort={isBy ? (order.isDescending ? "descending" : "ascending") : "none"}>
            <button type="button" onClick={() => choose(column)}>
              {title}
              {isBy && <Icon name="down" />}
            </button>
          </div>
        );
      })}
      <div role="columnheader">
        <span className="visually-hidden">Actions</span>
      </div>
    </div>
  );
}

/** What changed last and what is largest come first, unless they are asked for the other way round. */
export function next(order: Order, column: Column): Order {
  if (order.column === column) return { column, isDescending: !order.isDescending };
  return { column, isDescending: column === "changed" || column === "size" };
}
