import { expect, it, vi } from "vitest";
import { acting, showToast, undoNewest } from "./toast";

it("undoes what is still under way once it is done, not what was done before it", async () => {
  const [before, now] = [vi.fn(), vi.fn()];
  showToast({ text: "Restored", undo: before });
  let done: (isDone: boolean) => void = () => undefined;
  const act = acting(new Promise<boolean>((resolve) => (done = resolve)));
  expect(undoNewest()).toBe(true);
  showToast({ text: "Deleted 1 file", undo: now });
  expect(now).not.toHaveBeenCalled();
  done(true);
  await act;
  await vi.waitFor(() => expect(now).toHaveBeenCalledOnce());
  expect(before).not.toHaveBeenCalled();
});

it("undoes nothing else where what was under way is refused", async () => {
  const before = vi.fn();
  showToast({ text: "Restored", undo: before });
  const act = acting(Promise.resolve(false));
  expect(undoNewest()).toBe(true);
  await act;
  await Promise.resolve();
  expect(before).not.toHaveBeenCalled();
  expect(undoNewest()).toBe(true);
  expect(before).toHaveBeenCalledOnce();
});
