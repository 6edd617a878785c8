import { type ReactNode, useId, useRef, useState } from "react";
import { Button, Dialog, Field } from "@/kit";

interface NameDialogProps {
  title: string;
  verb: string;
  value?: string;
  children?: ReactNode; // below the field
  lead?: ReactNode; // above it
  check: (name: string) => string | undefined; // what is wrong with it
  onName: (name: string) => Promise<string | undefined>; // what the server says against it; undefined: done
  onClose: () => void;
}

/** Asks for a name. What is wrong with it stands beside the field. */
export default function NameDialog({ title, verb, value = "", children, lead, check, onName, onClose }: NameDialogProps) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const form = useId();
  async function submit(): Promise<void> {
    const name = field.current?.value ?? "";
    const wrong = check(name);
    setProblem(wrong);
    if (wrong !== undefined) return field.current?.focus();
    setBusy(true);
    const refused = await onName(name);
    setBusy(false);
    if (refused === undefined) return;
    setProblem(refused);
    field.current?.focus();
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" disabled={isBusy}>
            {verb}
          </Button>
        </>
      }
    >
      {lead && <p>{lead}</p>}
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field ref={field} label="Name" defaultValue={value} problem={problem} autoFocus autoComplete="off" spellCheck={false} onFocus={(event) => event.currentTarget.select()} />
      </form>
      {children}
    </Dialog>
  );
}
