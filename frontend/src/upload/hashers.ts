/** The workers that read and hash; work waits here until one of them is free. */

import { startWorker } from "@/kit/trusted";
import type { Chunking } from "./cutting";
import type { Done, Task } from "./hash.worker";
import address from "./hash.worker?worker&url";
import { type BlockPage, FileChanged, type WholeFile } from "./reading";

const WORKERS = 2;

/** What reads files for the engine. Both raise FileChanged, `whole` says it file by file. */
export interface Reader {
  page: (file: File, from: number, chunking: Chunking) => Promise<BlockPage>;
  whole: (files: File[], chunking: Chunking) => Promise<WholeFile[]>;
}

interface Waiting {
  task: Task;
  settle: (done: Done) => void;
}

export class Hashers implements Reader {
  private readonly free: Worker[] = [];
  private readonly waiting: Waiting[] = [];
  private started = 0;

  async page(file: File, from: number, chunking: Chunking): Promise<BlockPage> {
    const done = await this.done({ kind: "page", file, from, chunking, isPlain: isPlain() });
    if ("page" in done) return done.page;
    throw fault(done);
  }

  async whole(files: File[], chunking: Chunking): Promise<WholeFile[]> {
    const done = await this.done({ kind: "whole", files, chunking, isPlain: isPlain() });
    if ("files" in done) return done.files;
    throw fault(done);
  }

  private done(task: Task): Promise<Done> {
    return new Promise((settle) => {
      this.waiting.push({ task, settle });
      this.next();
    });
  }

  private next(): void {
    const worker = this.free.pop() ?? this.another();
    if (!worker) return;
    const next = this.waiting.shift();
    if (!next) {
      this.free.push(worker);
      return;
    }
    worker.onmessage = ({ data }: MessageEvent<Done>) => {
      this.free.push(worker);
      next.settle(data);
      this.next();
    };
    worker.onerror = () => {
      // It could not be loaded or died of its memory: another takes its place when there is work again.
      worker.terminate();
      this.started -= 1;
      next.settle({ failed: "fault" });
    };
    worker.postMessage(next.task);
  }

  private another(): Worker | undefined {
    if (this.started === WORKERS || this.waiting.length === 0) return undefined;
    this.started += 1;
    return startWorker(address);
  }
}

/** On plain http the browser lends no digests, to workers neither. */
const isPlain = (): boolean => (crypto as Partial<Crypto>).subtle === undefined;

const fault = (done: Done): Error => ("failed" in done && done.failed === "changed" ? new FileChanged() : new Error("A worker of the page failed"));
