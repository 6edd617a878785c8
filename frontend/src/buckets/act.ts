import { useState } from "react";
import { ApiProblem } from "@/api/problems";

/** One act at a time; why it was refused is told where it was done. */
export function useAct(): { act: (what: () => Promise<void>) => Promise<void>; isBusy: boolean; problem: string | undefined } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function act(what: () => Promise<void>): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.message);
    } finally {
      setBusy(false);
    }
  }
  return { act, isBusy, problem };
}
