import { refOf } from "@/addresses";
import { memo, useState } from "react";
import { Link } from "react-router";
import { Icon, IconButton, Name, When } from "@/kit";
import { counted, formatBytes, formatExactBytes } from "@/kit/format";
import { type NamePart, nameParts, spokenParts } from "@/kit/names";
import { Thumbnail } from "@/preview/Thumbnail";
import { endDrag, startDrag, useMoveTarget } from "./dragging";
import { FolderIcon } from "./FileIcon";
import { FileStatus, FolderStatus } from "./FileStatus";
import styles from "./FileList.module.css";
import { useList } from "./ListContext";
import { RenameField } from "./RenameField";
import { changedAt, type Row } from "./rows";
import { Tags } from "./Tags";

interface FileRowProps {
  row: Row;
  index: number; // in the list, from 0
  isSelected: boolean;
  isCurrent: boolean; // the list's tab stop
  isDrawn: boolean; // the first rows are on the screen: now comes what is seen under the pointer
  isRenaming: boolean;
  isNew: boolean; // somebody else has just put or changed it
  isOpen: boolean; // its details are shown
  isCut: boolean;
  alike: NamePart[] | undefined; // its name, with the code points by which it differs from one that looks the same
  refusal: string | undefined;
}

/** One file or folder. Where it stands is set by its list. */
export const FileRow = memo(function FileRow(props: FileRowProps) {
  const { row, index, isSelected, isCurrent, isRenaming, refusal } = props;
  const list = useList();
  const bucket = list.bucketOf(row);
  const target = useMoveTarget(refOf(bucket), row.kind === "folder" ? row.path : null);
  const [isDragged, setDragged] = useState(false);
  const looks = [styles.row, props.isNew && styles.new, props.isOpen && styles.open, target.isOver && styles.target, (isDragged || props.isCut) && styles.faint];
  const name = `row-${index}-name`;
  return (
    <div
      className={looks.filter(Boolean).join(" ")}
      role="row"
      tabIndex={isCurrent ? 0 : -1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-labelledby={name}
      data-row={index}
      draggable={!isRenaming}
      onDragStart={(event) => {
        startDrag(event, bucket, list.dragged(row));
        setDragged(true);
      }}
      onDragEnd={() => {
        endDrag();
        setDragged(false);
      }}
      {...(row.kind === "folder" ? { "data-drop-bucket": refOf(bucket), "data-drop-prefix": row.path, ...target.handlers } : {})}
    >
      <div className={styles.pick} role="gridcell">
        {row.kind === "folder" ? <FolderIcon /> : <Thumbnail entry={row.entry} />}
        <input type="checkbox" aria-label="Select" aria-describedby={name} tabIndex={-1} checked={isSelected} onChange={() => list.toggle(row)} />
      </div>
      <div className={styles.name} role="rowheader">
        {isRenaming ? (
          <RenameField row={row} />
        ) : (
          <>
            <Link id={name} to={list.addressOf(row)} tabIndex={-1} draggable={false} aria-label={spokenParts(props.alike ?? nameParts(row.name))}>
              <Name name={row.name} parts={props.alike} />
            </Link>
            {row.kind === "file" && <Tags tags={row.entry.tags} />}
            {row.kind === "file" && row.where !== undefined && <Where way={row.where} />}
          </>
        )}
      </div>
      <div className={styles.status} role="gridcell">
        {refusal ? <Refusal says={refusal} /> : row.kind === "folder" ? <FolderStatus facts={row.facts} /> : <FileStatus entry={row.entry} />}
      </div>
      <Facts row={row} />
      <div className={styles.do} role="gridcell">
        {props.isDrawn && <RowButtons row={row} name={name} />}
      </div>
    </div>
  );
});

/** What the pointer does with a row. `name`: id of what names it. */
function RowButtons({ row, name }: { row: Row; name: string }) {
  const list = useList();
  return (
    <>
      {row.kind === "file" && (
        <span className={styles.download}>
          <IconButton icon="download" label="Download" size="small" tabIndex={-1} aria-describedby={name} onClick={() => list.download([row])} />
        </span>
      )}
      <IconButton
        icon="more"
        label="Actions"
        size="small"
        tabIndex={-1}
        aria-describedby={name}
        aria-haspopup="menu"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          list.openMenu(row, { x: box.right, y: box.bottom + 4 });
        }}
      />
    </>
  );
}

function Facts({ row }: { row: Row }) {
  const at = changedAt(row);
  return (
    <>
      <div className={styles.when} role="gridcell">
        {at && <When at={at} />}
      </div>
      {row.kind === "file" ? (
        <div className={styles.size} role="gridcell" title={formatExactBytes(row.entry.size)}>
          {formatBytes(row.entry.size)}
        </div>
      ) : (
        <div className={styles.size} role="gridcell" title={row.facts && formatBytes(row.facts.logical_bytes)}>
          {row.facts && (row.facts.files === 0 ? "Empty" : `${row.facts.is_capped ? "over " : ""}${counted(row.facts.files, "item")}`)}
        </div>
      )}
    </>
  );
}

function Refusal({ says }: { says: string }) {
  return (
    <span className={styles.refusal} role="alert" title={says}>
      <Icon name="bad" />
      <span>{says}</span>
    </span>
  );
}

/** In which folder it lies, where a list holds files of many. */
function Where({ way }: { way: readonly string[] }) {
  return (
    <span className={styles.where}>
      {way.map((step, index) => (
        <span key={index}>
          {index > 0 && " / "}
          <Name name={step} clip={false} />
        </span>
      ))}
    </span>
  );
}
