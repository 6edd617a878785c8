import { Blank, Button } from "@/kit";

/** A folder with nothing in it says how something comes there. */
export function EmptyFolder({ onNewFolder }: { onNewFolder: (() => void) | null }) {
  if (!onNewFolder) return <Blank title="Nothing here yet" />;
  const isTouch = matchMedia("(hover: none)").matches;
  return (
    <Blank
      title="Nothing here yet"
      acts={
        <Button icon="folder-plus" onClick={onNewFolder}>
          New folder
        </Button>
      }
    >
      {isTouch ? "Upload files or take a photo." : "Drop files or whole folders anywhere on this page, or paste them."}
    </Blank>
  );
}
