import type { ReactNode } from "react";
import { Button, Dialog } from "@/kit";

interface ConfirmDialogProps {
  title: string;
  verb: string;
  children: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asked before what cannot be undone; the safe button has the focus. */
export default function ConfirmDialog({ title, verb, children, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button autoFocus onClick={onClose}>
            Cancel
          </Button>
          <Button look="danger" onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      <p>{children}</p>
    </Dialog>
  );
}
