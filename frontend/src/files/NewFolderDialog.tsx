import type { Row } from "./rows";
import NameDialog from "./NameDialog";
import { freeName, nameProblem } from "./new_names";
import { shownName } from "@/kit/names";

interface NewFolderDialogProps {
  rows: readonly Row[]; // what is there already
  onName: (name: string) => void;
  onClose: () => void;
}

export default function NewFolderDialog({ rows, onName, onClose }: NewFolderDialogProps) {
  const taken = new Set(rows.map((row) => row.name));
  const check = (name: string): string | undefined => nameProblem(name) ?? (taken.has(name) ? `${shownName(name)} is already here.` : undefined);
  return (
    <NameDialog
      title="New folder"
      verb="Create"
      value={freeName("New folder", taken)}
      check={check}
      onName={(name) => {
        onClose();
        onName(name);
        return Promise.resolve(undefined);
      }}
      onClose={onClose}
    />
  );
}
