import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, lazy, type ReactNode, type RefObject, Suspense, useEffect, useId, useRef, useState } from "react";
import type { BucketWire, ListedEntryWire } from "@/api/schema";
import { downloadFile, versionAddress } from "@/details/download";
import { fileQuery } from "@/details/queries";
import { Blank, Button, IconButton, Name } from "@/kit";
import { formatBytes, formatCount } from "@/kit/format";
import { baseOf, shownName } from "@/kit/names";
import { kindOf, type PreviewKind } from "./kinds";
import styles from "./Preview.module.css";
import { TextView } from "./TextView";

const PdfView = lazy(() => import("./PdfView"));

interface PreviewProps {
  bucket: BucketWire;
  file: string;
  entries: readonly ListedEntryWire[]; // in the order of the arrows
  onShow: (file: string) => void;
  onClose: () => void;
}

/** One file over the whole window. What it holds never runs: it is decoded by the browser as a picture, sound or text, or drawn by pdf.js. */
export default function Preview({ bucket, file, entries, onShow, onClose }: PreviewProps) {
  const listed = entries.find((entry) => entry.file_id === file);
  const found = useQuery({ ...fileQuery(bucket.id, file), enabled: listed === undefined });
  const entry = listed ?? found.data;
  const place = entries.findIndex((one) => one.file_id === file);
  const at = (step: number): ListedEntryWire | undefined => (place < 0 ? undefined : entries[place + step]);
  const go = (step: number): void => {
    const next = at(step);
    if (next) onShow(next.file_id);
  };
  return (
    <FullDialog onClose={onClose} onStep={go}>
      {(id, close) => (
        <>
          <header className={styles.head}>
            <h2 id={id} className="grow">
              <span className="visually-hidden">Preview of </span>
              {entry && <Name name={baseOf(entry.path)} />}
            </h2>
            <div className={styles.acts}>
              {place >= 0 && entries.length > 1 && (
                <>
                  <span className={styles.place}>
                    {formatCount(place + 1)} of {formatCount(entries.length)}
                  </span>
                  <IconButton icon="back" label="Previous file" disabled={!at(-1)} onClick={() => go(-1)} />
                  <IconButton icon="right" label="Next file" disabled={!at(1)} onClick={() => go(1)} />
                </>
              )}
              {entry && <IconButton icon="download" label="Download" aria-describedby={id} onClick={() => downloadFile(entry)} />}
              <IconButton ref={close} icon="x" label="Close preview" onClick={onClose} />
            </div>
          </header>
          <div className={styles.body}>
            {entry && <Content key={entry.version_id} entry={entry} />}
            {found.error && <Blank title="This file is not here any more" alert />}
          </div>
        </>
      )}
    </FullDialog>
  );
}

function Content({ entry }: { entry: ListedEntryWire }) {
  const [failed, fail] = useState(false);
  const kind = failed || entry.size === 0 ? null : kindOf(entry);
  if (kind === null) return <Unshown entry={entry} />;
  return <Shown kind={kind} entry={entry} onFail={() => fail(true)} />;
}

function Shown({ kind, entry, onFail }: { kind: PreviewKind; entry: ListedEntryWire; onFail: () => void }) {
  const address = versionAddress(entry.file_id, entry.version_id);
  const name = shownName(baseOf(entry.path));
  switch (kind) {
    case "image":
      return <img className={styles.image} src={address} alt={name} decoding="async" onError={onFail} />;
    case "audio":
      return <audio className={styles.audio} src={address} controls preload="metadata" aria-label={name} onError={onFail} />;
    case "video":
      return <video className={styles.video} src={address} controls preload="metadata" playsInline aria-label={name} onError={onFail} />;
    case "text":
      return <TextView address={address} size={entry.size} name={name} onFail={onFail} />;
    case "pdf":
      return (
        <Suspense>
          <PdfView address={address} onFail={onFail} />
        </Suspense>
      );
  }
}

const Unshown = ({ entry }: { entry: ListedEntryWire }) => (
  <Blank
    title={entry.size === 0 ? "This file is empty" : "This file cannot be shown here"}
    acts={
      <Button look="primary" icon="download" onClick={() => downloadFile(entry)}>
        Download
      </Button>
    }
  >
    {entry.size === 0 ? "There is nothing in it." : `Download its ${formatBytes(entry.size)} and open it with a program that knows it.`}
  </Blank>
);

interface FullDialogProps {
  onClose: () => void;
  onStep: (step: number) => void;
  children: (heading: string, safest: RefObject<HTMLButtonElement | null>) => ReactNode;
}

/** The browser's own modal dialog; the focus goes back to what opened it, wherever the arrows have led meanwhile. */
function FullDialog({ onClose, onStep, children }: FullDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const safest = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    if (element && !element.open) element.showModal();
    safest.current?.focus();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  function onKey(event: KeyboardEvent) {
    event.stopPropagation(); // The list behind has keys of its own.
    if (event.target instanceof HTMLMediaElement || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") onStep(1);
    if (event.key === "ArrowLeft") onStep(-1);
  }

  return (
    <dialog
      ref={dialog}
      className={styles.preview}
      aria-labelledby={id}
      onKeyDown={onKey}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {children(id, safest)}
    </dialog>
  );
}
