import type { ReactNode } from "react";
import { useAct } from "@/buckets/act";
import { Button, Dialog, Problem } from "@/kit";

interface AskProps {
  title: string;
  verb: string;
  children: ReactNode; // what it means
  onClose: () => void;
  onYes: () => Promise<void>;
}

/** Before what cannot be undone. The button is the verb; the safe one has the focus. */
export function Ask({ title, verb, children, onClose, onYes }: AskProps) {
  const { act, isBusy, problem } = useAct();
  const yes = (): Promise<void> =>
    act(async () => {
      await onYes();
      onClose();
    });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose} autoFocus>
            Cancel
          </Button>
          <Button look="danger" disabled={isBusy} onClick={() => void yes()}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
      {problem && <Problem>{problem}</Problem>}
    </Dialog>
  );
}
