// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { currentConnection } from "./connection";
import type { Hint } from "./hints";
import { Journals } from "./journals";
import type { StreamListener } from "./stream";
import { type Elect, LiveTab, type Word } from "./tab";

/** A browser with tabs: one lock, one channel, and the streams that its tabs have open. */
class Browser {
  readonly streams: StreamListener[] = [];
  private waiting: (() => void)[] = [];
  private isHeld = false;
  private listeners = new Map<object, (word: Word) => void>();

  tab(): { heard: Hint[]; close: () => void } {
    const heard: Hint[] = [];
    const journals = new Journals();
    const closing = new AbortController();
    const self = {};
    const tab = new LiveTab({
      channel: {
        post: (word) => {
          for (const [tab, listener] of [...this.listeners]) if (tab !== self) listener(structuredClone(word));
        },
        listen: (listener, signal) => {
          this.listeners.set(self, listener);
          signal.addEventListener("abort", () => this.listeners.delete(self));
        },
      },
      elect: this.elect,
      read: (signal, listener) => {
        this.streams.push(listener);
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            this.streams.splice(this.streams.indexOf(listener), 1);
            resolve();
          });
        });
      },
      onHint: (hint) => {
        heard.push(hint);
        journals.hear(hint);
      },
      sequences: () => journals.sequences,
    });
    tab.start(closing.signal);
    return { heard, close: () => closing.abort() };
  }

  private elect: Elect = (_signal, lead) => {
    this.waiting.push(() => {
      this.isHeld = true;
      void lead().then(() => {
        this.isHeld = false;
        this.waiting.shift()?.();
      });
    });
    if (!this.isHeld) this.waiting.shift()?.();
  };
}

const FIRST: Hint = { kind: "all", sequences: { root: 1, buckets: new Map([["b", 3]]) } };
const MORE: Hint = { kind: "journal", bucket: "b", sequence: 4 };

describe("tabs of one browser", () => {
  it("read one stream, and all hear what it says", () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(), browser.tab()];
    expect(browser.streams.length).toBe(1);
    browser.streams[0]?.onHint(FIRST);
    browser.streams[0]?.onHint(MORE);
    expect(one.heard).toEqual([FIRST, MORE]);
    expect(two.heard).toEqual([FIRST, MORE]);
  });

  it("begin with what the stream has told so far", () => {
    const browser = new Browser();
    browser.tab();
    browser.streams[0]?.onHint(FIRST);
    browser.streams[0]?.onHint(MORE);
    expect(browser.tab().heard).toEqual([{ kind: "all", sequences: { root: 1, buckets: new Map([["b", 4]]) } }]);
  });

  it("go on when the one that reads is closed", async () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(), browser.tab()];
    browser.streams[0]?.onHint(FIRST);
    one.close();
    await expect.poll(() => browser.streams.length).toBe(1);
    browser.streams[0]?.onHint(MORE);
    expect(two.heard).toEqual([FIRST, MORE]);
    expect(one.heard).toEqual([FIRST]);
  });

  it("say that the server is away when it cannot be reached again, and no sooner", () => {
    const browser = new Browser();
    browser.tab();
    const stream = browser.streams[0];
    stream?.onHint(FIRST);
    expect(currentConnection().state).toBe("live");
    stream?.onLost(null);
    expect(currentConnection().state).toBe("catching-up");
    stream?.onLost(Object.assign(new Error(), { name: "ApiProblem" }) as never);
    expect(currentConnection().state).toBe("server-away");
    stream?.onHint(FIRST);
    expect(currentConnection().state).toBe("live");
  });
});
