import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy, type PDFPageProxy, PDFWorker } from "pdfjs-dist";
import workerAddress from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import { useEffect, useRef, useState } from "react";
import { formatCount } from "@/kit/format";
import { startWorker } from "@/kit/trusted";
import styles from "./Preview.module.css";
import { Tables } from "./tables";

// Nothing of the document runs, and nothing is fetched but the document and the page's own tables: no scripts, no forms that compute, no fonts.
const SAFE = { BinaryDataFactory: Tables, isEvalSupported: false, enableXfa: false, useWasm: false, useWorkerFetch: false, disableAutoFetch: true, disableStream: true, stopAtErrors: false } as const;
const MOST_SCALE = 2;

/** The pages of a PDF, each drawn when it comes near. */
export default function PdfView({ address, onFail }: { address: string; onFail: () => void }) {
  const [opened, setOpened] = useState<{ document: PDFDocumentProxy; width: number; height: number }>();
  useEffect(() => {
    const port = startWorker(workerAddress);
    GlobalWorkerOptions.workerPort = null;
    const worker = PDFWorker.create({ port });
    const task = getDocument({ url: new URL(address, location.href).href, worker, withCredentials: true, ...SAFE });
    let isLeft = false;
    task.promise
      .then(async (document) => {
        const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 });
        if (!isLeft) setOpened({ document, width, height });
      })
      .catch(() => isLeft || onFail());
    return () => {
      isLeft = true;
      void task.destroy().finally(() => port.terminate());
    };
  }, [address, onFail]);
  if (!opened) return null;
  return (
    <div className={styles.pages} tabIndex={0} role="group" aria-label="Pages">
      {Array.from({ length: opened.document.numPages }, (_, index) => (
        <Page key={index} document={opened.document} number={index + 1} width={opened.width} height={opened.height} />
      ))}
    </div>
  );
}

interface PageProps {
  document: PDFDocumentProxy;
  number: number;
  width: number; // of the first page: what is taken until this one is drawn
  height: number;
}

function Page({ document, number, width, height }: PageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isNear = useNear(canvas);
  const [text, setText] = useState("");
  useEffect(() => {
    if (!isNear) return;
    const drawing = new AbortController();
    const show = async () => {
      const page = await document.getPage(number); // Throws at once where the document was closed meanwhile.
      if (canvas.current) await draw(page, canvas.current, drawing.signal);
      if (!drawing.signal.aborted) setText(await textOf(page));
    };
    show().catch(() => undefined); // A page that cannot be drawn stays empty; the others are there.
    return () => drawing.abort();
  }, [document, number, isNear]);
  return (
    <figure className={styles.page}>
      <canvas ref={canvas} width={Math.round(width)} height={Math.round(height)} role="img" aria-label={`Page ${formatCount(number)} of ${formatCount(document.numPages)}`} />
      <figcaption className="visually-hidden">{text}</figcaption>
    </figure>
  );
}

/** Drawn for the screen's own pixels; a drawing that is not wanted any more ends. */
async function draw(page: PDFPageProxy, canvas: HTMLCanvasElement, signal: AbortSignal): Promise<void> {
  const shown = canvas.getBoundingClientRect().width || page.getViewport({ scale: 1 }).width;
  const scale = (shown / page.getViewport({ scale: 1 }).width) * Math.min(MOST_SCALE, window.devicePixelRatio);
  const viewport = page.getViewport({ scale });
  canvas.width = Math.round(viewport.width);
  canvas.height = Math.round(viewport.height);
  const task = page.render({ canvas, viewport });
  signal.addEventListener("abort", () => task.cancel());
  await task.promise;
}

/** What a screen reader reads of a page. */
async function textOf(page: PDFPageProxy): Promise<string> {
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str : "")).join(" ");
}

function useNear(element: { current: Element | null }): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const seen = element.current;
    if (!seen) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), { rootMargin: "100%" });
    observer.observe(seen);
    return () => observer.disconnect();
  }, [element]);
  return isNear;
}
