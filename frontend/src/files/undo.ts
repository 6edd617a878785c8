import { showToast } from "@/kit/toast";
import { commit, type Done, inverse } from "./commits";
import { reasonOf } from "./refusals";

/** Takes back what was done, the last first; says so where the server refuses. */
export async function takeBack(done: readonly Done[]): Promise<void> {
  try {
    for (const part of [...done].reverse()) {
      const { bucket, operations } = inverse(part);
      await commit(bucket, operations.map((operation) => ({ operation, path: "" })));
    }
  } catch (error) {
    showToast({ text: `Could not undo: ${reasonOf(error)}` });
  }
}
