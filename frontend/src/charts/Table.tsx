import { useState } from "react";
import styles from "./charts.module.css";

interface TableProps {
  caption: string;
  columns: string[]; // the first is of the rows' own names
  rows: { key: string; name: string; values: string[] }[];
}

/** The same numbers as in the chart above, for whoever reads better so. */
export function Table({ caption, columns, rows }: TableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.alternative} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as table</summary>
      <div className={styles.tableBox} tabIndex={0} role="group" aria-label={caption}>
        <table>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={column} scope="col" className={index > 0 ? "num" : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(isOpen ? rows : []).map((row) => (
              <tr key={row.key}>
                <th scope="row">{row.name}</th>
                {row.values.map((value, index) => (
                  <td key={columns[index + 1] ?? index} className="num">
                    {value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
